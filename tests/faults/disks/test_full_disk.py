"""A full disk: no exception, and accepted = delivered + sampled + lost, exactly (invariant B3)."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import read_stream, stream_directories
from tests.support.places import scan
from tests.support.processes import Ended, ServerProcess, run_script, script

pytestmark = pytest.mark.e2e

# Numbers that do not compress, so that a small disk is soon full.
FILLING = """
import os, random, sys, time
import stepwell
dice = random.Random(1)
run = stepwell.init(project="full", id="r", settings={"queue_bytes": 1 << 20})
accepted = 0
def log(count):
    global accepted
    for _ in range(count):
        run.log({"i": accepted, "noise": [dice.random() for _ in range(30)], "x": dice.random()})
        accepted += 1
        if accepted % 100 == 0:
            time.sleep(0.005)
log(int(sys.argv[1]))
if len(sys.argv) > 2:
    os.unlink(sys.argv[2])  # room again
    assert run.flush(60)
    log(500)
run.finish()
print("accepted", accepted)
"""


def said_losses(ended: Ended) -> tuple[int, int]:
    """Return how many rows are lost, and how many gave way to a sample, as said at the end."""
    lost = re.search(r"([\d,]+) (?:rows )?are lost", ended.output)
    away = re.search(r"([\d,]+) (?:rows )?gave way to a sample", ended.output)
    assert lost is not None or away is not None, ended.output
    return tuple(int(found[1].replace(",", "")) if found else 0 for found in (lost, away))  # type: ignore[return-value]


def accepted(ended: Ended) -> int:
    return int(ended.stdout.split()[-1])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on a disk of 3 MiB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", directory], capture_output=True, timeout=10, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], timeout=10, check=False)


def test_a_full_disk_raises_nothing_and_every_row_is_accounted_for(work: Path, small_disk: Path):
    env = {"STEPWELL_DIR": str(small_disk / "stepwell"), "STEPWELL_FINISH_TIMEOUT": "2"}
    ended = run_script(FILLING, work, env, "20000")
    lost, away = said_losses(ended)
    assert lost + away > 0
    (directory,) = stream_directories(small_disk)
    stored = read_stream(directory).rows
    assert accepted(ended) == 20_000
    assert len(stored) + away + lost == 20_000, "accepted = delivered + sampled away + lost"
    for row in stored:
        assert row.cells["i"] == row.step, "what is there is right"


def test_room_that_comes_back_is_used_and_the_loss_is_in_the_run(work: Path, small_disk: Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 << 20))
    ended = run_script(FILLING, work, {"STEPWELL_DIR": str(small_disk / "stepwell")}, "11000", str(ballast))
    lost, away = said_losses(ended)
    assert lost + away > 0, "the disk was full"
    (directory,) = stream_directories(small_disk)
    stored = read_stream(directory).rows
    shutil.copytree(small_disk / "stepwell", work / "copy")  # reading needs room for the index
    run = Api(work / "copy").run("full/r")
    assert run.lost_rows == lost + away, "what is said at the end is in the run"
    assert run.sampled_rows == sum(row.sampled for row in stored) > 0
    assert run.rows + run.lost_rows == accepted(ended) == 11_500
    assert run.state == "finished"
    found = scan(run)
    assert set(range(11_450, 11_500)) <= set(found), "what came after is there"
    assert 0 in found


@pytest.mark.parametrize("arguments", ['id="r"', "", 'resume="auto"'])
def test_a_disk_that_is_full_from_the_start_ends_no_training(work: Path, small_disk: Path, arguments: str):
    """Its rows wait in memory, and are kept if room comes."""
    (small_disk / "fill").write_bytes(bytes(2_950_000))
    source = f"""
    import os
    import stepwell
    try:
        while True:
            with open({str(small_disk / "rest")!r}, "ab", buffering=0) as rest:
                rest.write(bytes(100))
    except OSError:
        pass
    with stepwell.init(project="full", {arguments}) as run:
        run.log({{"a": 1}})
        os.unlink({str(small_disk / "fill")!r})
        assert run.flush(60)
        print(run.id)
    """
    ended = run_script(source, work, {"STEPWELL_DIR": str(small_disk / "stepwell")})
    assert [row["a"] for row in Api(small_disk / "stepwell").run(f"full/{ended.stdout.strip()}").scan_history()] == [1]


def test_a_full_disk_costs_a_server_nothing(server: ServerProcess, work: Path, small_disk: Path):
    env = server.env | {"STEPWELL_DIR": str(small_disk / "stepwell"), "STEPWELL_FINISH_TIMEOUT": "60"}
    ended = run_script(FILLING, work, env, "30000")
    run = Api(server.url).run("full/r")
    assert run.rows + run.lost_rows == accepted(ended) == 30_000


def test_a_limit_on_file_size_raises_nothing_and_every_row_is_accounted_for(work: Path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    with script(f"{limit}\n{FILLING}", work, {"STEPWELL_FINISH_TIMEOUT": "2"}, "3000") as process:
        ended = process.wait()
    assert ended.code == 0, ended.output
    (directory,) = stream_directories(work)
    stored = read_stream(directory).rows
    lost, away = said_losses(ended) if "are lost" in ended.output else (0, 0)
    assert len(stored) + away + lost == accepted(ended) == 3000


def test_a_disk_that_stays_full_has_room_for_the_end_of_the_run(work: Path, small_disk: Path):
    env = {"STEPWELL_DIR": str(small_disk / "stepwell"), "STEPWELL_FINISH_TIMEOUT": "2"}
    ended = run_script(FILLING, work, env, "20000")
    lost, away = said_losses(ended)
    shutil.copytree(small_disk / "stepwell", work / "copy")  # reading needs room for the index
    run = Api(work / "copy").run("full/r")
    assert run.state == "finished"
    assert run.lost_rows == lost + away > 0, "what is said at the end is in the run"
    assert run.rows + run.lost_rows == accepted(ended) == 20_000
