"""Ends the runs of a process with it: at its normal end, after an exception, and in forked children.

No handler of Python is installed for signals. Where SIGTERM and SIGHUP have their default, native code spools
what was accepted and lets the process die of the signal (rust/client/src/signals.rs); a handler of yours
takes its place.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from stepwell.process import session

if TYPE_CHECKING:
    from types import TracebackType

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of a process that ends with this exception."""
    if isinstance(error, SystemExit):
        return status_code(error.code)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def status_code(status: object) -> int:
    """Return the exit code that `sys.exit(status)` leads to."""
    return 0 if status is None else status if isinstance(status, int) else 1


class ProcessEnd:
    """Knows how the process is ending. There is one, made by the first `init`."""

    def __init__(self) -> None:
        self.exit_code = 0
        self._excepthook = sys.excepthook
        self._exit = sys.exit

    def install(self) -> None:
        """Put the hooks into the interpreter."""
        atexit.register(self.finish_runs)
        sys.excepthook = self._on_exception
        sys.exit = self._on_exit
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def finish_runs(self) -> None:
        """End what is not finished, with the exit code of the process."""
        session.finish_all(exit_code=self.exit_code)

    def _on_exception(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        self.exit_code = exit_code_of(error)
        self._excepthook(kind, error, traceback)

    def _on_exit(self, status: Any = None) -> Any:
        """Note the status of `sys.exit`, which no hook tells; the main thread's ends the process."""
        if threading.current_thread() is threading.main_thread():
            self.exit_code = status_code(status)
        self._exit(status)

    def _in_child(self) -> None:
        """After a fork, in the child: let go of the parent's writers."""
        self.exit_code = 0
        for run in session.unfinished():
            run.become_child()
        session.bind()


_installed: ProcessEnd | None = None


def watch() -> None:
    """See to it that runs end with the process."""
    global _installed
    if _installed is None:
        _installed = ProcessEnd()
        _installed.install()
    finish_with_multiprocessing_child()


def finish_with_multiprocessing_child() -> None:
    """Do so in a child that `multiprocessing` forked: it ends without `atexit`, but has finalizers."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None or _installed is None:
        return
    from multiprocessing import util

    # Priority: after the queues (10), whose feeders may still log, and before the temporary directories
    # (-100).
    util.Finalize(None, _installed.finish_runs, exitpriority=0)
