"""`stepwell serve`: the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.cli.arguments import PORT, add_command, add_port_file, whole_number
from stepwell.process.terminal import Terminal
from stepwell.serving.announcement import announce
from stepwell.serving.ports import DEFAULT_PORT, start, write_port
from stepwell.serving.signals import stop_on_signal_to_the_end

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "serve", "run a server: gRPC, HTTP and the dashboard on one port", serve)
    parser.add_argument("--dir", default="stepwell-server", help="directory of the store (default: ./%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=PORT, default=DEFAULT_PORT, help="port; 0 picks one (default: %(default)s)")
    add_port_file(parser)
    parser.add_argument(
        "--max-connections",
        type=whole_number("number of connections", 1, 1_000_000),
        metavar="N",
        help="connections at most, three quarters of them by one address (default: what the open-files limit allows)",
    )


def serve(parsed: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    path = Path(parsed.dir).expanduser().absolute()
    with stop_on_signal_to_the_end() as stop:
        server = start(path, "server", parsed.host, parsed.port, parsed.max_connections)
        try:
            if parsed.port_file:
                write_port(parsed.port_file, server.port)
            announce(f"serving {path} on {server.address}")
            announce(f"log to it with STEPWELL_URL={server.address}; Ctrl-C ends it")
            if parsed.host not in _LOOPBACK:
                Terminal().warn(f"there is no authentication yet: whoever reaches {parsed.host} can read and write")
            stop.wait()
        finally:
            server.stop()
    return 0
