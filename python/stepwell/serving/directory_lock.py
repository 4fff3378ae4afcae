"""Lock of a directory that a server writes to: one server at a time; the next is told who has it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from typing import TYPE_CHECKING

from stepwell.errors import Error

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "server.lock"


class DirectoryInUseError(Error):
    """Another server has the directory."""


class DirectoryLock:
    """Held by the process that serves a directory, until it ends, however it ends.

    The lock is the system's (`flock`), so a process that died locks nobody out; the file only says who holds
    it.

    Parameters
    ----------
    directory
        The directory. It must exist.

    Raises
    ------
    DirectoryInUseError
        If another process serves it.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / _FILE
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Error(
                f"the directory {directory} cannot be written to: {error.strerror}. Name another one."
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._holder()
            os.close(self._file)
            raise DirectoryInUseError(
                f"the directory {directory} is being served {holder}. "
                "Use that server, stop it, or name another directory."
            ) from None
        except OSError:
            # A file system without locks; the store has its own for each transaction.
            pass
        self.say()

    def say(self, host: str = "", port: int = 0) -> None:
        """Write into the file who holds the lock, and once it is known where he listens."""
        words = json.dumps({"pid": os.getpid(), "machine": socket.gethostname(), "host": host, "port": port})
        with contextlib.suppress(OSError):  # a full disk: the message of the next one is poorer, nothing else
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, words.encode(), 0)

    def release(self) -> None:
        """Give the directory free."""
        os.close(self._file)

    def _holder(self) -> str:
        try:
            said = json.loads(os.pread(self._file, 4096, 0))
            who = f"by process {said['pid']} of {said['machine']}"
            return f"{who} on {said['host']}:{said['port']}" if said["port"] else who
        except (OSError, ValueError, KeyError, TypeError):
            return "by another process"
