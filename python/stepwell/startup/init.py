"""`init`: begins a run."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from stepwell.errors import UsageError
from stepwell.process import session
from stepwell.process.launcher import Launcher
from stepwell.process.terminal import Terminal
from stepwell.runs.run import Run  # noqa: TC001  so that `typing.get_type_hints(init)` finds it
from stepwell.settings.settings import Settings, split_moment
from stepwell.settings.settings_file import settings_of_process
from stepwell.settings.strictness import set_strict
from stepwell.startup.config_source import read_config, read_defaults
from stepwell.startup.run_start import RunStart
from stepwell.values.plain import plain


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002  wandb's name
    id: str | None = None,  # noqa: A002  wandb's name
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Mapping[str, Any] | str | os.PathLike[str] | object | None = None,
    config_exclude_keys: Sequence[str] | None = None,
    config_include_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    reinit: bool | str | None = None,
    resume: bool | str | None = None,
    resume_from: str | None = None,
    fork_from: str | None = None,
    save_code: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    anonymous: str | None = None,
    *,
    url: str | None = None,
    rank: int | None = None,
    label: str | None = None,
    on_full: str | None = None,
    strict_steps: bool | None = None,
    strict: bool | None = None,
) -> Run:
    r"""Begin a run and make it the current one, so that `stepwell.log` writes to it.

    It waits for no network and takes a few milliseconds; only `resume` asks the server where to go on, for 5
    s at most, and `fork_from` reads the rows that it copies. What is not given is taken from `settings`, from
    variables `STEPWELL_*` and `WANDB_*`, from settings files, or from the launcher of a distributed job, in
    this order.

    Parameters
    ----------
    entity
        Owner of the project; `local` by default. At most 128 characters, none of ``/ \ # ? % :``.
    project
        Project of the run; `uncategorized` by default. The same rules.
    dir
        Directory that keeps what is logged; `./stepwell` by default. It is made if it is missing; if it
        cannot be written to, one for temporary files takes its place, with a warning.
    id
        Id of the run; by default 8 random letters and digits, or what the processes of a job share. At most
        128 characters, none of ``: ; , # ? / \ '``. Processes with the same id write to the same run.
    name
        Display name; by default one like `calm-heron-17`.
    notes
        Notes on the run.
    tags
        Tags, 1 to 64 characters each.
    config
        The run's configuration: a dict, a Namespace, a dataclass, flags of absl, or the path of a YAML file.
        What it lacks comes from `config-defaults.yaml` in the working directory, if that is there.
    config_exclude_keys, config_include_keys
        Keys of `config` to leave out, or to take; not both.
    allow_val_change
        Whether keys of the config may change later.
    group
        Group of runs that this one belongs to.
    job_type
        What the run does: `train`, `eval`, …
    mode
        `online` (default): to the server, if there is a `url`; `offline`: to `dir` only; `disabled`: nothing
        is kept.
    reinit
        What to do if a run is in progress: `return_previous` (default), `finish_previous` (default in a
        notebook), `create_new`, which leaves `stepwell.run` and `stepwell.log` with the one that they stand
        for.
    resume
        Whether to go on with the run of this `id`: `allow`: if there is one; `must`; `never`: there may be
        none; `auto`: with the run of this directory that has not ended well. The next step is the one after
        the last, and config, summary, name, notes, tags, group and job type are those of the run, as far as
        nothing else is given.
    settings
        Settings in one object.
    url
        Address of a server, `http://host:port`. Without one the run stays in `dir`.
    rank
        Rank of this process; by default from the launcher. Rank 0 decides how the run ended.
    label
        Tells the writers of a run apart; by default the rank.
    on_full
        What to do without room for a row: `sample` (default): keep a sample; `block`: wait; `raise`.
    strict_steps
        Raise when a step is smaller than the one before, instead of accepting it.
    strict
        Raise for what cannot be kept as given, instead of keeping what is nearest and saying so once. It
        holds for all runs of the process.
    force
        Refuse to begin a run that goes to no server.
    resume_from
        `ID?_step=N`: go on with the run of this id at step N + 1. What was logged for later steps stays until
        the new attempt logs the same steps; then that wins.
    fork_from
        `ID?_step=N`: begin a new run with a copy of that one's config, rows up to step N and their media, and
        go on at step N + 1. The key `forked_from` of the config names the origin.
    save_code
        Save the script that runs as `code/…`.
    tensorboard, sync_tensorboard
        Log what the writers of TensorBoard write, too.
    monitor_gym
        Log the videos that gym's and gymnasium's recorders make, under `videos`.
    anonymous
        Accepted for scripts written for wandb, without effect.

    Returns
    -------
    Run
        The new run, or the one in progress (see `reinit`).

    Raises
    ------
    UsageError
        For an argument that makes no sense, an id that this process writes to already, or a run to resume
        while another one is active. Nothing was begun.
    ValueError
        If a value of the config is nested too deep, or holds itself; it names the key. Nothing was begun.
    Error
        If neither `dir` nor a directory for temporary files can be written to. Nothing was begun.
    CommError
        If `resume="must"`, `resume_from` or `fork_from` is given and the server cannot be reached.
    """
    arguments: dict[str, Any] = {
        "entity": entity, "project": project, "dir": None if dir is None else os.fspath(dir), "id": id, "name": name,
        "notes": notes, "tags": tags, "allow_val_change": allow_val_change, "group": group, "job_type": job_type,
        "mode": mode, "force": force, "reinit": reinit, "resume": resume, "resume_from": resume_from,
        "fork_from": fork_from, "save_code": save_code, "monitor_gym": monitor_gym, "url": url, "rank": rank,
        "sync_tensorboard": tensorboard if sync_tensorboard is None else sync_tensorboard, "label": label,
        "on_full": on_full, "strict_steps": strict_steps, "strict": strict,
    }  # fmt: skip
    resolved = _resolved(arguments, settings)
    set_strict(resolved.strict)
    values: dict[str, Any] = {}
    # Nothing that a run is given which keeps nothing is wrong.
    with contextlib.suppress(*([Exception] if resolved.mode == "disabled" else [])):
        _check_together(resolved)
        # Converted before anything is begun or ended: what cannot be stored is an error of this call.
        given = read_defaults(resolved.config_paths, Terminal(silent=resolved.silent).warn)
        given |= read_config(config, config_include_keys, config_exclude_keys)
        values = {key: plain(value, _media_later, f"config.{key}") for key, value in given.items()}
    with session.beginning:
        # What the process began that this one was forked from is not its own.
        previous = [each for each in session.unfinished() if not each.is_inherited]
        if previous:
            what = resolved.reinit
            if what == "default":
                what = "finish_previous" if _in_notebook() else "return_previous"
            if what == "return_previous":
                _check_is_wanted(resolved, previous[-1])
                return previous[-1]
            if what == "finish_previous":
                session.finish_all()
        return RunStart(resolved, Launcher.from_environment(os.environ)).begin(values)


def _resolved(arguments: Mapping[str, Any], settings: Settings | Mapping[str, Any] | None) -> Settings:
    """Return the settings that hold; for a run that keeps nothing without those that make no sense."""
    try:
        return settings_of_process(arguments, settings)
    except UsageError:
        resolved = settings_of_process({"mode": arguments["mode"] or getattr(settings, "mode", None)})
        if resolved.mode != "disabled":
            raise
    for name, value in arguments.items():
        if value is not None:
            with contextlib.suppress(UsageError):
                setattr(resolved, name, value)
    return resolved


def _check_together(settings: Settings) -> None:
    """Raise `UsageError` for settings that exclude each other."""
    if settings.force and not settings.url and settings.mode == "online":
        raise UsageError("force=True needs a server: pass url= or set STEPWELL_URL")
    if settings.force and settings.mode == "offline":
        raise UsageError('force=True and mode="offline" exclude each other')
    chosen = [name for name in ("resume", "resume_from", "fork_from") if getattr(settings, name) is not None]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other; pass one of them")
    if settings.resume_from is not None:
        run_id = split_moment("resume_from", settings.resume_from)[0]
        if settings.id not in {None, run_id}:
            raise UsageError(f"id={settings.id!r} and resume_from={settings.resume_from!r} name different runs")


def _check_is_wanted(settings: Settings, active: Run) -> None:
    """Raise `UsageError` if a certain other run is to go on, and not the one that is active."""
    if settings.resume == "must" or settings.resume_from is not None:
        wanted = settings.id if settings.resume_from is None else split_moment("resume_from", settings.resume_from)[0]
        if wanted != active.id:
            raise UsageError(
                f"run {wanted or '(no id given)'} cannot be resumed while run {active.path} is active; finish that "
                'first, or pass reinit="finish_previous" or "create_new"'
            )


def _media_later(media: Any) -> Any:
    """Leave media in a config as they are: their files need the writer."""
    return media


def _in_notebook() -> bool:
    get_ipython = vars(builtins).get("get_ipython") or vars(sys.modules["__main__"]).get("get_ipython")
    # Colab and others have shells of their own, made from Jupyter's.
    kinds = () if get_ipython is None else type(get_ipython()).__mro__
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in kinds)
