"""Definitions of metrics: how one is to be shown and summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stepwell._native import GOALS, SUMMARY_KINDS
from stepwell.errors import UsageError
from stepwell.settings.naming import clean


@dataclass(frozen=True)
class Metric:
    """What `define_metric` said of a metric; see `Run.define_metric` for the fields."""

    name: str
    step_metric: str | None = None
    step_sync: bool | None = None
    hidden: bool | None = None
    summary: tuple[str, ...] = ()
    goal: str | None = None

    @classmethod
    def checked(
        cls,
        name: object,
        step_metric: object,
        step_sync: bool | None,
        hidden: bool | None,
        summary: str | Sequence[str] | None,
        goal: str | None,
    ) -> Metric:
        """Return a definition, or raise `UsageError` if it makes no sense."""
        if isinstance(step_metric, Metric):
            step_metric = step_metric.name
        if not isinstance(name, str) or not name:
            raise UsageError(f"define_metric: name must be a str that is not empty, not {name!r}")
        if "*" in name[:-1].replace("\\*", ""):
            raise UsageError(f"define_metric: {name!r} has a * before its end; a * may only be the last character")
        if step_metric is not None and (not isinstance(step_metric, str) or not step_metric or "*" in step_metric):
            raise UsageError(f"define_metric: step_metric must be the name of one metric, not {step_metric!r}")
        if step_sync and step_metric is None:
            raise UsageError("define_metric: step_sync needs a step_metric")
        if goal is not None and goal not in GOALS:
            raise UsageError(f"define_metric: goal must be {' or '.join(GOALS)}, not {goal!r}")
        name, step_metric = clean(name), None if step_metric is None else clean(step_metric)
        return cls(name, step_metric, step_sync, hidden, _summary(summary), goal)


def _summary(summary: str | Sequence[str] | None) -> tuple[str, ...]:
    if summary is None:
        return ()
    names = summary.split(",") if isinstance(summary, str) else list(summary)
    names = [name.strip() for name in names]
    for name in names:
        if name not in SUMMARY_KINDS:
            raise UsageError(f"define_metric: summary must be of {', '.join(SUMMARY_KINDS)}, not {name!r}")
    return tuple(dict.fromkeys(names))
