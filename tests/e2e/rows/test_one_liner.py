"""The one line that everybody tries first: 1,000 rows, read back exactly, with and without a server."""

import re
import signal
from pathlib import Path

import pytest

from stepwell import Api
from tests.support.http_api import get
from tests.support.places import Place, exactly, scan
from tests.support.processes import STEPWELL, Process, run_script, script, wait_until

pytestmark = pytest.mark.e2e

ONE_LINE = (
    "import stepwell as wandb; wandb.init(project='p'); [wandb.log({'acc': 0.9, 'epoch': i}) for i in range(1000)]"
)
EXPECTED = {step: {"acc": 0.9, "epoch": step} for step in range(1000)}


def test_a_thousand_rows_come_back_exactly(place: Place):
    place.run(ONE_LINE)
    (run,) = place.api().runs("p")
    assert exactly(scan(run)) == exactly(EXPECTED)
    summary = {key: value for key, value in run.summary.items() if not key.startswith("_")}
    assert exactly(summary) == exactly({"acc": 0.9, "epoch": 999})
    assert run.summary["_step"] == 999
    assert run.state == "finished"


def test_nothing_but_the_spool_is_written_while_training(tmp_path: Path, work: Path):
    source = """
    import sys, time
    from pathlib import Path
    import stepwell
    run = stepwell.init(project="p", id="r")
    print("begun", flush=True)
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    for i in range(1000):
        run.log({"acc": 0.9, "epoch": i})
    print("logged", flush=True)
    time.sleep(60)
    """
    seen = tmp_path / "seen"
    with script(source, work, {}, str(seen)) as training:
        wait_until("the run has begun", lambda: "begun" in training.stdout)
        wait_until(
            "room is set aside for its end", lambda: [path for path in work.rglob("ballast.tmp") if path.stat().st_size]
        )
        before = files_below(work)
        seen.touch()
        wait_until("the rows are logged", lambda: "logged" in training.stdout)
        wait_until("a segment is written", lambda: sum(path.stat().st_size for path in work.rglob("*.seg")) > 4096)
        changed = {path for path, state in files_below(work).items() if before.get(path) != state}
        opened = open_files(training.running.pid, work)
    assert {path.suffix or path.name for path in changed} <= {".seg", "cursor", "alive"}, changed
    assert all(work / "stepwell" in path.parents for path in files_below(work))
    assert {path.suffix or path.name for path in opened} <= {".seg", "alive"}, opened
    for path in work.rglob("*"):
        if path.is_dir() or path.suffix == ".seg":
            mode = path.stat().st_mode & 0o777
            assert mode == (0o700 if path.is_dir() else 0o600), f"{path} has mode {mode:o}"


def files_below(directory: Path) -> dict[Path, tuple[int, int]]:
    """Return the files and what tells whether they changed."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def open_files(pid: int, below: Path) -> list[Path]:
    """Return the files under `below` that a process has open."""
    targets = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()]
    return [target for target in targets if below in target.parents and not target.is_dir()]


def test_a_run_is_read_while_it_is_written(work: Path):
    source = """
    import time
    import stepwell
    run = stepwell.init(project="p", id="live")
    for i in range(10_000):
        run.log({"i": i})
        time.sleep(0.01)
    """
    with script(source, work) as training:
        wait_until("a segment is written", lambda: list(work.rglob("*.seg")))
        run = Api(str(work / "stepwell")).run("p/live")
        first = wait_until("some rows are read", lambda: scan(run))
        wait_until("more rows are read", lambda: len(scan(run)) > len(first) + 5)
        rows = scan(run)
        assert exactly(rows) == exactly({step: {"i": step} for step in range(len(rows))})
        assert Api(str(work / "stepwell")).run("p/live").state == "running"
        assert training.alive()


def test_a_directory_of_any_name_can_be_chosen(tmp_path: Path, work: Path):
    run_script(ONE_LINE, work, {"STEPWELL_DIR": str(tmp_path / "elsewhere é")})
    assert list(work.iterdir()) == []
    (run,) = Api(str(tmp_path / "elsewhere é")).runs("p")
    assert exactly(scan(run)) == exactly(EXPECTED)


def test_the_dashboard_command_shows_a_run_while_it_is_written(tmp_path: Path, work: Path):
    source = """
    import time
    import stepwell
    run = stepwell.init(project="p", id="live")
    for i in range(10_000):
        run.log({"i": i})
        time.sleep(0.01)
    """
    with script(source, work) as training:
        wait_until("a segment is written", lambda: list(work.rglob("*.seg")))
        with Process([STEPWELL, "ui", "--no-browser", "--port", "0"], work) as ui:
            (url,) = wait_until("it says its address", lambda: re.findall(r"http://127\.0\.0\.1:\d+", ui.stdout))
            assert get(url, "/status").json["mode"] == "local"
            query = {"entity": "local", "project": "p", "run": "live"}
            first = wait_until("the run is there", lambda: get(url, "/run", query).json.get("rows"))
            wait_until("it grows", lambda: get(url, "/run", query).json["rows"] > first + 5)
            assert get(url, "/run", query).json["state"] == "running"
            ui.signal(signal.SIGINT)
            assert ui.wait().code == 0, "Ctrl-C ends it in order"
        assert training.alive()
