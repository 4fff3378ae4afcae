"""Functions of the package that are methods of the current run, and those that need no run."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from stepwell.process import session
from stepwell.process.terminal import Terminal
from stepwell.runs.run import Run
from stepwell.settings.settings import Settings
from stepwell.settings.settings_file import of_process, settings_files, settings_of_process, write_setting

P = ParamSpec("P")
T = TypeVar("T")


def _of_current_run(method: Callable[Concatenate[Run, P], T]) -> Callable[P, T]:
    """Return a function that calls a method of the current run, with its parameters and documentation."""
    name = method.__name__

    @functools.wraps(method, assigned=("__name__", "__doc__", "__annotations__"))
    def call(*arguments: P.args, **named: P.kwargs) -> T:
        found: T = getattr(session.current(f"{name}()"), name)(*arguments, **named)
        return found

    call.__qualname__ = name  # and this module: so it is pickled by its name
    signature = inspect.signature(method)
    _, *parameters = signature.parameters.values()
    vars(call)["__signature__"] = signature.replace(parameters=parameters)
    return call


alert = _of_current_run(Run.alert)
link_artifact = _of_current_run(Run.link_artifact)
link_model = _of_current_run(Run.link_model)
log_artifact = _of_current_run(Run.log_artifact)
log_code = _of_current_run(Run.log_code)
log_columns = _of_current_run(Run.log_columns)
log_model = _of_current_run(Run.log_model)
mark_preempting = _of_current_run(Run.mark_preempting)
save = _of_current_run(Run.save)
unwatch = _of_current_run(Run.unwatch)
use_artifact = _of_current_run(Run.use_artifact)
use_model = _of_current_run(Run.use_model)
watch = _of_current_run(Run.watch)


def setup(settings: Settings | Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that `init` would use. What is given or set on them holds for all runs that follow.

    Parameters
    ----------
    settings
        Settings for all runs of this process; arguments of `init` and its own `settings` go before them.
    """
    of_process.update(Settings.of(settings).said())
    return settings_of_process({}).note_in(of_process)


def teardown(exit_code: int | None = None) -> None:
    """End every run of this process, and forget what `setup` was told."""
    session.finish_all(exit_code=exit_code)
    of_process.clear()


def require(requirement: str | Sequence[str] | None = None, experiment: str | Sequence[str] | None = None) -> None:
    """Do nothing: what wandb asks to require is the only way here, or not there."""


def login(
    anonymous: str | None = None,
    key: str | None = None,
    relogin: bool | None = None,
    host: str | None = None,
    force: bool | None = None,
    timeout: int | None = None,
    verify: bool | None = None,
    referrer: str | None = None,
    prompt: bool | None = None,
    *,
    url: str | None = None,
) -> bool:
    """Remember the address of a server for all runs of this user, if one is named by `url`.

    Parameters
    ----------
    url
        Address of a server, `http://host:port`; it is written to the user's settings file.
    host
        The address of a server of wandb: nothing goes there, which is said.
    anonymous, key, relogin, force, timeout, verify, referrer, prompt
        Accepted for scripts written for wandb, without effect.

    Returns
    -------
    bool
        True: nobody needs a login. Programs that are told False log nothing.

    Raises
    ------
    UsageError
        If the address is none.
    Error
        If the settings file cannot be written.
    """
    if url:
        remember_url(url)
    elif host and not host.rstrip("/").endswith("wandb.ai"):
        settings = setup()
        place = settings.destination or settings.directory
        Terminal(silent=settings.silent).warn(
            f"login: {host} is a server of wandb's, and is not logged to; runs go to {place}. "
            "`stepwell login URL` or login(url=URL) names a server of stepwell"
        )
    return True


def remember_url(url: str) -> Path:
    """Write the address of a server to the user's settings file, and return where that is."""
    path = settings_files(os.environ)[-1]
    write_setting(path, "url", Settings(url=url).url or "")
    return path
