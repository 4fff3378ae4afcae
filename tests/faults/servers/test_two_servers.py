"""Two servers on one directory: the second one is refused, and told who is first."""

from pathlib import Path

import pytest

from stepwell import Api
from tests.support.processes import ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e


def test_the_second_server_is_refused_and_told_who_is_first(server: ServerProcess, tmp_path: Path) -> None:
    second = run_command("serve", "--dir", server.directory, "--port", "0", directory=tmp_path / "w")
    assert second.code == 1
    assert f"process {server.running.running.pid} of " in second.stderr
    assert f"127.0.0.1:{server.port}" in second.stderr
    assert server.running.alive()


def test_a_server_that_was_killed_locks_nobody_out(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        server.kill()
        server.start()
        assert server.stop().code == 0
        assert server.start().stop().code == 0


def test_several_dashboards_read_one_directory(work: Path, tmp_path: Path) -> None:
    run_script("import stepwell\nwith stepwell.init(project='p', id='r') as run: run.log({'a': 1})", work)
    command = ("ui", work / "stepwell", "--no-browser")
    with ServerProcess(tmp_path / "one", command) as one, ServerProcess(tmp_path / "two", command) as two:
        for address in (one.url, two.url, str(work / "stepwell")):
            with Api(address) as api:
                assert api.run("p/r").summary["a"] == 1
