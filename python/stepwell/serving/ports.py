"""Starting a server on a port, and saying what is wrong if it cannot be had."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stepwell._native import Defaults
from stepwell.errors import Error
from stepwell.serving.directory_lock import DirectoryLock

if TYPE_CHECKING:
    from stepwell._native import Server

DEFAULT_PORT = Defaults.PORT
# The dashboard, where the wheel has it.
_UI_DIRECTORY = Path(__file__).resolve().parent.parent / "_web"


class PortInUseError(Error):
    """Another program listens on the port."""


@dataclass
class RunningServer:
    """A server of this process, and the lock of the directory that it writes to, if it has it for itself."""

    server: Server
    lock: DirectoryLock | None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self.server.port

    @property
    def address(self) -> str:
        """Its address."""
        return self.server.address

    def stop(self) -> None:
        """End it, and give the directory free."""
        self.server.stop()
        if self.lock is not None:
            self.lock.release()


def start(
    directory: Path,
    mode: Literal["server", "local"],
    host: str,
    port: int,
    max_connections: int | None = None,
) -> RunningServer:
    """Start a server. One in the mode `server` has the directory for itself; any number may read a local one.

    Raises
    ------
    PortInUseError
        If another program has the port.
    DirectoryInUseError
        If another process serves the directory.
    Error
        If the directory cannot be used or the address is none.
    """
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
    lock = DirectoryLock(directory) if mode == "server" else None
    try:
        server = _start(directory, mode, host, port, max_connections)
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    if lock is not None:
        lock.say(host, server.port)
    return RunningServer(server, lock)


def _start(
    directory: Path, mode: Literal["server", "local"], host: str, port: int, max_connections: int | None
) -> Server:
    from stepwell import _native

    raise_descriptor_limit()
    ui = str(_UI_DIRECTORY) if _UI_DIRECTORY.is_dir() else None
    try:
        return _native.Server(
            directory=str(directory),
            mode=mode,
            host=host,
            port=port,
            ui_directory=ui,
            max_connections=max_connections,
            sweeps_blobs=mode == "server",
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE or "in use" in str(error):
            raise PortInUseError(
                f"port {port} of {host} is in use by another program. Stop it, or choose another port with --port "
                "(--port 0 picks a free one)."
            ) from error
        raise Error(f"the server cannot start in {directory} on {host}:{port}: {error}") from error
    except RuntimeError as error:
        raise Error(f"the server cannot start in {directory}: {error}") from error


def raise_descriptor_limit() -> None:
    """Allow this process as many open files as the system lets it have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS says that there is no limit, and then takes no more than its own.
    for wanted in (hard, 65_536, 10_240):
        if wanted == resource.RLIM_INFINITY or (soft != resource.RLIM_INFINITY and wanted > soft):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return


def write_port(file: str | os.PathLike[str], port: int) -> None:
    """Write the port to a file, which is never seen half-written."""
    path = Path(file)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_text(f"{port}\n", encoding="ascii")
    beside.replace(path)
