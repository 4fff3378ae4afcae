"""Remarks: how a medium is kept that cannot be kept as it was given, told when it is logged."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

_told: set[str] = set()


def tell(key: str, remarks: Iterable[tuple[str, str]]) -> None:
    """Warn, once for each problem, that what is kept under a key is not what was given.

    Parameters
    ----------
    key
        What it is logged under.
    remarks
        What is wrong, as in "has numbers that are not whole", and what is done, as in "they are rounded".
    """
    for problem, remedy in remarks:
        if problem not in _told:
            _told.add(problem)
            warnings.warn(
                f"stepwell: {key!r} {problem}; {remedy} (said once)", RuntimeWarning, stacklevel=_level_outside()
            )


def _level_outside() -> int:
    """Return the `stacklevel` of the first line outside of this package: the one that logs."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001  the public way builds a list of all frames
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "stepwell":
        level, frame = level + 1, frame.f_back
    return level
