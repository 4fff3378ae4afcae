"""Definitions of metrics: how one is to be shown and summed up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def over_lives(
    metrics: Sequence[Mapping[str, Any]], earlier: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the summary that are those of earlier lives of a run and of this one together.

    A mean of both is not known before the rows are read: it is that of this life.

    Parameters
    ----------
    metrics
        Arguments of `define_metric` by name, as they were in the earlier lives.
    earlier, now
        The summaries by flat key.
    """
    found = {}
    for name in earlier.keys() & now.keys():
        key, _, kind = name.rpartition(".")
        metric = max(metrics, key=lambda metric: _fit(metric["name"], key))
        if _fit(metric["name"], key) < 0 or kind not in metric.get("summary", ()):
            continue
        if kind == "best":
            kind = "max" if metric.get("goal") == "maximize" else "min"
        numbers = [value for value in (earlier[name], now[name]) if value == value]  # without NaN
        if kind in {"max", "min"} and numbers:
            found[name] = (max if kind == "max" else min)(numbers)
        elif kind == "first":
            found[name] = earlier[name]
    return found


def _fit(name: str, key: str) -> float:
    """Return how closely the name of a definition fits to a key; −1 if it does not stand for it."""
    is_glob = name.endswith("*") and not name.endswith("\\*")
    literal = name.removesuffix("*" if is_glob else "").replace("\\.", ".").replace("\\*", "*")
    if is_glob:
        return len(literal) if key.startswith(literal) else -1
    return math.inf if key == literal else -1
