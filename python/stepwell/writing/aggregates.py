"""Aggregates for the summary of a disabled run; a run that is kept has them natively."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any


class Aggregates:
    """Sums up the values of keys, and says which of the sums a summary holds.

    A definition holds for the key of its name, or, with a `*` at its end, for the keys that begin with it;
    the exact name counts before the longest beginning.
    """

    def __init__(self) -> None:
        self._definitions: dict[str, tuple[tuple[str, ...], str | None]] = {}
        self._sums: dict[str, dict[str, Any]] = {}

    def define(self, name: str, summary: Sequence[str], goal: str | None) -> None:
        """Remember what a metric's summary is to hold."""
        if summary:
            self._definitions[name.replace("\\.", ".")] = (tuple(summary), goal)

    def see(self, key: str, value: Any) -> None:
        """Take in a value of a key."""
        sums = self._sums.setdefault(key, {"first": value, "count": 0, "sum": 0.0})
        sums["last"] = value
        if isinstance(value, Real) and not math.isnan(value):
            sums["count"] += 1
            sums["sum"] += value
            sums["min"] = min(value, sums.get("min", value))
            sums["max"] = max(value, sums.get("max", value))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys in the order in which they came."""
        return iter(list(self._sums))

    def summary(self, key: str) -> dict[str, Any]:
        """Return what the summary holds of a key, by its own key."""
        sums = self._sums[key]
        kinds, goal = self._definition(key)
        if not kinds:
            return {key: sums["last"]}
        if "none" in kinds:
            return {}
        sums["mean"] = sums["sum"] / sums["count"] if sums["count"] else math.nan
        sums["best"] = sums.get("max" if goal == "maximize" else "min")
        held = {f"{key}.{kind}": sums[kind] for kind in kinds if kind != "copy" and sums.get(kind) is not None}
        return {key: sums["last"], **held} if "copy" in kinds else held

    def _definition(self, key: str) -> tuple[tuple[str, ...], str | None]:
        if key in self._definitions:
            return self._definitions[key]
        globs = [name for name in self._definitions if name.endswith("*") and key.startswith(name[:-1])]
        return self._definitions[max(globs, key=len)] if globs else ((), None)
