"""State of a run that exists, where `resume` goes on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, UsageError
from stepwell.settings.naming import LAST_STEP

if TYPE_CHECKING:
    from stepwell.api.api import Api

# Longest wait for the server that knows where to go on.
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class ResumableRun:
    """A run that exists.

    Attributes
    ----------
    next_step
        The step after the last one that this label has written.
    runtime
        How long it has run, in s.
    has_begun
        Whether this label has written to it before.
    name, notes, tags, group, job_type
        What it is called.
    config, summary
        As they are now: values by key, those of the summary by flat key.
    metrics
        What `define_metric` said: its arguments by name, as far as they were given.
    """

    next_step: int
    runtime: float
    has_begun: bool = True
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""
    job_type: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)

    def after(self, step: int) -> ResumableRun:
        """Return it as if it had ended with `step`.

        Raises
        ------
        UsageError
            If it has not come that far.
        """
        if step >= self.next_step:
            raise UsageError(
                f"resume_from: the run's last step is {self.next_step - 1}, so it cannot go on after {step}"
            )
        return replace(self, next_step=step + 1)


def find(api: Api, path: str, label: str) -> ResumableRun | None:
    """Look the run up; None if there is none.

    Each label goes on after its own last step: the other ranks may be further, and may have gone on already.
    A rank that has written nothing begins at 0, because the others may just have begun; a writer without a
    label goes on after all of them.

    Raises
    ------
    CommError
        If the server cannot be reached.
    """
    try:
        run = api.run(path)
    except CommError as error:
        if error.not_found:
            return None
        raise
    said = run.said()
    if label and label not in run.labels:
        return ResumableRun(next_step=0, runtime=0.0, has_begun=False, **said)
    last_step = run.last_step(label if label in run.labels else None)
    # After the greatest step there is none; what is logged without a step joins that one.
    next_step = 0 if last_step is None else min(last_step + 1, LAST_STEP)
    return ResumableRun(next_step, run.runtime, **said)
