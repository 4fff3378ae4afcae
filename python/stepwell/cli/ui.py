"""`stepwell ui`: the dashboard over a directory."""

from __future__ import annotations

from pathlib import Path

from stepwell.serving.browser import open_in_browser
from stepwell.serving.ports import DEFAULT_PORT, PortInUseError, RunningServer, start, write_port
from stepwell.serving.signals import stop_on_signal_to_the_end
from stepwell.settings.settings_file import local_directory

_HOST = "127.0.0.1"


def ui(directory: str | None, port: int | None, port_file: str | None, open_browser: bool) -> int:
    """Serve the dashboard until a signal ends it."""
    path = local_directory(directory)
    with stop_on_signal_to_the_end() as stop:
        server = _start(path, port)
        try:
            if port_file:
                write_port(port_file, server.port)
            print(f"stepwell: {path} is on {server.address}; Ctrl-C ends it", flush=True)
            if open_browser:
                open_in_browser(server.address)
            stop.wait()
        finally:
            server.stop()
    return 0


def _start(path: Path, port: int | None) -> RunningServer:
    """Start on the port that was named, else on the default one, else on a free one."""
    if port is not None:
        return start(path, "local", _HOST, port)
    try:
        return start(path, "local", _HOST, DEFAULT_PORT)
    except PortInUseError:
        return start(path, "local", _HOST, 0)
