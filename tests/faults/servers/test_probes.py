"""Probes of a server (`/healthz`, `/readyz`, `/metrics`), and paths that nobody made."""

import json
import resource
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import ServerProcess, environment, wait_until

pytestmark = pytest.mark.e2e


def _get(server: ServerProcess, path: str, accept: str | None = None) -> tuple[int, str, str]:
    """Return status, type and text."""
    request = urllib.request.Request(server.url + path, headers={} if accept is None else {"accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.headers["content-type"] or "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["content-type"] or "", error.read().decode()


def test_a_server_that_serves_is_healthy_and_ready(shared_server: ServerProcess) -> None:
    for path in ("/healthz", "/readyz"):
        assert _get(shared_server, path)[::2] == (200, "ok\n")
    status, _, text = _get(shared_server, "/metrics")
    assert status == 200
    values = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert int(values["stepwell_connections"]) >= 1


def test_a_server_that_cannot_store_is_not_ready_and_says_why(server: ServerProcess) -> None:
    """A4: nothing is promised that the disk did not take."""
    pid = server.running.running.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))

    def refused() -> str:
        status, _, text = _get(server, "/readyz")
        return text if status == 503 else ""

    said = json.loads(wait_until("the server is not ready", refused))
    assert said["error"]["code"] == "unavailable"
    assert "stored" in said["error"]["message"] or "store" in said["error"]["message"]
    assert _get(server, "/healthz")[0] == 200
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    wait_until("the server is ready again", lambda: _get(server, "/readyz")[0] == 200)


def test_a_server_whose_words_nobody_takes_serves_and_ends_in_order(tmp_path: Path) -> None:
    """Standard output on a full disk, as that of a service may be, ends no server."""
    port = tmp_path / "port"
    command = [sys.executable, "-m", "stepwell", "serve", "--dir", tmp_path / "store", "--port", "0"]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen([*command, "--port-file", port], stdout=full, stderr=full, env=environment(tmp_path))
    try:
        wait_until("it serves", lambda: port.exists() and port.read_text())
        url = f"http://127.0.0.1:{port.read_text().strip()}/readyz"
        assert wait_until("it is ready", lambda: urllib.request.urlopen(url, timeout=15).status) == 200
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("path", ["/health", "/ready", "/live", "/a/b/c", "/api/v2/status", "/favicon.ico"])
def test_a_path_that_is_no_page_is_not_found(shared_server: ServerProcess, path: str) -> None:
    status, kind, text = _get(shared_server, path)
    assert (status, kind) == (404, "application/json")
    assert json.loads(text)["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/", "/local/digits", "/local/digits/runs", "/local/digits/runs/r1/charts"])
def test_a_page_of_the_dashboard_is_there_when_it_is_loaded_again(shared_server: ServerProcess, path: str) -> None:
    status, kind, text = _get(shared_server, path)
    if "dashboard is not built" in text:
        pytest.skip("the dashboard is not built")
    assert status == 200
    assert kind.startswith("text/html")


def test_a_browser_on_a_wrong_path_gets_the_page_that_says_so(shared_server: ServerProcess) -> None:
    status, kind, _ = _get(shared_server, "/nowhere", accept="text/html,*/*")
    assert status == 404
    assert kind.startswith(("text/html", "application/json"))
