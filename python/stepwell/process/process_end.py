"""Ends the runs of a process with it, with the exit code that the process is about to have.

No hook of Python tells that code, so it is put together, of the status given to `sys.exit`, `exit` and `quit`
and of the exception that the interpreter shows at the end, whichever came last. A `raise SystemExit(status)`
is known where `stepwell exec` runs the program (main_program.py); elsewhere nothing tells its status before
all is over.

No handler of Python is installed for signals. Where SIGTERM and SIGHUP have their default, native code spools
what was accepted and lets the process die of the signal (rust/client/src/signals.rs); a handler of yours
takes its place.
"""

from __future__ import annotations

import atexit
import functools
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.process import session

if TYPE_CHECKING:
    from types import FrameType

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130
# A process has eight bits for its exit code.
_CODES = 0xFF


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of a process that ends with this exception."""
    if isinstance(error, SystemExit):
        return status_code(error.code)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def status_code(status: object) -> int:
    """Return the exit code that `sys.exit(status)` leads to."""
    return 0 if status is None else status & _CODES if isinstance(status, int) else 1


class ProcessEnd:
    """Knows how the process is ending. There is one, made when the package is imported."""

    def __init__(self) -> None:
        self._exit = sys.exit
        self._code = 0
        # The outermost frame when that status was given, and the exception that had been shown before.
        self._left: FrameType | None = None
        self._earlier = _last_error()
        # What the parent was handling when it forked: no end of this process.
        self._handled: BaseException | None = None

    def listen(self) -> None:
        """Note every status given to `sys.exit`, `exit` and `quit` from now on.

        `sys.exit(main())` looks the function up before a run is begun in `main`, and `from sys import exit`
        even before this package is imported.
        """

        # By its names it is the function of `sys`: so whoever pickles a function pickles that one.
        @functools.wraps(self._exit)
        def noted_exit(status: Any = None) -> Any:
            self._on_exit(status)

        for module in [*sys.modules.values()]:
            if isinstance(module, ModuleType):
                # Not by its own way, on which a module may be loaded that only waits to be.
                names = object.__getattribute__(module, "__dict__")
                if names.get("exit") is self._exit:
                    names["exit"] = noted_exit
        self._listen_to_quitters()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    def install(self) -> None:
        """End the runs with the process, and let go of them in forked children."""
        atexit.register(self.finish_runs)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def finish_runs(self) -> None:
        """End what is not finished, with the exit code of the process."""
        session.finish_all(exit_code=self.exit_code())

    def finish_runs_of_child(self) -> None:
        """End the runs of a child of `multiprocessing`, whose finalizers run while its exception is up."""
        error = sys.exc_info()[1]
        session.finish_all(exit_code=0 if error is None or error is self._handled else exit_code_of(error))

    def exit_code(self) -> int:
        """Return the exit code that the process is about to have, as far as Python tells."""
        error = self._shown()
        if error is not None:
            return exit_code_of(error)
        # What was caught has ended nothing: the program came to its end by itself.
        return 0 if self._left is None or _has_ended_otherwise(self._left) else self._code

    def leave(self, status: object) -> None:
        """Note that the main thread is about to end the process with this status, unless that is caught."""
        # As inspect.currentframe, whose module takes milliseconds.
        self._left = _outermost(sys._getframe())  # noqa: SLF001
        self._code, self._earlier = status_code(status), _last_error()

    def _shown(self) -> BaseException | None:
        """Return the exception that has ended the program, which the interpreter keeps for debuggers.

        `sys.excepthook` would tell as well, but programs replace it. Shells and pytest, which go on after an
        exception, keep it there too: shells have a prompt, and pytest's has not passed the outermost frame.
        """
        if hasattr(sys, "ps1"):
            return None
        error, traceback = _last_error(), getattr(sys, "last_traceback", None)
        is_new = error is not None and error is not self._earlier
        return error if is_new and traceback is not None and traceback.tb_frame.f_back is None else None

    def _on_exit(self, status: Any = None) -> Any:
        """Note the status of `sys.exit`, which no hook tells; the main thread's ends the process."""
        if _is_main_thread():
            self.leave(status)
        self._exit(status)

    def _listen_to_quitters(self) -> None:
        """Note the status of `exit` and `quit`, which do not ask `sys.exit`; not every Python has them."""
        quitter: Any = type(vars(sys.modules["builtins"]).get("exit"))
        if quitter.__name__ != "Quitter":
            return
        end, leave = quitter.__call__, self.leave

        def call(quitter: Any, code: Any = None) -> Any:
            if _is_main_thread():
                leave(code)
            end(quitter, code)

        quitter.__call__ = call

    def _begin_anew(self) -> None:
        """After a fork, in the child: what the parent has gone through ends nothing here."""
        self._code, self._left, self._earlier, self._handled = 0, None, _last_error(), sys.exc_info()[1]

    def _in_child(self) -> None:
        """After a fork, in the child: let go of the parent's writers."""
        for run in session.unfinished():
            run.become_child()
        session.bind()


def _is_main_thread() -> bool:
    threading = sys.modules.get("threading")  # importing it would make that of the package slower
    return threading is None or threading.current_thread() is threading.main_thread()


def _last_error() -> BaseException | None:
    return getattr(sys, "last_value", None)


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


# What functions and modules return by.
_RETURNS = {(lambda: None).__code__.co_code[-2], (lambda value: value).__code__.co_code[-2]}

# What `raise …` is, followed by a byte that is 0 where an exception under way is raised again.
_RAISE = compile("raise x", "", "exec").co_code[-2]


def _has_ended_otherwise(frame: FrameType) -> bool:
    """Whether a frame that is over has not been left by `sys.exit`: it has returned, or raised an exception.

    The latter is a `SystemExit` whose status nothing tells: others are shown by the interpreter.
    """
    last = frame.f_code.co_code[max(frame.f_lasti, 0) :]
    return last[0] in _RETURNS or (last[0] == _RAISE and last[1] != 0)


_end = ProcessEnd()
_end.listen()
leave = _end.leave
_is_installed = False


def watch() -> None:
    """See to it that runs end with the process."""
    global _is_installed
    if not _is_installed:
        _is_installed = True
        _end.install()
    finish_with_multiprocessing_child()


def finish_with_multiprocessing_child() -> None:
    """Do so in a child of `multiprocessing`: a forked one ends without `atexit`, but has finalizers."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    from multiprocessing import util

    # Priority: after the queues (10), whose feeders may still log, and before the temporary directories
    # (-100).
    util.Finalize(None, _end.finish_runs_of_child, exitpriority=0)
