"""The steps of `init` from settings to a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.errors import CommError, Error, UsageError
from stepwell.process import process_end, session
from stepwell.process.terminal import Terminal, quoted
from stepwell.runs.run import Run
from stepwell.settings import naming
from stepwell.settings.settings import split_moment
from stepwell.writing.manifest import Manifest
from stepwell.writing.options import WriterOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stepwell.process.launcher import Launcher
    from stepwell.settings.settings import Settings
    from stepwell.startup.fork import Origin
    from stepwell.startup.resume import ResumableRun

# Runs that this process has begun, so that the ranks of a job agree on the id of each one.
_begun = 0


@dataclass
class RunStart:
    """The steps from settings to a run."""

    settings: Settings
    launcher: Launcher

    def begin(self, config: Mapping[str, Any]) -> Run:
        """Begin the run."""
        global _begun
        disabled = self.settings.mode == "disabled"
        terminal = Terminal(silent=self.settings.silent or disabled, quiet=self.settings.quiet)
        if not disabled:
            self._find_place(terminal)
        settings = self.settings
        directory, destination = settings.directory, settings.destination
        manifest = Manifest(directory)
        run_id, is_new = self._run_id(manifest)
        settings.id = run_id  # which `run.settings` tells
        rank = self.launcher.rank if settings.rank is None else settings.rank
        label = self._label(rank)
        if not disabled:
            self._check_not_in_use(directory, run_id, label)
        found = None if is_new or disabled else self._run_to_resume(directory, destination, run_id, label, terminal)
        origin = None if disabled else self._origin(directory, destination)
        options = WriterOptions.of(
            settings,
            (settings.entity, settings.project, run_id),
            label=label,
            rank=rank,
            # A rank that shares its run with nobody is the one that decides how it ended.
            primary=settings.primary and (is_new or rank in {None, 0}),
            attempt=0 if is_new or disabled else self._attempt(manifest, directory, run_id, label),
            runtime_offset=found.runtime if found else 0.0,
            start_step=found.next_step if found else 0,
            discard=disabled,
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

    def _find_place(self, terminal: Terminal) -> None:
        """Make the directory; where it cannot be written to, one for temporary files takes its place."""
        directory = self.settings.directory
        why = _make_directory(directory)
        if why is None:
            return
        if self.settings.strict:
            raise _cannot_write(directory, why)
        import tempfile

        try:
            # One for each user, so that the ranks of a job and a resumed run find the same.
            place = Path(tempfile.gettempdir(), f"stepwell-{os.getuid()}")
            if _make_directory(place) is not None or place.is_symlink() or place.stat().st_uid != os.getuid():
                place = Path(tempfile.mkdtemp(prefix="stepwell-"))
        except OSError:
            raise _cannot_write(directory, why) from None
        terminal.warn(f"the directory {directory} cannot be written to: {why}. The run is kept in {place}.")
        self.settings.dir = str(place)

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
        # A group is how ranks that are runs of their own belong together.
        shared = None if settings.group else self.launcher.shared_run_id(settings.project, _begun)
        return (shared, False) if shared else (naming.new_run_id(), True)

    def _run_to_resume(
        self, directory: Path, destination: str, run_id: str, label: str, terminal: Terminal
    ) -> ResumableRun | None:
        """Find the run to go on with, as `resume` says."""
        resume_from = self.settings.resume_from
        resume = "must" if resume_from else self.settings.resume
        if resume is None:
            return None
        from stepwell.api import Api
        from stepwell.startup.resume import TIMEOUT_SECONDS, find

        path = f"{self.settings.entity}/{self.settings.project}/{run_id}"
        api = Api(destination or str(directory), timeout=TIMEOUT_SECONDS)
        try:
            found = find(api, path, label)
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
        """Count this life of the label: higher than all that this directory or the launcher knows of."""
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

    def _describe(
        self, new: Run, options: WriterOptions, config: Mapping[str, Any], found: ResumableRun | None
    ) -> None:
        """Write what `init` was told of the run. Only a new run gets the name that follows from the id."""
        if found is not None:
            new.resume(found)
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


def _make_directory(directory: Path) -> str | None:
    """Make a directory, and return why it cannot be written to; None if it can."""
    if naming.clean(str(directory)) != str(directory):
        return "its path is no text in UTF-8"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return None if os.access(directory, os.W_OK | os.X_OK) else "permission denied"


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
