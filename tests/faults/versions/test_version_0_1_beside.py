"""Version 0.1 and this one work together: each as client, server, `sync` and reader of the other."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from stepwell import Api, CommError
from tests.decoder.spool import stream_directories
from tests.support.old_version import installed
from tests.support.places import exactly, scan
from tests.support.processes import Ended, ServerProcess, run_command, run_script, script, wait_until

pytestmark = pytest.mark.e2e

ROWS = 300
TRAINING = """
import sys
import numpy as np
import stepwell
print("version", stepwell.__version__, stepwell.__file__)
with stepwell.init(project="skew", id=sys.argv[1], config={"lr": 0.1, "n": {"a": [1, None]}}, tags=["t"]) as run:
    for i in range(300):
        run.log({"i": i, "x": i * 0.1, "text": f"row {i}", "even": i % 2 == 0, "list": [i, "ü"]})
    run.log({"image": stepwell.Image(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))})
    run.summary["best"] = {"loss": 0.5}
"""
READING = """
import json, sys
import stepwell
run = stepwell.Api(sys.argv[1], timeout=30).run(sys.argv[2])
rows = [{key: row[key] for key in row if not key.startswith("_") and key != "image"} for row in run.scan_history()]
print(json.dumps([rows, run.state, run.config["lr"], len(list(run.files()))]))
"""
NOBODY = {"STEPWELL_URL": "http://127.0.0.1:9", "STEPWELL_FINISH_TIMEOUT": "0"}


def plain_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"i": i, "x": i * 0.1, "text": f"row {i}", "even": i % 2 == 0, "list": [i, "ü"]} for i in range(ROWS)
    ]
    return [*rows, {}]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what makes a process run version 0.1."""
    return installed(tmp_path_factory.mktemp("v0_1"))


def train(work: Path, env: dict[str, str], run_id: str = "r") -> None:
    ended = run_script(TRAINING, work, env, run_id)
    assert ("v0_1" in ended.stdout) == ("PYTHONPATH" in env), f"the wrong version was at work: {ended.stdout}"


def assert_whole(address: str | Path, run_id: str = "r") -> None:
    """Read a run with this version and compare it with what was logged."""
    with Api(address, timeout=30) as api:
        run = api.run(f"skew/{run_id}")
        found = [{key: value for key, value in row.items() if key != "image"} for row in scan(run).values()]
        assert exactly(found) == exactly(plain_rows())
        assert (run.state, run.config["lr"], run.summary["best"], list(run.tags)) == (
            "finished", 0.1, {"loss": 0.5}, ["t"]
        )  # fmt: skip
        (file,) = run.files()
        assert hashlib.sha256(file.read()).hexdigest() == file.sha256


def assert_read_by_the_old(old: dict[str, str], work: Path, address: str, path: str = "skew/r") -> None:
    """Read a run with 0.1 and compare it with what was logged."""
    ended = run_script(READING, work, old, address, path)
    rows, state, rate, files = json.loads(ended.stdout.splitlines()[-1])
    assert exactly(rows) == exactly(plain_rows())
    assert (state, rate, files) == ("finished", 0.1, 1)


@pytest.fixture
def old_server(old: dict[str, str], tmp_path: Path):
    """Return a running server of version 0.1."""
    with ServerProcess(tmp_path / "old", process_env=old) as server:
        yield server


def test_a_client_of_0_1_writes_to_this_server_and_reads_from_it(
    server: ServerProcess, work: Path, old: dict[str, str]
):
    train(work, old | server.env)
    assert stream_directories(work / "stepwell") == []
    assert_whole(server.url)
    assert_read_by_the_old(old, work, server.url)


def test_this_client_writes_to_a_server_of_0_1_and_reads_from_it(
    old_server: ServerProcess, work: Path, old: dict[str, str]
):
    train(work, old_server.env)
    assert stream_directories(work / "stepwell") == []
    assert_whole(old_server.url)
    assert_read_by_the_old(old, work, old_server.url)


def test_a_run_that_0_1_began_goes_on_with_this_version(server: ServerProcess, work: Path, old: dict[str, str]):
    train(work, old | server.env)
    source = """
    import stepwell
    with stepwell.init(project="skew", id="r", resume="must") as run:
        run.log({"more": 1})
        print("step", run.step)
    """
    assert "step 302" in run_script(source, work, server.env).stdout
    rows = scan(Api(server.url).run("skew/r"))
    assert (len(rows), rows[301]) == (302, {"more": 1})


def test_a_server_is_upgraded_while_a_client_of_0_1_trains(tmp_path: Path, work: Path, old: dict[str, str]):
    source = """
    import sys, time
    from pathlib import Path
    import stepwell
    with stepwell.init(project="skew", id="long") as run:
        for i in range(400):
            while i == 200 and not Path(sys.argv[1]).exists():
                time.sleep(0.01)
            run.log({"i": i})
    """
    upgraded = tmp_path / "upgraded"
    server = ServerProcess(tmp_path / "srv", process_env=old)
    with server, script(source, work, old | server.env, str(upgraded)) as training:
        wait_until("the first half has arrived", lambda: rows_of(server.url, "long") == 200)
        server.stop()
        server.process_env = {}
        server.start()
        upgraded.touch()
        ended = training.wait()
        assert ended.code == 0, ended.output
        assert [row["i"] for row in scan(Api(server.url).run("skew/long")).values()] == list(range(400))
    assert stream_directories(work / "stepwell") == []


def rows_of(url: str, run_id: str) -> int:
    try:
        return int(Api(url).run(f"skew/{run_id}").rows)
    except CommError:
        return 0


def test_sync_of_0_1_sends_a_spool_of_this_version(server: ServerProcess, work: Path, old: dict[str, str]):
    train(work, NOBODY)
    ended = run_command("sync", "--url", server.url, directory=work, env=old)
    assert ended.code == 0, ended.output
    assert_whole(server.url)


def test_0_1_keeps_what_this_server_refuses_for_a_deleted_run(server: ServerProcess, work: Path, old: dict[str, str]):
    train(work, NOBODY | old)
    shutil.copytree(work / "stepwell", work / "copy")
    assert run_command("sync", "--url", server.url, directory=work, env=old).code == 0
    Api(server.url).run("skew/r").delete()
    ended = run_command("sync", "copy", "--url", server.url, directory=work, env=old)
    assert ended.code == 3, ended.output
    assert "deleted" in ended.output
    assert_whole(work / "copy")


def test_sync_of_this_version_sends_to_a_server_of_0_1(old_server: ServerProcess, work: Path, old: dict[str, str]):
    train(work, old | NOBODY)
    ended = run_command("sync", "--url", old_server.url, directory=work)
    assert ended.code == 0, ended.output
    assert stream_directories(work / "stepwell") == []
    assert_whole(old_server.url)


def test_0_1_reads_a_directory_of_this_version(work: Path, old: dict[str, str]):
    train(work, {})
    assert_read_by_the_old(old, work, "stepwell")
    assert_whole(work / "stepwell")


def test_0_1_refuses_an_index_of_this_version_and_harms_nothing(work: Path, old: dict[str, str]):
    train(work, {})
    assert_whole(work / "stepwell")
    before = (work / "stepwell" / "store" / "store.sqlite").read_bytes()
    with script(READING, work, old, "stepwell", "skew/r") as reading:
        ended = reading.wait()
    assert_refused(ended)
    assert (work / "stepwell" / "store" / "store.sqlite").read_bytes() == before
    assert_whole(work / "stepwell")


def test_0_1_refuses_the_store_of_this_server_and_harms_nothing(server: ServerProcess, work: Path, old: dict[str, str]):
    train(work, server.env)
    server.stop()
    before = (server.directory / "store.sqlite").read_bytes()
    ended = run_command("serve", "--dir", server.directory, "--port", "0", directory=work, env=old)
    assert_refused(ended)
    assert (server.directory / "store.sqlite").read_bytes() == before
    server.start()
    assert_whole(server.url)


def assert_refused(ended: Ended) -> None:
    """0.1 says in a sentence of its own that the store is of a later version."""
    assert ended.code != 0, ended.output
    assert re.search(r"schema version \d+, this program knows 2: use a newer version of Stepwell", ended.stderr), (
        ended.stderr
    )
