"""A run that is deleted on the server: not under its writer; what comes for it later stays where it is."""

import json
import signal
from pathlib import Path

import pytest

from stepwell import Api
from stepwell.errors import CommError
from tests.decoder.spool import read_streams
from tests.support.places import scan
from tests.support.processes import Process, ServerProcess, run_command, run_script, script, wait_until

pytestmark = pytest.mark.e2e

GOES_ON = """
import os, time
import stepwell
run = stepwell.init(project="gone", id="r", settings={"finish_timeout": 5.0})
for i in range(100):
    run.log({"i": i})
print("first", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
for i in range(100, 300):
    run.log({"i": i})
run.save("file.txt", policy="now") if os.path.exists("file.txt") else None
run.finish()
print("ended", flush=True)
"""

ENDS = """
import stepwell
stepwell.init(project="gone", id="r", resume="must").finish()
"""


def rows_at(api: Api) -> int:
    try:
        return int(api.run("gone/r").rows)
    except CommError:
        return 0


def deleted(api: Api) -> bool:
    try:
        api.run("gone/r").delete()
    except CommError as error:
        return error.not_found
    return True


def test_a_run_is_not_deleted_while_its_writer_is_connected(server: ServerProcess, work: Path):
    with script(GOES_ON, work, server.env) as training, Api(server.url) as api:
        wait_until("rows are there", lambda: rows_at(api) == 100)
        with pytest.raises(CommError, match=rf"being written by process {training.running.pid} "):
            api.run("gone/r").delete()
        (work / "go").touch()
        assert training.wait().code == 0
        assert scan(api.run("gone/r")).keys() == set(range(300))
        api.run("gone/r").delete()
        assert rows_at(api) == 0


def delete_while_the_writer_is_away(server: ServerProcess, training: Process, work: Path) -> None:
    """Delete the run while its writer is stopped and without a connection, after another one has ended it."""
    with Api(server.url) as api:
        wait_until("rows are there", lambda: rows_at(api) == 100)
    training.signal(signal.SIGSTOP)
    server.stop()
    server.start()
    # The latest attempt decides whether the run goes on.
    run_script(ENDS, work.parent / "elsewhere", server.env)
    with Api(server.url) as api:
        wait_until("it is deleted", lambda: deleted(api))
    (work / "go").touch()
    training.signal(signal.SIGCONT)


def test_what_comes_for_a_deleted_run_is_refused_and_stays_here(server: ServerProcess, work: Path):
    (work / "file.txt").write_text("kept")
    with script(GOES_ON, work, server.env) as training:
        delete_while_the_writer_is_away(server, training, work)
        ended = training.wait()
    assert ended.code == 0, "a training does not fail for it"
    assert "run local/gone/r was deleted" in ended.stderr
    assert "200 of 300 rows" in ended.stderr
    assert f"is kept in {work / 'stepwell'}" in ended.stderr
    assert "rows are on" not in ended.stderr
    (stream,) = read_streams(work)
    assert {row.cells["i"] for row in stream.rows} >= set(range(100, 300)), "nothing that was refused is gone"
    assert list((work / "stepwell" / "blobs").rglob("*")), "and neither is its file"

    synced = run_command("sync", "--url", server.url, directory=work)
    assert synced.code == 3
    assert "was deleted" in synced.stderr
    (again,) = read_streams(work)
    assert again.rows == stream.rows
    told = json.loads(run_command("sync", "--url", server.url, "--json", directory=work).stdout)
    assert told["unsent"] > 0
    assert rows_at(Api(server.url)) == 0, "nothing of it came back"
