"""A directory removed while a run writes to it: said once; what is gone is not said to be kept (A1, B4)."""

import shutil
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import read_streams
from tests.support.processes import free_port, script, wait_until

pytestmark = pytest.mark.e2e

SOURCE = """
import os, sys, time
import stepwell
run = stepwell.init(project="d", id="r", url=sys.argv[1] or None, settings={"finish_timeout": 2.0})
for i in range(1000):
    run.log({"i": i})
run.flush(10)
print("ready", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
for i in range(1000, 1500):
    run.log({"i": i})
run.finish()
print("ended", flush=True)
"""


def rows(work: Path) -> list[int]:
    return sorted(row.cells["i"] for stream in read_streams(work) for row in stream.rows)


@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_what_was_written_is_written_again_and_the_user_told_once(tmp_path: Path, how: str):
    work = tmp_path / "work"
    directory = work / "stepwell"
    with script(SOURCE, work, {}, f"http://127.0.0.1:{free_port()}") as training:
        wait_until("rows are spooled", lambda: "ready" in training.stdout, 30)
        if how == "moved":
            directory.rename(tmp_path / "elsewhere")
        else:
            shutil.rmtree(directory)
        if how == "replaced":
            directory.mkdir()
        wait_until("it is said", lambda: "was removed or replaced" in training.stderr, 15)
        (work / "go").touch()
        ended = training.wait()
    assert ended.code == 0
    assert ended.stderr.count("was removed or replaced") == 1
    assert str(directory) in ended.stderr
    assert "1000 rows that were nowhere else are written again" in ended.stderr
    assert rows(work) == list(range(1500)), "all of it is there"
    assert f"everything is kept in {directory}" in ended.stderr


def test_a_local_run_goes_on_and_ends_in_a_new_directory(tmp_path: Path):
    work = tmp_path / "work"
    with script(SOURCE, work, {}, "") as training:
        wait_until("rows are spooled", lambda: "ready" in training.stdout, 30)
        shutil.rmtree(work / "stepwell")
        wait_until("it is said", lambda: "was removed or replaced" in training.stderr, 15)
        (work / "go").touch()
        ended = training.wait()
    assert "1,500 rows are in" in ended.stderr
    run = Api(work / "stepwell").run("d/r")
    assert (run.rows, run.lost_rows, run.state) == (1500, 0, "finished")


def test_a_directory_that_cannot_come_back_is_not_said_to_keep_anything(tmp_path: Path):
    work = tmp_path / "work"
    directory = work / "stepwell"
    with script(SOURCE, work, {}, f"http://127.0.0.1:{free_port()}") as training:
        wait_until("rows are spooled", lambda: "ready" in training.stdout, 30)
        shutil.rmtree(directory)
        directory.write_text("a file")
        wait_until("it is said", lambda: "was removed or replaced" in training.stderr, 15)
        (work / "go").touch()
        ended = training.wait()
    assert ended.code == 0
    assert not read_streams(work)
    assert "is kept in" not in ended.stderr
    assert "1,500 are lost" in ended.stderr or "could not be looked for" in ended.stderr
