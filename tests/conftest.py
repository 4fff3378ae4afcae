"""Fixtures of the end-to-end tests: an empty directory, servers, and each test with and without a server."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `from tests.… import …`

from stepwell.api.server.local_server import servers
from tests.support.places import Place
from tests.support.processes import ServerProcess

# Under nohup SIGHUP is ignored, in the background of a script SIGINT; children inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _no_server_outlives_its_file() -> Iterator[None]:
    """Stop the servers that `Api` started in this process: each has files and sockets open."""
    yield
    servers.stop()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return an empty directory for a training script."""
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a running server with an empty store."""
    with ServerProcess(tmp_path / "srv") as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server that the tests of a file share; they tell their runs apart by project."""
    with ServerProcess(tmp_path_factory.mktemp("shared")) as server:
        yield server


@pytest.fixture(scope="module", params=["local", "server"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return, in turn, a local directory and a server, shared by the tests of a file."""
    home = tmp_path_factory.mktemp(request.param)
    (home / "work").mkdir()
    if request.param == "local":
        yield Place("local", home / "work")
        return
    with ServerProcess(home / "srv") as server:
        yield Place("server", home / "work", server, server.env)
