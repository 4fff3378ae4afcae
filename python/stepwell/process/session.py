"""The runs of this process, and the module-level names (`stepwell.log`, …) that stand for the newest one.

Before `init` the names are stand-ins that say what is missing. `bind` puts the run's own objects in their
place, so that `stepwell.log` *is* the native method and no Python frame lies between a training loop and the
encoder.
"""

from __future__ import annotations

import contextlib
import os
import sys
from _thread import RLock  # of threading, which takes a millisecond to import
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.errors import Error, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.runs.config import Config
    from stepwell.runs.run import Run
    from stepwell.runs.summary import Summary


def _fork_safe_lock() -> Any:
    """Return a lock that a thread may take twice, and that a forked child finds free."""
    lock: Any = RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lock._at_fork_reinit)  # noqa: SLF001  as the standard library's own do
    return lock


# Held by `init`, so that of several threads each finds the runs of those before it.
beginning = _fork_safe_lock()
# Held while the lists change and the names follow.
_changing = _fork_safe_lock()
# Modules whose names follow the current run.
_MODULES = ["stepwell"]
# Runs that are not finished, the oldest first, and those of them that have become the current one.
_runs: list[Run] = []
_current: list[Run] = []


def package() -> str:
    """Return what scripts call this package: `wandb`, where it stands in its place."""
    return _MODULES[-1]


def _refuse(what: str) -> NoReturn:
    raise Error(f"You must call {package()}.init() before {package()}.{what}")


def finished_error(run_id: str) -> UsageError:
    """Return the error of a call that would write to a run after its end."""
    begin = f"Call {package()}.init() to begin another run"
    return UsageError(f"run {run_id} is finished; nothing of this call was kept. {begin}")


class BeforeInit:
    """Stands for the config or the summary before `init`, and raises `Error`.

    Who imported it by name (`from stepwell import config`) has it after `init` as well: then it is that of
    the current run.
    """

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return getattr(self._of_run(f".{key}"), key)

    def __setattr__(self, key: str, value: object) -> None:
        setattr(self._of_run(f".{key}"), key, value)

    def __getitem__(self, key: str) -> Any:
        return self._of_run(f"[{key!r}]")[key]

    def __setitem__(self, key: str, value: object) -> None:
        self._of_run(f"[{key!r}]")[key] = value

    def _of_run(self, use: str) -> Any:
        return getattr(current(f"{self._name}{use}"), self._name)

    def __repr__(self) -> str:
        return f"<{package()}.{self._name}: call {package()}.init() first>"


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None) -> None:
    """Write values of a step to the current run; `init` puts the run's own `log` in place of this function.

    Parameters
    ----------
    data
        Values by key. See the documentation of `Run.log` for the types.
    step
        Step of the values. By default the current one.
    commit
        Whether the row is complete and the next call begins the next step. By default, if no `step` is given.
    sync
        Ignored: nothing ever waits.

    Raises
    ------
    Error
        Before `init`.
    TypeError
        If `data` is no mapping of str, `step` is no integer, or a value cannot be encoded. Nothing of the
        call is kept.
    """
    current("log()").log(data, step, commit)


def define_metric(
    name: str,
    step_metric: str | None = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: str | Sequence[str] | None = None,
    goal: str | None = None,
    overwrite: bool | None = None,
) -> Any:
    """Say how a metric is to be shown and summed up: `Run.define_metric` of the current run."""
    run = current("define_metric()")
    return run.define_metric(name, step_metric, step_sync, hidden, summary, goal, overwrite)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run, and those that were it before: see `Run.finish`. Without a run it does nothing.

    A run that was begun with `reinit="create_new"` never is the current one; it has a `finish` of its own.
    """
    for each in reversed(_current.copy()):
        with contextlib.suppress(Exception):  # the others are to end, whatever becomes of this one
            each.finish(exit_code=exit_code, quiet=quiet)


def finish_all(exit_code: int | None = None) -> None:
    """End every run of this process."""
    for each in reversed(_runs.copy()):
        with contextlib.suppress(Exception):  # as above
            each.finish(exit_code=exit_code)


run: Run | None = None
config: Config = BeforeInit("config")  # type: ignore[assignment]
summary: Summary = BeforeInit("summary")  # type: ignore[assignment]
_BEFORE_INIT = {"run": run, "log": log, "config": config, "summary": summary, "define_metric": define_metric}


def current(what: str) -> Run:
    """Return the current run; without one, raise an error that names the call `what`."""
    if not _current:
        _refuse(what)
    return _current[-1]


def current_or_none() -> Run | None:
    """Return the current run, None without one."""
    return _current[-1] if _current else None


def unfinished() -> list[Run]:
    """Return the runs of this process that are not finished, the oldest first."""
    return _runs.copy()


def enter(new: Run) -> None:
    """Remember `new`, and make it the current run."""
    with _changing:
        _runs.append(new)
        _current.append(new)
        bind()


def enter_aside(new: Run) -> None:
    """Remember `new`; the current run stays what it is."""
    _runs.append(new)


def leave(finished: Run) -> None:
    """Forget `finished`; the run that was the current one before it becomes it again."""
    with _changing:
        for runs in (_runs, _current):
            if finished in runs:
                runs.remove(finished)
        bind()


def follow(module: str) -> None:
    """Keep the names of another module pointed at the current run, as those of `stepwell` are."""
    if module not in _MODULES:
        _MODULES.append(module)
    bind()


def bind() -> None:
    """Point the module-level names at the current run."""
    with _changing:
        current = current_or_none()
        if current is None:
            names: dict[str, Any] = _BEFORE_INIT
        else:
            names = {
                "run": current,
                "log": current.log,
                "config": current.config,
                "summary": current.summary,
                "define_metric": current.define_metric,
            }
        for module in _MODULES:
            if module in sys.modules:
                vars(sys.modules[module]).update(names)
