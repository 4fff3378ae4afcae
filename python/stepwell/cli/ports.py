"""Starting a server on a port, and saying what is wrong if it cannot be had."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stepwell.errors import Error

if TYPE_CHECKING:
    from stepwell._native import Server

DEFAULT_PORT = 7117
# The dashboard, where the wheel has it.
_UI_DIRECTORY = Path(__file__).resolve().parent.parent / "_web"


class PortInUseError(Error):
    """Another program listens on the port."""


def start(directory: Path, mode: Literal["server", "local"], host: str, port: int) -> Server:
    """Start a server.

    Raises
    ------
    PortInUseError
        If another program has the port.
    Error
        If the directory cannot be used or the address is none.
    """
    from stepwell import _native

    if mode == "server":
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Error(f"the directory {directory} cannot be made: {error.strerror}. Name another one.") from error
    elif not directory.is_dir():
        raise Error(
            f"there is no directory {directory} yet. Runs are written to ./stepwell, or where STEPWELL_DIR or "
            "init(dir=…) say; name that directory."
        )
    ui = str(_UI_DIRECTORY) if _UI_DIRECTORY.is_dir() else None
    try:
        return _native.Server(directory=str(directory), mode=mode, host=host, port=port, ui_directory=ui)
    except OSError as error:
        if error.errno == errno.EADDRINUSE or "in use" in str(error):
            raise PortInUseError(
                f"port {port} of {host} is in use by another program. Stop it, or choose another port with --port "
                "(--port 0 picks a free one)."
            ) from error
        raise Error(f"the server cannot start in {directory} on {host}:{port}: {error}") from error
    except RuntimeError as error:
        raise Error(f"the server cannot start in {directory}: {error}") from error


def write_port(file: str | os.PathLike[str], port: int) -> None:
    """Write the port to a file, which is never seen half-written."""
    path = Path(file)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_text(f"{port}\n", encoding="ascii")
    beside.replace(path)
