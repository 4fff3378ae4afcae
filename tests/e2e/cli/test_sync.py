"""`stepwell sync`: twice, from a copy, killed in the middle; the server has every row once (invariant A7)."""

import shutil
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.receiver import Act, Receiver
from tests.support.http_api import get
from tests.support.places import exactly, scan
from tests.support.processes import STEPWELL, Process, ServerProcess, run_command, run_script, wait_until

pytestmark = pytest.mark.e2e

NOBODY = {"STEPWELL_URL": "http://127.0.0.1:9", "STEPWELL_FINISH_TIMEOUT": "0"}
TRAINING = """
import sys
import stepwell
rows = int(sys.argv[1])
with stepwell.init(project="sync", id=sys.argv[2], config={"rows": rows}) as run:
    for i in range(rows):
        run.log({"i": i, "x": i * 0.1})
    run.summary["best"] = 7
"""


def rows(count: int) -> dict[int, dict[str, float]]:
    return {i: {"i": i, "x": i * 0.1} for i in range(count)}


def assert_complete(url: str, run_id: str, count: int) -> None:
    run = Api(url).run(f"sync/{run_id}")
    assert exactly(scan(run)) == exactly(rows(count))
    assert (run.state, run.config["rows"], run.summary["best"]) == ("finished", count, 7)


def sync(url: str, directory: Path, *arguments: str | Path) -> str:
    ended = run_command("sync", *arguments, "--url", url, directory=directory)
    assert ended.code == 0, ended.output
    return ended.output


def test_what_no_server_has_seen_is_sent_later_and_once(server: ServerProcess, work: Path):
    run_script(TRAINING, work, NOBODY, "1000", "r")
    sync(server.url, work)
    assert_complete(server.url, "r", 1000)
    sync(server.url, work)
    assert_complete(server.url, "r", 1000)
    assert len(Api(server.url).runs("sync")) == 1


def test_a_local_run_can_be_sent_too_and_stays_readable(server: ServerProcess, work: Path):
    run_script(TRAINING, work, {}, "1000", "r")
    sync(server.url, work, "stepwell")
    sync(server.url, work, "stepwell")
    assert_complete(server.url, "r", 1000)


def test_a_copied_spool_adds_nothing(server: ServerProcess, work: Path, tmp_path: Path):
    run_script(TRAINING, work, NOBODY, "1000", "r")
    copy = tmp_path / "copy" / "stepwell"
    shutil.copytree(work / "stepwell", copy)
    for directory in (work / "stepwell", copy, copy):
        sync(server.url, work, directory)
        assert_complete(server.url, "r", 1000)


def test_a_killed_sync_goes_on_where_it_was(server: ServerProcess, work: Path):
    count = 200_000
    run_script(TRAINING, work, NOBODY, str(count), "r")
    query = {"entity": "local", "project": "sync", "run": "r"}
    seen = 0
    for _ in range(4):
        with Process([STEPWELL, "sync", "--url", server.url], work) as syncing:

            def something_new(syncing: Process = syncing, before: int = seen) -> bool:
                answer = get(server.url, "/run", query)
                return not syncing.alive() or (answer.status == 200 and answer.json["rows"] > before)

            wait_until("some rows have arrived", something_new, every=0.001)
            syncing.kill()
        answer = get(server.url, "/run", query)
        seen = answer.json["rows"] if answer.status == 200 else 0
    sync(server.url, work)
    run = Api(server.url).run("sync/r")
    assert run.rows == count
    number = -1
    for number, row in enumerate(run.scan_history()):
        assert (row["_step"], row["i"], row["x"]) == (number, number, number * 0.1)
    assert number == count - 1


def test_a_sync_that_is_cut_off_does_not_send_what_was_acknowledged_again(work: Path):
    run_script(TRAINING, work, NOBODY, "100000", "r")
    with Receiver({0: Act.STORE, 1: Act.STORE_AND_HANG_UP}) as receiver:
        sync(receiver.url, work)
        assert receiver.violations == []
        assert receiver.only.duplicates == 0
        assert exactly(receiver.only.merged()) == exactly(rows(100_000))


def test_several_runs_are_sent_in_one_go(server: ServerProcess, work: Path):
    for n in range(5):
        run_script(TRAINING, work, NOBODY, str(n * 10), f"r{n}")
    sync(server.url, work)
    for n in range(5):
        assert_complete(server.url, f"r{n}", n * 10)


def test_without_an_address_it_goes_where_the_run_was_meant_for(server: ServerProcess, work: Path):
    environment = server.env | {"STEPWELL_FINISH_TIMEOUT": "0"}
    server.kill()
    run_script(TRAINING, work, environment, "100", "r")
    server.start()
    ended = run_command("sync", directory=work)
    assert ended.code == 0, ended.output
    assert_complete(server.url, "r", 100)
