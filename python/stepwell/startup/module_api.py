"""Functions of the package that are methods of the current run, and those that need no run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.process import session
from stepwell.settings.settings import Settings
from stepwell.settings.settings_file import settings_files, settings_of_process, write_setting

if TYPE_CHECKING:
    from stepwell.files.artifact import Artifact
    from stepwell.runs.alert import AlertLevel
    from stepwell.runs.watch import What


def log_columns(columns: Mapping[str, Any], steps: Any = None) -> None:
    """Log many rows in one call: `Run.log_columns` of the current run."""
    session.current("log_columns()").log_columns(columns, steps)


def watch(
    models: Any,
    criterion: Any = None,
    log: What | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> None:
    """Log histograms of gradients or parameters: `Run.watch` of the current run."""
    session.current("watch()").watch(models, criterion, log, log_freq, idx, log_graph)


def unwatch(models: Any = None) -> None:
    """Take back what `watch` did: `Run.unwatch` of the current run."""
    session.current("unwatch()").unwatch(models)


def save(
    glob_str: str | os.PathLike[str],
    base_path: str | os.PathLike[str] | None = None,
    policy: str = "live",
    glob: bool = True,
) -> list[str]:
    """Save files with the run: `Run.save` of the current run."""
    return session.current("save()").save(glob_str, base_path, policy, glob)


def alert(title: str, text: str = "", level: AlertLevel | str | None = None, wait_duration: Any = None) -> None:
    """Log and print a message that somebody should see: `Run.alert` of the current run."""
    session.current("alert()").alert(title, text, level, wait_duration)


def log_artifact(
    artifact_or_path: Artifact | str | os.PathLike[str],
    name: str | None = None,
    type: str | None = None,  # noqa: A002  wandb's name
    aliases: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> Artifact:
    """Store an artifact with the run: `Run.log_artifact` of the current run."""
    return session.current("log_artifact()").log_artifact(artifact_or_path, name, type, aliases, tags)


def log_model(path: str | os.PathLike[str], name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
    """Store the files of a model: `Run.log_model` of the current run."""
    return session.current("log_model()").log_model(path, name, aliases)


def log_code(
    root: str | os.PathLike[str] = ".",
    name: str | None = None,
    include_fn: Callable[[str], bool] = lambda path: path.endswith(".py"),
    exclude_fn: Callable[[str], bool] = lambda path: False,
) -> list[str]:
    """Save the code below a directory: `Run.log_code` of the current run."""
    return session.current("log_code()").log_code(root, name, include_fn, exclude_fn)


def use_artifact(*arguments: Any, **more: Any) -> NoReturn:
    """Raise UnsupportedError: see `Run.use_artifact`."""
    session.current("use_artifact()").use_artifact(*arguments, **more)


def use_model(*arguments: Any, **more: Any) -> NoReturn:
    """Raise UnsupportedError: see `Run.use_artifact`."""
    session.current("use_model()").use_model(*arguments, **more)


def link_artifact(*arguments: Any, **more: Any) -> NoReturn:
    """Raise UnsupportedError: there is no registry."""
    session.current("link_artifact()").link_artifact(*arguments, **more)


def link_model(*arguments: Any, **more: Any) -> NoReturn:
    """Raise UnsupportedError: there is no registry."""
    session.current("link_model()").link_model(*arguments, **more)


def mark_preempting() -> None:
    """Do nothing: `Run.mark_preempting` of the current run."""
    session.current("mark_preempting()").mark_preempting()


def setup(settings: Settings | Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that `init` would use; there is nothing to set up."""
    return settings_of_process({}, settings)


def teardown(exit_code: int | None = None) -> None:
    """End every run of this process."""
    session.finish_all(exit_code=exit_code)


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
    *,
    url: str | None = None,
) -> bool:
    """Remember the address of a server for all runs of this user.

    Parameters
    ----------
    url, host
        Address of a server, `http://host:port`; it is written to the user's settings file. A host of wandb is
        ignored.
    anonymous, key, relogin, force, timeout, verify, referrer
        Accepted for scripts written for wandb, without effect.

    Returns
    -------
    bool
        Whether runs go to a server; without one they stay in their directory, and need no login.

    Raises
    ------
    UsageError
        If the address is none.
    Error
        If the settings file cannot be written.
    """
    address = url or host
    if address and not address.rstrip("/").endswith("wandb.ai"):
        remember_url(address)
    return setup().url is not None


def remember_url(url: str) -> Path:
    """Write the address of a server to the user's settings file, and return where that is."""
    path = settings_files(os.environ)[-1]
    write_setting(path, "url", Settings(url=url).url or "")
    return path
