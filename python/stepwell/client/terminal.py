"""What a run says on the terminal: short lines on standard error that begin with `stepwell:`."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass

_PREFIX = "stepwell:"
_BAR_CHARS = 24


@dataclass
class Terminal:
    """Writes for one run.

    Attributes
    ----------
    silent
        Write nothing at all.
    quiet
        Write warnings only.
    """

    silent: bool = False
    quiet: bool = False

    def say(self, text: str) -> None:
        """Write a line of information."""
        if not self.quiet:
            self._write(f"{_PREFIX} {text}\n")

    def warn(self, text: str) -> None:
        """Write a warning."""
        self._write(f"{_PREFIX} WARNING {text}\n")

    def progress(self, done: int, total: int, what: str) -> None:
        """Redraw a bar in place; nothing is written where standard error is no terminal."""
        if self.shows_progress():
            import shutil

            self._write("\r" + bar(done, total, what)[: shutil.get_terminal_size().columns - 1])

    def clear_progress(self) -> None:
        """Remove the bar."""
        if self.shows_progress():
            self._write("\r\033[K")

    def shows_progress(self) -> bool:
        """Whether a bar would be seen."""
        try:
            return not self.silent and not self.quiet and sys.stderr.isatty()
        except (AttributeError, ValueError):  # there is no standard error, or it is closed
            return False

    def _write(self, text: str) -> None:
        if self.silent or sys.stderr is None:
            return
        # A closed terminal, or one that lacks a character, must not end a training.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


def quoted(path: str) -> str:
    """Return a path as it can be typed into a shell."""
    if all(char.isalnum() or char in "/._-+" for char in path) and path.isascii():
        return path
    import shlex  # only for the rare path that needs it: `init` is quick

    return shlex.quote(path)


def bar(done: int, total: int, what: str) -> str:
    """Return a line like `stepwell: sending [######------] 1,200 of 2,400 rows`."""
    part = min(done / total, 1.0) if total > 0 else 1.0
    filled = round(part * _BAR_CHARS)
    return f"{_PREFIX} sending [{'#' * filled}{'-' * (_BAR_CHARS - filled)}] {done:,} of {total:,} {what}"
