"""`stepwell serve`: the server."""

from __future__ import annotations

import sys
from pathlib import Path

from stepwell.serving.ports import start, write_port
from stepwell.serving.signals import stop_on_signal_to_the_end

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def serve(directory: str, host: str, port: int, port_file: str | None, max_connections: int | None) -> int:
    """Serve until a signal ends it."""
    path = Path(directory).expanduser().absolute()
    with stop_on_signal_to_the_end() as stop:
        server = start(path, "server", host, port, max_connections)
        try:
            if port_file:
                write_port(port_file, server.port)
            print(f"stepwell: serving {path} on {server.address}", flush=True)
            print(f"stepwell: log to it with STEPWELL_URL={server.address}; Ctrl-C ends it", flush=True)
            if host not in _LOOPBACK:
                print(
                    f"stepwell: WARNING there is no authentication yet: whoever reaches {host} can read and write",
                    file=sys.stderr,
                    flush=True,
                )
            stop.wait()
        finally:
            server.stop()
    return 0
