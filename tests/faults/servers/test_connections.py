"""Many connections that want nothing: others are answered all the same."""

import contextlib
import json
import shutil
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import ServerProcess, run_script

pytestmark = pytest.mark.e2e

_HALF_REQUESTS = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: loc",
    "half a body": b"POST /api/v1/series:batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4000000\r\n\r\n{",
    "half a preface": b"PRI * HTTP/2.0\r\n\r\n",
}


def _status(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url + "/api/v1/status", timeout=15) as answer:
        said: dict[str, object] = json.load(answer)
        return said


def test_half_requests_leave_room_for_whole_ones_and_for_writers(tmp_path: Path) -> None:
    """E1: more connections of a peer than descriptors cost neither requests nor rows; the log says it."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("prlimit is missing")
    with ServerProcess(tmp_path, under=(prlimit, "--nofile=128:128")) as server, contextlib.ExitStack() as held:
        for said in _HALF_REQUESTS.values():
            for _ in range(150):
                client = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                with contextlib.suppress(ConnectionError):  # closed for another already
                    client.sendall(said)
            assert _status(server.url)["mode"] == "server"
        run_script(
            "import stepwell\nwith stepwell.init(project='p', id='r') as run: run.log({'a': 1})",
            tmp_path / "train",
            server.env,
        )
        with urllib.request.urlopen(f"{server.url}/api/v1/run?entity=local&project=p&run=r", timeout=15) as answer:
            assert json.load(answer)["rows"] == 1
        assert "no room for more connections" in server.running.stderr
        assert len(server.running.stderr.splitlines()) < 20


def test_the_limit_of_connections_can_be_set(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ("serve", "--max-connections", "4")) as server, contextlib.ExitStack() as held:
        for _ in range(12):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        assert _status(server.url)["mode"] == "server"
        with urllib.request.urlopen(server.url + "/metrics", timeout=15) as answer:
            values = dict(line.split() for line in answer.read().decode().splitlines() if not line.startswith("#"))
        assert int(values["stepwell_connections"]) <= 4


def test_a_head_that_is_too_long_is_refused_and_not_kept(tmp_path: Path) -> None:
    """E1: of a request whose head does not end, a connection holds no more than 32 KiB."""
    with ServerProcess(tmp_path / "s") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=15) as client:
            with contextlib.suppress(ConnectionError):  # refused while it is sent
                client.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 400_000)
            with contextlib.suppress(ConnectionResetError):  # the rest of what it sent was not read
                assert client.recv(1 << 16).startswith(b"HTTP/1.1 431 ")
        assert _status(server.url)["mode"] == "server"
