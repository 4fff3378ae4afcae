"""Waiting for a signal that ends the program.

A signal is a byte in a pipe: its handler takes no lock and wakes whoever waits, wherever the main thread is
at that moment. `threading.Event` is no way: its `set` takes the lock that `wait` holds for a moment, and a
handler runs on the same thread.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a shell reports for a program that a signal ended: 128 + its number.
_SIGNAL_EXIT = 128
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Set by SIGINT, SIGTERM or SIGHUP; knows which one it was.

    Parameters
    ----------
    is_patient
        Whether further signals are passed over: what remains to be done has a deadline of its own. Otherwise
        the second one ends the program at once.
    """

    def __init__(self, is_patient: bool = False) -> None:
        self._is_patient = is_patient
        self._number = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    @property
    def exit_code(self) -> int:
        """What a shell reports for a program that this signal ended; 0 without one."""
        return _SIGNAL_EXIT + self._number if self._number else 0

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until somebody ends the program, or for so long; whether somebody has."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._number:
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            if left == 0:
                break
            select.select([self._reader], [], [], left)
            # A byte may come before its handler has run, which it does between two lines of Python.
            with contextlib.suppress(BlockingIOError):
                os.read(self._reader, 4096)
        return self.is_set()

    def is_set(self) -> bool:
        """Whether somebody has ended the program."""
        return self._number != 0

    def set(self, number: int, _frame: Any = None) -> None:
        """Take a signal."""
        if self._number and not self._is_patient:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._number = self._number or number
        with contextlib.suppress(BlockingIOError):
            os.write(self._writer, b"\0")

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._reader)
        os.close(self._writer)

    def install(self) -> dict[signal.Signals, Any]:
        """Take the signals from now on, but those that the program was started to ignore (by `nohup`)."""
        wanted = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return {number: signal.signal(number, self.set) for number in wanted}


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Turn SIGINT, SIGTERM and SIGHUP into a `Stop`, so that what is begun can be ended in order."""
    stop = Stop()
    earlier = stop.install()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in earlier.items():
            signal.signal(number, handler)
        stop.close()


@contextmanager
def stop_on_signal_to_the_end() -> Iterator[Stop]:
    """As `stop_on_signal`, for a program that ends behind it: later signals are passed over."""
    stop = Stop(is_patient=True)
    taken = stop.install()
    try:
        yield stop
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        stop.close()
