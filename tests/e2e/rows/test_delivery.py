"""Every row reaches the server exactly once, whether it is killed, started late or stopped in order."""

from pathlib import Path

import pytest

from stepwell import Api
from tests.support.http_api import get
from tests.support.places import exactly, scan
from tests.support.processes import Process, ServerProcess, free_port, script, wait_until

pytestmark = pytest.mark.e2e

ROWS = 20_000
# Paced, so that the run lasts long enough for what happens to the server: 20 rows a millisecond at most.
TRAINING = f"""
import time
import stepwell

run = stepwell.init(project="p", id="r", config={{"rows": {ROWS}}})
for i in range({ROWS}):
    run.log({{"loss": 1 / (i + 1), "i": i, "name": f"row {{i}}"}})
    if i % 100 == 0:
        time.sleep(0.02)
        print(i, flush=True)
run.finish()
print("finished", flush=True)
"""
EXPECTED = {i: {"loss": 1 / (i + 1), "i": i, "name": f"row {i}"} for i in range(ROWS)}


def logged(training: Process) -> int:
    """Return how many rows the script says it has logged."""
    numbers = [int(line) for line in training.stdout.split() if line.isdigit()]
    return numbers[-1] if numbers else 0


def assert_every_row_once(url: str) -> None:
    api = Api(url)
    (run,) = api.runs("p")
    rows = scan(run)
    assert len(rows) == ROWS
    assert exactly(rows) == exactly(EXPECTED)
    assert run.state == "finished"
    assert run.config["rows"] == ROWS


def finish(training: Process) -> None:
    ended = training.wait()
    assert ended.code == 0, ended.output
    assert "finished" in ended.stdout


def test_every_row_arrives_once(server: ServerProcess, work: Path):
    with script(TRAINING, work, server.env) as training:
        finish(training)
    assert_every_row_once(server.url)


def test_every_row_arrives_once_though_the_server_is_killed_twice(server: ServerProcess, work: Path):
    with script(TRAINING, work, server.env) as training:
        for share in (0.2, 0.6):
            wait_until("a part is logged", lambda share=share: logged(training) > ROWS * share)
            server.kill()
            before = logged(training)
            wait_until("training goes on without the server", lambda before=before: logged(training) > before + 500)
            server.start()
        finish(training)
    assert_every_row_once(server.url)


def test_what_was_acknowledged_survives_the_server(server: ServerProcess, work: Path):
    with script(TRAINING, work, server.env) as training:
        finish(training)
    server.kill()
    server.start()
    assert_every_row_once(server.url)


def test_every_row_arrives_once_though_the_server_starts_late(tmp_path: Path, work: Path):
    late = ServerProcess(tmp_path / "srv", port=free_port())
    with script(TRAINING, work, late.env) as training:
        wait_until("a part is logged", lambda: logged(training) > ROWS * 0.4)
        with late:
            finish(training)
            assert_every_row_once(late.url)


def test_every_row_arrives_once_though_the_server_is_stopped_in_order(server: ServerProcess, work: Path):
    with script(TRAINING, work, server.env) as training:
        wait_until("a part is logged", lambda: logged(training) > ROWS * 0.4)
        ended = server.stop()
        assert ended.code == 0, ended.output
        server.start()
        finish(training)
    assert_every_row_once(server.url)


def test_the_spool_is_empty_once_the_server_has_everything(server: ServerProcess, work: Path):
    with script(TRAINING, work, server.env) as training:
        finish(training)
    left = [path for path in work.rglob("*.seg") if path.stat().st_size > 0]
    assert not left, left


def test_many_short_runs_are_told_apart(shared_server: ServerProcess, work: Path):
    source = """
    import stepwell
    for n in range(20):
        with stepwell.init(project="short", id=f"r{n}") as run:
            for i in range(n):
                run.log({"v": n * 1000 + i})
    """
    with script(source, work, shared_server.env) as training:
        assert training.wait().code == 0, training.stderr
    runs = {run.id: scan(run) for run in Api(shared_server.url).runs("short")}
    assert runs == {f"r{n}": {i: {"v": n * 1000 + i} for i in range(n)} for n in range(20)}
    listed = get(shared_server.url, "/runs", {"entity": "local", "project": "short"}).json["runs"]
    assert [run["slot"] for run in reversed(listed)] == list(range(20)), "a colour for each, in order of creation"
