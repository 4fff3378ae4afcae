"""Joining a run that another process began: by its pickle, or by its id."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import UsageError
from stepwell.process import process_end, session
from stepwell.process.terminal import Terminal
from stepwell.runs.run import Run
from stepwell.settings.settings_file import settings_of_process
from stepwell.writing.writer import WriterOptions

if TYPE_CHECKING:
    from stepwell._native import SpoolOpening
    from stepwell.settings.settings import Settings


@dataclass(frozen=True)
class Attachment:
    """What another process needs to write to a run.

    Attributes
    ----------
    options
        How the run's first process writes.
    settings
        Its settings.
    name, notes, tags, group, job_type
        What it is called now.
    config
        Its config.
    finished
        Whether it is over.
    """

    options: WriterOptions
    settings: Settings
    name: str
    notes: str
    tags: tuple[str, ...]
    group: str
    job_type: str
    config: dict[str, Any]
    finished: bool

    @classmethod
    def of(cls, run: Run) -> Attachment:
        """Describe a run of this process."""
        said = run.name, run.notes, run.tags, run.group, run.job_type
        return cls(run.options, run.settings, *said, run.config.as_dict(), run.is_finished)

    def join(self) -> Run:
        """Return the run: this process's own if it has it, else a writer to it that begins with its first use."""
        options = self.options
        for each in reversed(session.unfinished()):
            if (each.path, each.directory) == (
                (f"{options.entity}/{options.project}/{options.run}"),
                options.directory,
            ):
                return each
        terminal = Terminal(silent=self.settings.silent, quiet=self.settings.quiet)
        run = Run(options, self.settings, terminal, is_child=True)
        run.remember(self.name, self.notes, self.tags, self.group, self.job_type, self.config)
        if self.finished:
            run.finish()
        else:
            session.enter(run)
            process_end.watch()
        return run


def attach(run_id: str, project: str | None = None, entity: str | None = None) -> Run:
    """Write to a run that another process of this machine began; `pickle` takes along more of it.

    Parameters
    ----------
    run_id
        Id of the run.
    project, entity
        Where it is, if several runs of this directory have the id.

    Raises
    ------
    UsageError
        If the settings' directory holds no such run.
    """
    arguments = {"id": run_id, "project": project, "entity": entity}
    settings = settings_of_process(arguments)
    directory = str(Path(settings.dir).expanduser().absolute())
    for each in reversed(session.unfinished()):
        if each.id == run_id and project in {None, each.project} and entity in {None, each.entity}:
            return each
    stream = _stream(directory, run_id, project, entity)
    options = WriterOptions(
        directory=directory,
        entity=stream["entity"],
        project=stream["project"],
        run=run_id,
        label=stream["label"],
        rank=None,
        primary=False,
        attempt=0,
        runtime_offset=0.0,
        host=os.uname().nodename,
        destination=stream["destination"],
        start_step=0,
        on_full=settings.on_full,
        strict_steps=settings.strict_steps,
        queue_bytes=settings.queue_bytes,
        spool_bytes=settings.spool_bytes,
        summary_follows_log=settings.summary_follows_log,
        max_keys=settings.max_keys,
    )
    return Attachment(options, settings, settings.name or run_id, "", (), "", "", {}, finished=False).join()


def _stream(directory: str, run_id: str, project: str | None, entity: str | None) -> SpoolOpening:
    from stepwell import _native

    found = [
        each
        for each in _native.spool_openings(directory)
        if each["run"] == run_id and project in {None, each["project"]} and entity in {None, each["entity"]}
    ]
    paths = sorted({f"{each['entity']}/{each['project']}/{run_id}" for each in found})
    if not found:
        raise UsageError(f"attach: {directory} holds no run {run_id!r} that is being written")
    if len(paths) > 1:
        raise UsageError(f"attach: several runs have the id {run_id!r}: {', '.join(paths)}; pass project= and entity=")
    return max(found, key=lambda each: (each["live"], each["attempt"]))
