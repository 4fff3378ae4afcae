"""Waiting until somebody ends the program."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a shell reports for a program that a signal ended: 128 + its number.
_SIGNAL_EXIT = 128


class Stop:
    """Set by SIGINT or SIGTERM; knows which one it was."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.exit_code = 0

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until somebody ends the program, or for so long; whether somebody has."""
        return self._event.wait(seconds)

    def is_set(self) -> bool:
        """Whether somebody has ended the program."""
        return self._event.is_set()

    def set(self, number: int, _frame: Any = None) -> None:
        """Take a signal. The second one ends the program at once."""
        if self._event.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.exit_code = _SIGNAL_EXIT + number
        self._event.set()


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Turn SIGINT and SIGTERM into a `Stop`, so that what is begun can be ended in order."""
    stop = Stop()
    earlier = {number: signal.signal(number, stop.set) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
