"""Difference between values that were read and what they are now, by comparing what would be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = (bool, int, float, str, bytes, list, dict, type(None))


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are new or different, and the keys that are gone."""
    changed = {key: value for key, value in now.items() if key not in before or _differ(before[key], value)}
    return changed, [key for key in before if key not in now]


def _differ(before: Any, now: Any) -> bool:
    if type(before) is not type(now) or not isinstance(now, _PLAIN):
        return True
    from stepwell import _native

    try:
        # Equal means written the same: NaN is itself, 1 is not 1.0.
        return _native.encode(before) != _native.encode(now)
    except (TypeError, ValueError):  # something in it is no plain value, so it was not read
        return True
