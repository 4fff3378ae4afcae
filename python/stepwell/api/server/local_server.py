"""Servers inside this process, one per directory, so that a directory is read like a server."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepwell.errors import CommError

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell._native import Server


@dataclass
class LocalServers:
    """The servers of this process. They run until it ends."""

    def __post_init__(self) -> None:
        self._servers: dict[Path, Server] = {}
        self._inherited: list[dict[Path, Server]] = []
        self._pid = os.getpid()
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def address(self, directory: Path, may_make: bool = False) -> str:
        """Return the address of the server over a directory; start it if there is none.

        Parameters
        ----------
        directory
            The directory.
        may_make
            Whether to make it if it is missing.

        Raises
        ------
        CommError
            If there is no such directory, or it cannot be read.
        """
        from stepwell import _native

        directory = directory.expanduser().absolute()
        if may_make:
            with contextlib.suppress(OSError):  # which is told below
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not directory.is_dir():
            raise CommError(
                f"there is no directory {directory}. Name the one that runs were written to, "
                "or the address of a server (http://host:port)."
            )
        with self._lock:
            if self._pid != os.getpid():  # a fork: the parent's servers have no threads here
                self._inherited.append(self._servers)  # kept, because letting go of one waits for its threads
                self._servers, self._pid = {}, os.getpid()
            if directory not in self._servers:
                try:
                    self._servers[directory] = _native.Server(directory=str(directory), mode="local")
                except (OSError, RuntimeError) as error:
                    raise CommError(f"the directory {directory} cannot be opened: {error}") from error
            return self._servers[directory].address

    def stop(self) -> None:
        """Stop them all."""
        if self._pid == os.getpid():
            for server in self._servers.values():
                server.stop()
            self._servers.clear()


servers = LocalServers()
