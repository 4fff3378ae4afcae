"""Pickle of a `Run`: what another process needs to write to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepwell.runs.run import Run
    from stepwell.settings.settings import Settings
    from stepwell.writing.options import WriterOptions


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
