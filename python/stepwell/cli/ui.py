"""`stepwell ui`: the dashboard over a directory."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from stepwell.serving.ports import DEFAULT_PORT, PortInUseError, RunningServer, start, write_port
from stepwell.serving.signals import stop_on_signal_to_the_end
from stepwell.settings.settings_file import settings_of_process

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


def local_directory(directory: str | None) -> Path:
    """Return the directory that was named, or that of the settings."""
    given = {} if directory is None else {"dir": directory}
    settings = settings_of_process(given)
    return Path(settings.dir).expanduser().absolute()


def open_in_browser(address: str) -> None:
    """Open a browser where there is a screen to show it on."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)


def _start(path: Path, port: int | None) -> RunningServer:
    """Start on the port that was named, else on the default one, else on a free one."""
    if port is not None:
        return start(path, "local", _HOST, port)
    try:
        return start(path, "local", _HOST, DEFAULT_PORT)
    except PortInUseError:
        return start(path, "local", _HOST, 0)
