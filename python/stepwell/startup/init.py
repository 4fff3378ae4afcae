"""`init`: begins a run."""

from __future__ import annotations

import builtins
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, Error, UsageError
from stepwell.process import process_end, session
from stepwell.process.launcher import Launcher
from stepwell.process.terminal import Terminal, quoted
from stepwell.runs.run import Run
from stepwell.settings import naming
from stepwell.settings.settings import split_moment
from stepwell.settings.settings_file import settings_of_process
from stepwell.values.plain import plain
from stepwell.writing.manifest import Manifest
from stepwell.writing.writer import WriterOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.settings.settings import Settings
    from stepwell.startup.fork import Origin
    from stepwell.startup.resume import EarlierRun

# Runs that this process has begun, so that the ranks of a job agree on the id of each one.
_begun = 0


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
) -> Run:
    r"""Begin a run and make it the current one, so that `stepwell.log` writes to it.

    It waits for no network and takes a few milliseconds; only `resume` asks the server where to go on, for 5 s at most,
    and `fork_from` reads the rows that it copies.
    What is not given is taken from `settings`, from variables `STEPWELL_*` and `WANDB_*`, from settings files, or from
    the launcher of a distributed job, in this order.

    Parameters
    ----------
    entity
        Owner of the project; `local` by default. At most 128 characters, none of ``/ \ # ? % :``.
    project
        Project of the run; `uncategorized` by default. The same rules.
    dir
        Directory that keeps what is logged; `./stepwell` by default. It is made if it is missing.
    id
        Id of the run; by default 8 random letters and digits, or what the processes of a job share. At most 128
        characters, none of ``: ; , # ? / \ '``. Processes with the same id write to the same run.
    name
        Display name; by default one like `calm-heron-17`.
    notes
        Notes on the run.
    tags
        Tags, 1 to 64 characters each.
    config
        The run's configuration: a dict, a Namespace, a dataclass, flags of absl, or the path of a YAML file.
    config_exclude_keys, config_include_keys
        Keys of `config` to leave out, or to take; not both.
    allow_val_change
        Whether keys of the config may change later.
    group
        Group of runs that this one belongs to.
    job_type
        What the run does: `train`, `eval`, …
    mode
        `online` (default): to the server, if there is a `url`; `offline`: to `dir` only; `disabled`: nothing is kept.
    reinit
        What to do if a run is in progress: `return_previous` (default), `finish_previous` (default in a notebook),
        `create_new`, which leaves `stepwell.run` and `stepwell.log` with the one that they stand for.
    resume
        Whether to go on with the run of this `id`: `allow`: if there is one; `must`; `never`: there may be none;
        `auto`: with the run of this directory that has not ended well. The next step is the one after the last, and
        config, summary, name, notes, tags, group and job type are those of the run, as far as nothing else is given.
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
    force
        Refuse to begin a run that goes to no server.
    resume_from
        `ID?_step=N`: go on with the run of this id at step N + 1. What was logged for later steps stays until the new
        attempt logs the same steps; then that wins.
    fork_from
        `ID?_step=N`: begin a new run with a copy of that one's config, rows up to step N and their media, and go on at
        step N + 1. The key `forked_from` of the config names the origin.
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
        For an argument that makes no sense, or an id that this process writes to already. Nothing was begun.
    ValueError
        If a value of the config is nested too deep, or holds itself; it names the key. Nothing was begun.
    Error
        If `dir` cannot be written to. Nothing was begun.
    CommError
        If `resume="must"`, `resume_from` or `fork_from` is given and the server cannot be reached.
    """
    arguments: dict[str, Any] = {
        "entity": entity, "project": project, "dir": None if dir is None else os.fspath(dir), "id": id, "name": name,
        "notes": notes, "tags": tags, "allow_val_change": allow_val_change, "group": group, "job_type": job_type,
        "mode": mode, "force": force, "reinit": reinit, "resume": resume, "resume_from": resume_from,
        "fork_from": fork_from, "save_code": save_code, "monitor_gym": monitor_gym, "url": url, "rank": rank,
        "sync_tensorboard": tensorboard if sync_tensorboard is None else sync_tensorboard, "label": label,
        "on_full": on_full, "strict_steps": strict_steps,
    }  # fmt: skip
    resolved = settings_of_process(arguments, settings)
    _check_together(resolved)
    values: dict[str, Any] = {}
    if config is not None or config_include_keys is not None or config_exclude_keys is not None:
        from stepwell.startup.config_source import read_config

        # Converted before anything is begun or ended: what cannot be stored is an error of this call.
        given = read_config(config, config_include_keys, config_exclude_keys)
        values = {key: plain(value, _media_later, f"config.{key}") for key, value in given.items()}
    # What the process began that this one was forked from is not its own.
    previous = [each for each in session.unfinished() if not each.is_inherited]
    if previous:
        what = resolved.reinit
        if what == "default":
            what = "finish_previous" if _in_notebook() else "return_previous"
        if what == "return_previous":
            return previous[-1]
        if what == "finish_previous":
            session.finish_all()
    return _Beginning(resolved, Launcher.from_environment(os.environ)).run(values)


@dataclass
class _Beginning:
    """The steps from settings to a run."""

    settings: Settings
    launcher: Launcher

    def run(self, config: Mapping[str, Any]) -> Run:
        """Begin the run."""
        global _begun
        settings = self.settings
        terminal = Terminal(silent=settings.silent, quiet=settings.quiet)
        directory = Path(settings.dir).expanduser().absolute()
        disabled = settings.mode == "disabled"
        if not disabled:
            _make_directory(directory)
        manifest = Manifest(directory)
        run_id, is_new = self._run_id(manifest)
        rank = self.launcher.rank if settings.rank is None else settings.rank
        label = self._label(rank)
        destination = settings.url if settings.url and settings.mode == "online" else ""
        if not disabled:
            self._check_not_in_use(directory, run_id, label)
        found = None if is_new or disabled else self._earlier(directory, destination, run_id, label, terminal)
        origin = None if disabled else self._origin(directory, destination)
        options = WriterOptions(
            directory=str(directory),
            entity=settings.entity,
            project=settings.project,
            run=run_id,
            label=label,
            rank=rank,
            # A rank that shares its run with nobody is the one that decides how it ended.
            primary=settings.primary and (is_new or rank in {None, 0}),
            attempt=0 if is_new or disabled else self._attempt(manifest, directory, run_id, label),
            runtime_offset=found.runtime if found else 0.0,
            host=os.uname().nodename,
            destination=destination or "",
            start_step=found.next_step if found else 0,
            on_full=settings.on_full,
            strict_steps=settings.strict_steps,
            queue_bytes=settings.queue_bytes,
            spool_bytes=settings.spool_bytes,
            summary_follows_log=settings.summary_follows_log,
            max_keys=settings.max_keys,
        )
        try:
            new = Run(options, settings, terminal)
        except OSError as error:
            raise _cannot_write(directory, error) from error
        try:
            if not disabled and options.primary and (is_new or settings.resume == "auto"):
                manifest.begin(settings.entity, settings.project, run_id)
            self._describe(new, options, config, found)
            if origin is not None:
                origin.copy_to(new)
        except BaseException:
            new.abandon()
            raise
        _begun += 1
        if settings.reinit == "create_new":
            session.enter_aside(new)
        else:
            session.enter(new)
        process_end.watch()
        if not disabled:
            _greet(new, terminal, options.primary)
            if destination:
                from stepwell.startup.unreachable import warn_when_unreachable

                warn_when_unreachable(new, terminal)
        return new

    def _label(self, rank: int | None) -> str:
        if self.settings.label is not None:
            return self.settings.label
        if rank is not None:
            return str(rank)
        # One of many workers of a shared run: their rows must not take the place of each other's.
        return "" if self.settings.primary else f"worker-{naming.new_run_id()}"

    def _check_not_in_use(self, directory: Path, run_id: str, label: str) -> None:
        """Raise `UsageError` if this process writes to the run already, under the same label."""
        path = f"{self.settings.entity}/{self.settings.project}/{run_id}"
        for each in session.unfinished():
            mine = not (each.is_inherited or each.disabled)
            if mine and (each.path, each.label, each.directory) == (path, label, str(directory)):
                raise UsageError(
                    f"the id {run_id!r} is in use: this process writes to run {path} already. Finish that run first, "
                    "choose another id, or tell the writers apart with label="
                )

    def _run_id(self, manifest: Manifest) -> tuple[str, bool]:
        """Return the id, and whether it is one that nobody can have used before."""
        settings = self.settings
        if settings.resume_from is not None:
            return split_moment("resume_from", settings.resume_from)[0], False
        if settings.id is not None:
            return settings.id, False
        if settings.resume == "auto":
            unfinished = manifest.unfinished_run(settings.entity, settings.project)
            if unfinished is not None:
                return unfinished, False
        if settings.resume == "must":
            raise UsageError('resume="must" needs the id of the run: pass id= or set STEPWELL_RUN_ID')
        shared = self.launcher.shared_run_id(settings.project, _begun)
        return (shared, False) if shared else (naming.new_run_id(), True)

    def _earlier(
        self, directory: Path, destination: str, run_id: str, label: str, terminal: Terminal
    ) -> EarlierRun | None:
        """Find the run to go on with, as `resume` says."""
        resume_from = self.settings.resume_from
        resume = "must" if resume_from else self.settings.resume
        if resume is None:
            return None
        from stepwell.api import Api
        from stepwell.startup import resume as earlier

        path = f"{self.settings.entity}/{self.settings.project}/{run_id}"
        api = Api(destination or str(directory), timeout=earlier.TIMEOUT_SECONDS)
        try:
            found = earlier.find(api, path, label)
        except CommError as error:
            if resume == "must":
                raise
            terminal.warn(
                f"whether run {path} exists is not known: {error} It begins at step 0, and knows nothing of an earlier "
                "config, summary or tags; tags that are set replace earlier ones."
            )
            return None
        finally:
            api.close()
        if resume == "must" and found is None:
            raise UsageError(f'resume="must" or resume_from, but there is no run {path} to go on with')
        if resume == "never" and found is not None:
            raise UsageError(f'resume="never", but run {path} exists; choose another id')
        if resume_from and found is not None:
            return found.after(split_moment("resume_from", resume_from)[1])
        return found

    def _attempt(self, manifest: Manifest, directory: Path, run_id: str, label: str) -> int:
        """Count this life of the label: higher than every earlier one that this directory or the launcher knows of."""
        from stepwell import _native

        settings = self.settings
        path = (settings.entity, settings.project, run_id, label)
        try:
            seen = _native.greatest_attempt(str(directory), *path)
            least = max(self.launcher.restarts, 0 if seen is None else seen + 1)
            return manifest.next_attempt(*path, least=least)
        except OSError as error:
            raise _cannot_write(directory, error) from error

    def _origin(self, directory: Path, destination: str) -> Origin | None:
        if self.settings.fork_from is None:
            return None
        from stepwell.startup.fork import Origin

        run_id, step = split_moment("fork_from", self.settings.fork_from)
        path = f"{self.settings.entity}/{self.settings.project}/{run_id}"
        origin = Origin(destination or str(directory), path, step)
        origin.check()
        return origin

    def _describe(self, new: Run, options: WriterOptions, config: Mapping[str, Any], found: EarlierRun | None) -> None:
        """Write what `init` was told of the run. The name that follows from the id is given to a new run only."""
        if found is not None:
            new.take_up(found)
        first = options.primary and options.attempt == 0 and (found is None or not found.name)
        new.describe(default_name=naming.run_name(options.run), first=first)
        # What `init` is told goes before what the run knows.
        new.config.update(config, allow_val_change=None if found is None else True)
        if self.settings.save_code and options.primary:
            new.save_script()
        if self.settings.monitor_gym:
            from stepwell.startup import gym

            gym.record_videos()
        if self.settings.sync_tensorboard:
            from stepwell import tensorboard

            tensorboard.patch()


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


def _make_directory(directory: Path) -> None:
    if naming.clean(str(directory)) != str(directory):
        raise _cannot_write(directory, "its path is no text in UTF-8")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(directory, error) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise _cannot_write(directory, "permission denied")


def _cannot_write(directory: Path, why: object) -> Error:
    reason = why.strerror or why if isinstance(why, OSError) else why
    return Error(
        f"the directory {directory} cannot be written to: {reason}. Nothing was begun. "
        "Name another one with init(dir=…) or STEPWELL_DIR, or use mode='disabled'."
    )


def _greet(run: Run, terminal: Terminal, primary: bool) -> None:
    if not primary:
        return
    where = run.url or quoted(run.directory)
    going_on = f", from step {run.step}" if run.resumed else ""
    terminal.say(
        f"run {run.name} ({run.path}){going_on}; look at it with: " + (where if run.url else f"stepwell ui {where}")
    )


def _media_later(media: Any) -> Any:
    """Leave media in a config as they are: their files need the writer."""
    return media


def _in_notebook() -> bool:
    get_ipython = vars(builtins).get("get_ipython") or vars(sys.modules["__main__"]).get("get_ipython")
    return get_ipython is not None and type(get_ipython()).__name__ == "ZMQInteractiveShell"
