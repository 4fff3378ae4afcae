"""Files of version 0.1 are read, synced and served by this version: every value is what 0.1 said it was."""

import sqlite3
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import stream_directories
from tests.support.old_version import assert_as_expected, unpacked
from tests.support.places import scan
from tests.support.processes import ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("index", ["with its index", "without its index"])
def test_a_local_directory_of_0_1_is_read(tmp_path: Path, index: str):
    directory = unpacked("local", tmp_path)
    if index == "without its index":
        for path in (directory / "store").iterdir():
            path.unlink()
    with Api(directory, timeout=60) as api:
        assert_as_expected(api, "local")
    ended = run_command("verify", directory, directory=tmp_path)
    assert ended.code == 0, ended.output


def test_a_local_directory_of_0_1_is_synced_and_stays(server: ServerProcess, tmp_path: Path):
    directory = unpacked("local", tmp_path)
    for _ in range(2):
        ended = run_command("sync", directory, "--url", server.url, directory=tmp_path)
        assert ended.code == 0, ended.output
    with Api(server.url, timeout=60) as api:
        # Nobody waits for a minute here: that the writer is dead is known from its spool only.
        assert_as_expected(api, "local", {"ranks", "failed"})
        assert len(scan(api.run("skew/killed"))) == 40
    with Api(directory, timeout=60) as api:
        assert_as_expected(api, "local")


def test_a_spool_that_0_1_never_sent_is_synced_and_gone(server: ServerProcess, tmp_path: Path):
    directory = unpacked("unsent", tmp_path)
    with Api(directory, timeout=60) as api:
        assert_as_expected(api, "unsent")
    ended = run_command("sync", directory, "--url", server.url, directory=tmp_path)
    assert ended.code == 0, ended.output
    assert stream_directories(directory / "spool") == []
    with Api(server.url, timeout=60) as api:
        assert_as_expected(api, "unsent")


def test_a_store_of_0_1_is_upgraded_in_place_and_goes_on(tmp_path: Path):
    store = unpacked("server", tmp_path) / "store.sqlite"
    assert version(store) == 2
    server = ServerProcess(tmp_path / "srv")
    server.directory = store.parent
    with server:
        with Api(server.url, timeout=60) as api:
            assert_as_expected(api, "server")
        source = """
        import stepwell
        with stepwell.init(project="skew", id="journal", resume="must") as run:
            assert run.step == 50, run.step
            run.log({"i": 50, "text": "of this version"})
        """
        run_script(source, tmp_path / "work", server.env)
        server.stop()
        server.start()
        with Api(server.url, timeout=60) as api:
            assert_as_expected(api, "server", {"chunks"})
            rows = scan(api.run("skew/journal"))
            assert [row["i"] for row in rows.values()] == list(range(51))
        server.stop()
    ended = run_command("verify", server.directory, directory=tmp_path)
    assert ended.code == 0, ended.output


def version(store: Path) -> int:
    connection = sqlite3.connect(store)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()
