"""Program that runs another one as Python's main program, and notes the `SystemExit` that ends it.

`stepwell exec` starts it by its path, with the words `SCRIPT [ARG …]` or `-m MODULE [ARG …]`. The program
sees what Python itself would give it: arguments, `__main__`, the first entry of `sys.path`, its exit code,
and a traceback that begins with it.
"""

# ruff: noqa: PTH109, PTH118, PTH120, SLF001  a Path drops the `./` of a name; what `python -m` calls is private to runpy

from __future__ import annotations

import builtins
import os
import pkgutil
import runpy
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any, cast

# Folders that Python has put before all others: that of this file, or none. The program's takes its place.
_FOLDERS = int(not getattr(sys.flags, "safe_path", sys.flags.isolated))


def run(words: list[str]) -> None:
    """Run the program that the words name; it ends as that does."""
    run_module = cast("Any", runpy)._run_module_as_main
    main = ModuleType("__main__")
    vars(main).update(__annotations__={}, __builtins__=builtins)
    sys.modules["__main__"] = main
    sys.argv = words
    path = os.path.join(os.getcwd(), words[0])
    if words[0] == "-m":
        sys.argv = ["-m", *words[2:]]
        sys.path[:_FOLDERS] = [os.getcwd()] * _FOLDERS
        run_module(words[1])
    elif pkgutil.get_importer(path) is not None:  # an archive with a `__main__.py`
        sys.path[:_FOLDERS] = [path]
        run_module("__main__", alter_argv=False)
    else:
        sys.path[:_FOLDERS] = [os.path.dirname(os.path.realpath(path))] * _FOLDERS
        loader = SourceFileLoader("__main__", path)
        vars(main).update(__cached__=None, __file__=path, __loader__=loader)
        exec(compile(loader.get_data(path), path, "exec", dont_inherit=True), vars(main))


def show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show an exception as Python does, without the frames of this file."""
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    sys.__excepthook__(kind, error.with_traceback(traceback), traceback)


def note(end: SystemExit) -> None:
    """Tell the runs of the program, if it has some, with which status it ends."""
    process_end = sys.modules.get("stepwell.process.process_end")
    if process_end is not None:
        process_end.leave(end.code)


if __name__ == "__main__":
    try:
        run(sys.argv[1:])
    except SystemExit as end:
        note(end)
        raise
    except BaseException:
        if sys.excepthook is sys.__excepthook__:
            sys.excepthook = show
        raise
