"""`stepwell ui`: the dashboard over a directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.cli.arguments import PORT, add_command, add_directory, add_port_file
from stepwell.serving.announcement import announce
from stepwell.serving.browser import open_in_browser
from stepwell.serving.ports import DEFAULT_PORT, PortInUseError, RunningServer, start, write_port
from stepwell.serving.signals import stop_on_signal_to_the_end
from stepwell.settings.settings_file import local_directory

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands

_HOST = "127.0.0.1"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "ui", "show the dashboard over a directory, live", ui)
    add_directory(parser)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    add_port_file(parser)
    parser.add_argument("--port", type=PORT, help=f"port; 0 picks one (default: {DEFAULT_PORT}, or one that is free)")


def ui(parsed: argparse.Namespace) -> int:
    """Serve the dashboard until a signal ends it."""
    path = local_directory(parsed.dir)
    with stop_on_signal_to_the_end() as stop:
        server = _start(path, parsed.port)
        try:
            if parsed.port_file:
                write_port(parsed.port_file, server.port)
            announce(f"{path} is on {server.address}; Ctrl-C ends it")
            if not parsed.no_browser:
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
