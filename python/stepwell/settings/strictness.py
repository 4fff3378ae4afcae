"""Strictness: whether what cannot be kept as given is told once, or refused.

A logger must not end the training that it watches. So what cannot be kept as given is kept as near as
possible, and `tell` says so once. The setting `strict` makes an error of each such word; it holds for the
process, because media are made before they belong to a run.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Words that were said. A bound, for words that hold a number.
_told: set[str] = set()
_MOST_TOLD = 1_000

_strict = False


def set_strict(strict: bool) -> None:
    """Say whether this process refuses what cannot be kept as given; `init` does."""
    global _strict
    _strict = strict


def is_strict() -> bool:
    """Return whether this process refuses what cannot be kept as given."""
    return _strict


def tell(key: str, problem: str, remedy: str, error: type[Exception] = ValueError) -> None:
    """Say, once for each problem, that what is kept under a key is not what was given.

    Parameters
    ----------
    key
        The first key that has the problem.
    problem
        What is wrong with its value, as in "has an integer beyond 64 bits"; no part of it changes from value
        to value.
    remedy
        What is done about it, as in "it is stored as the nearest float".
    error
        What is raised instead with the setting `strict`.
    """
    if _strict:
        raise error(f"{key!r} {problem}; nothing of this call was kept, because of the setting `strict`")
    if problem in _told or len(_told) >= _MOST_TOLD:
        return
    _told.add(problem)
    warnings.warn(f"stepwell: {key!r} {problem}; {remedy} (said once)", RuntimeWarning, stacklevel=_caller_level())


def tell_all(key: str, remarks: Iterable[tuple[str, str]]) -> None:
    """Say each problem and its remedy; see `tell`."""
    for problem, remedy in remarks:
        tell(key, problem, remedy)


def _caller_level() -> int:
    """Return how far up the stack of `tell` the line lies that called this package."""
    import inspect

    frame, level = inspect.currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "stepwell":
        frame, level = frame.f_back, level + 1
    return max(level, 1)
