"""`attach`: joins a run that another process began, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.errors import UsageError
from stepwell.process import session
from stepwell.runs.attachment import Attachment
from stepwell.runs.run import Run
from stepwell.settings.settings_file import settings_of_process
from stepwell.writing.options import WriterOptions

if TYPE_CHECKING:
    from stepwell._native import SpoolOpening


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
    directory = str(settings.directory)
    for each in reversed(session.unfinished()):
        if each.id == run_id and project in {None, each.project} and entity in {None, each.entity}:
            return each
    stream = _stream(directory, run_id, project, entity)
    options = WriterOptions.of(
        settings,
        (stream["entity"], stream["project"], run_id),
        label=stream["label"],
        destination=stream["destination"],
        discard=settings.mode == "disabled",
    )
    return Run.joined(Attachment(options, settings, settings.name or run_id, "", (), "", "", {}, finished=False))


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
