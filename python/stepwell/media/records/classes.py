"""The names of classes, by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepwell.media.encoding.number import whole_number


class Classes:
    """Which class has which name: for images with masks or boxes.

    Parameters
    ----------
    class_set
        A list of `{"id": number, "name": text}`.

    Raises
    ------
    TypeError
        If it is anything else.
    """

    def __init__(self, class_set: Sequence[Mapping[str, Any]]) -> None:
        if isinstance(class_set, (str, Mapping)) or not isinstance(class_set, Sequence):
            raise TypeError(f'classes must be a list of {{"id", "name"}}, not {type(class_set).__name__}')
        self._class_set = [_class(index, each) for index, each in enumerate(class_set)]

    @property
    def class_set(self) -> list[dict[str, Any]]:
        """The classes, as `{"id", "name"}`."""
        return [dict(each) for each in self._class_set]

    def __repr__(self) -> str:
        return f"Classes({self._class_set!r})"


def _class(index: int, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping) or not {"id", "name"} <= given.keys():
        raise TypeError(f'classes[{index}] must be a dict with "id" and "name", not {given!r}')
    return {"id": whole_number(f'classes[{index}]["id"]', given["id"]), "name": str(given["name"])}


def class_labels(place: str, given: Any) -> dict[str, str]:
    """Return names of classes as they are stored: by the number, as text, because JSON has no other keys.

    Parameters
    ----------
    place
        How errors name the argument.
    given
        A dict of numbers to names; None has no names.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"{place} must be a dict of numbers to names, not {type(given).__name__}")
    labels = {}
    for number, name in given.items():
        # What was read from JSON has its numbers as text.
        is_text = isinstance(number, str) and number.lstrip("-").isdigit()
        labels[str(int(number) if is_text else whole_number(f"{place} has a key that", number))] = str(name)
    return labels
