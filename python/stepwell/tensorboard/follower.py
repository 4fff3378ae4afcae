"""Reader of a log directory whose writer is out of Python's sight, as TensorFlow's is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.imports.tensorboard.directory import EventDirectory, event_files

if TYPE_CHECKING:
    from stepwell.imports.tensorboard.event import Event

_LOOK_SECONDS = 1.0


class Follower:
    """Reads what is added to the event files of a directory, each second, on a thread of its own.

    Parameters
    ----------
    logdir
        The directory; it may not exist yet.
    take
        Called with the directory and each event.
    """

    def __init__(self, logdir: str, take: Callable[[str, Event], None]) -> None:
        self._logdir = logdir
        self._take = take
        path = Path(logdir)
        present = event_files(path) if path.is_dir() else []
        self._files = EventDirectory(path, {file.name: file.stat().st_size for file in present})
        self._reading = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="stepwell-tensorboard", daemon=True)
        self._thread.start()

    def read(self) -> None:
        """Read what there is now."""
        with self._reading:
            if self._files.path.is_dir():
                for event in self._files.read():
                    self._take(self._logdir, event)

    def stop(self) -> None:
        """Read what there is now, and no more."""
        self._over.set()
        self.read()

    def _follow(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.read()
