"""A temporary folder with what was added to an artifact, as it was then."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path


class Staging:
    """A folder that is made when it is first needed, and goes with its artifact or with the process."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._kept = 0

    def keep(self, path: Path) -> Path:
        """Copy a file; returns the copy, or the file itself if it cannot be copied.

        No hard link: who writes into the file would change the link too.
        """
        self._kept += 1
        copy = path
        try:
            # A forked child has the same folder.
            copy = self.place(f"{os.getpid()}-{self._kept}", "kept")
            shutil.copyfile(path, copy)
        except OSError:
            # A full disk, or a file that cannot be read: whoever logs it says so if it is not there by then.
            if copy != path:
                copy.unlink(missing_ok=True)
            return path
        return copy

    def place(self, name: str, folder: str = "new") -> Path:
        """Return where a new file of this name can be written."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="stepwell-artifact-"))
            weakref.finalize(self, _remove, str(self._folder), os.getpid())
        place = self._folder / folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def _remove(folder: str, owner: int) -> None:
    """Remove the folder, unless this is a forked child: the parent may still need it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
