"""Messages of a run on the terminal: short lines on standard error that begin with `stepwell:`."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass

_PREFIX = "stepwell:"
_BAR_CHARS = 24
_USUAL_COLUMNS = 80
# Lines that were written with `repeat=False`.
_said: set[str] = set()


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
        """Write lines of information."""
        if not self.quiet:
            self.write("".join(f"{_PREFIX} {line}".rstrip() + "\n" for line in text.split("\n")))

    def warn(self, text: str) -> None:
        """Write a warning."""
        self.write(f"{_PREFIX} WARNING {text}\n")

    def progress(self, done: int, total: int, what: str, doing: str = "sending") -> None:
        """Redraw a bar in place; nothing is written where standard error is no terminal."""
        if self.is_watched():
            self.write("\r" + bar(done, total, what, doing)[: _columns() - 1])

    def clear_progress(self) -> None:
        """Remove the bar."""
        if self.is_watched():
            self.write("\r\033[K")

    def is_watched(self) -> bool:
        """Whether somebody looks at standard error and wants to see more than warnings."""
        try:
            return not self.silent and not self.quiet and sys.stderr.isatty()
        except Exception:  # noqa: BLE001  there is no standard error, it is closed, or something else took its place
            return False

    def write(self, text: str) -> None:
        """Write a text as it is."""
        if self.silent or sys.stderr is None:
            return
        # A closed terminal, or what took its place, must not end a training; one that lacks a character must
        # not hide a sentence.
        with contextlib.suppress(Exception):
            try:
                sys.stderr.write(text)
            except UnicodeEncodeError:
                encoding = sys.stderr.encoding or "ascii"
                sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()


def termlog(string: str = "", newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Write a line of information to standard error.

    Parameters
    ----------
    string
        The text; several lines get a prefix each.
    newline
        Whether the line ends.
    repeat
        Whether a text that was written before is written again.
    prefix
        Whether the lines begin with `stepwell:`.
    """
    _write_line("", string, newline, repeat, prefix)


def termwarn(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Write a warning: see `termlog`."""
    _write_line("WARNING ", string, newline, repeat, prefix)


def termerror(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Write an error: see `termlog`."""
    _write_line("ERROR ", string, newline, repeat, prefix)


def _write_line(level: str, text: str, newline: bool, repeat: bool, prefix: bool) -> None:
    if not repeat:
        if text in _said:
            return
        _said.add(text)
    begin = f"{_PREFIX} {level}" if prefix else level
    Terminal().write("\n".join(begin + line for line in text.split("\n")) + ("\n" if newline else ""))


def _columns() -> int:
    """Return the width of the terminal; importing `shutil`, which knows more, takes milliseconds."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    except (OSError, ValueError, AttributeError):
        return _USUAL_COLUMNS


def quoted(path: str) -> str:
    """Return a path as it can be typed into a shell."""
    if all(char.isalnum() or char in "/._-+" for char in path) and path.isascii():
        return path
    # As shlex.quote, which is not imported: `init` is quick, and the end of a run may have no descriptor for
    # an import.
    return "'" + path.replace("'", "'\"'\"'") + "'"


def bar(done: int, total: int, what: str, doing: str = "sending") -> str:
    """Return a line like `stepwell: sending [######------] 1,200 of 2,400 rows`."""
    part = min(done / total, 1.0) if total > 0 else 1.0
    filled = round(part * _BAR_CHARS)
    return f"{_PREFIX} {doing} [{'#' * filled}{'-' * (_BAR_CHARS - filled)}] {done:,} of {total:,} {what}"
