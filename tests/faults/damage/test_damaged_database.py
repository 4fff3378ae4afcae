"""A damaged database: a server says what is lost and goes on; a local directory is read from its spools."""

import os
import re
from pathlib import Path

import pytest

import stepwell
from tests.support.disturbed_training import TRAINING
from tests.support.processes import ServerProcess, run_script, script

pytestmark = pytest.mark.e2e


def databases(directory: Path) -> list[Path]:
    found = [path for path in directory.rglob("*") if path.is_file()]
    return [path for path in found if path.read_bytes()[:16] == b"SQLite format 3\0"]


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[:100] = os.urandom(100)
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = os.urandom(8)
    path.write_bytes(data)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_a_server_whose_whole_database_is_damaged_says_what_is_lost_and_serves(server: ServerProcess, work: Path):
    """A5: nothing of the rows can be read any more; the run is named with its loss, and the file is kept."""
    run_script(TRAINING, work, server.env, "2000")
    server.stop()
    (store,) = databases(server.directory)
    damage(store)
    damaged = store.read_bytes()
    server.start()
    run = stepwell.Api(server.url).run("bad/r")
    assert [row for row in run.scan_history() if "i" in row] == []
    assert run.load().lost_rows >= 2000
    said = server.running.stderr
    assert "Traceback" not in said, said
    assert f"{store} was damaged" in said, said
    assert "run r has lost" in said, said
    (kept,) = server.directory.glob("store.sqlite.damaged-*")
    assert str(kept) in said, said
    assert kept.read_bytes() == damaged
    run_script(
        'import stepwell\nwith stepwell.init(project="bad", id="new") as run: run.log({"i": 1})', work, server.env
    )
    assert [row["i"] for row in stepwell.Api(server.url).run("bad/new").scan_history()] == [1]


def test_a_local_directory_with_a_damaged_database_is_read_from_its_spools(work: Path):
    run_script(TRAINING, work, {}, "2000")
    read = "import sys; from stepwell import Api; print(len(list(Api('stepwell').run('bad/r').scan_history())))"
    assert run_script(read, work).stdout.split() == ["2000"]
    for path in databases(work):
        damage(path)
    with script(read, work) as reading:
        ended = reading.wait()
    if ended.code == 0:
        assert ended.stdout.split() == ["2000"]
    else:
        assert "CommError" in ended.stderr
        assert str(work / "stepwell") in ended.stderr
        assert re.search(r"move|restore|remove|delete", ended.stderr, re.IGNORECASE), (
            f"what to do is said: {ended.stderr}"
        )
