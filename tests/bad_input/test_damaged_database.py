"""A damaged database: a server refuses it and says what to do; a local directory is read from its spools."""

import os
import re
from pathlib import Path

import pytest

from tests.bad_input.training import TRAINING
from tests.processes import ServerProcess, run_command, run_script, script

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


def test_a_server_with_a_damaged_database_refuses_and_says_what_to_do(server: ServerProcess, work: Path):
    run_script(TRAINING, work, server.env, "2000")
    server.stop()
    found = databases(server.directory)
    assert found
    for path in found:
        damage(path)
    arguments = ["serve", "--dir", server.directory, "--port", "0", "--port-file", server.home / "port2"]
    ended = run_command(*arguments, directory=work)
    assert ended.code != 0
    said = ended.stderr
    assert "Traceback" not in said, said
    assert any(str(path) in said for path in [*found, server.directory]), said
    assert re.search(r"damaged|malformed|not a database|corrupt", said), said
    assert re.search(r"move|restore|remove|delete", said, re.IGNORECASE), f"what to do is said: {said}"


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
