"""Numbers as scripts give them: Python's, numpy's, and tensors of one element."""

from __future__ import annotations

from typing import Any


def plain_number(place: str, given: Any) -> int | float:
    """Return a number as an int or a float.

    Parameters
    ----------
    place
        How errors name the argument.
    given
        A number; not a truth value.

    Raises
    ------
    TypeError
        If it is none.
    """
    number = given
    if not isinstance(number, (int, float)) and hasattr(number, "item"):
        try:
            number = number.item()
        except (TypeError, ValueError, RuntimeError):  # more elements than one
            number = None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{place} must be a number, not {shown(given)}")
    # Subclasses, of which float64 is one, are left behind.
    return int(number) if isinstance(number, int) else float(number)


def whole_number(place: str, given: Any) -> int:
    """Return an integer, also of a float that is one; the errors are those of `plain_number`."""
    number = plain_number(place, given)
    if number % 1 != 0:  # and infinity and NaN
        raise TypeError(f"{place} must be an integer, not {number}")
    return int(number)


def shown(given: Any) -> str:
    """Return a value as errors show it: its text, or where that is long its type."""
    text = repr(given)
    return text if len(text) <= 60 else f"a {type(given).__name__}"
