"""Layout of a key's values in Arrow and Parquet: one typed column, and one of JSON for what does not fit.

The typed column has the type that most readers want. Where a row has both, the JSON is the exact value
(docs/export.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stepwell.values.json_form import dumps

# From the first to the last choice for the typed column of a key. An integer among floats is stored as a
# float, and exactly as JSON.
_CHOICES = ("float", "int", "string", "bool", "binary", "floats", "ints", "strings", "bools")
_LISTS = {int: "ints", float: "floats", str: "strings", bool: "bools"}
_SCALARS = {int: "int", float: "float", bool: "bool", bytes: "binary"}
EMPTY_LIST, JSON = "empty", "json"


def sort_of(value: Any) -> str:
    """Return the sort of a value: one of a typed column, `empty` for a list without elements, or `json`."""
    kind = type(value)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind is str:
        return "string" if _is_unicode(value) else JSON
    if kind is not list:
        return JSON
    if not value:
        return EMPTY_LIST
    kinds = set(map(type, value))
    sort = _LISTS.get(kinds.pop(), JSON) if len(kinds) == 1 else JSON
    return JSON if sort == "strings" and not all(map(_is_unicode, value)) else sort


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold it; it cannot hold lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class KeyLayout:
    """The columns of one key.

    Attributes
    ----------
    typed
        Sort of the typed column, None without one.
    has_json
        Whether there is a column of JSON.
    """

    typed: str | None
    has_json: bool

    @classmethod
    def of(cls, sorts: Iterable[str]) -> KeyLayout:
        """Return the layout that holds values of these sorts."""
        found = set(sorts)
        typed = next((each for each in _CHOICES if each in found), None)
        held = {typed, EMPTY_LIST} if typed in _LISTS.values() else {typed}
        return cls(typed, bool(found - held))

    def cells(self, values: Iterable[Any]) -> tuple[list[Any], list[str | None]]:
        """Return the values of the typed column and of the one of JSON; `Missing` is None in both."""
        typed: list[Any] = []
        texts: list[str | None] = []
        for value in values:
            sort = None if value is Missing else sort_of(value)
            fits = sort is not None and (sort == self.typed or (sort == EMPTY_LIST and self.typed in _LISTS.values()))
            converts = sort == "int" and self.typed == "float"
            typed.append(value if fits else float(value) if converts else None)
            texts.append(None if fits or value is Missing else dumps(value))
        return typed, texts


class Missing:
    """Stands for a key that a row does not have; None is a value."""


def layout_of(sorts: Mapping[str, Iterable[str]]) -> dict[str, KeyLayout]:
    """Return the layout of each key by the sorts of its values."""
    return {key: KeyLayout.of(found) for key, found in sorts.items()}


def column_sorts(column: Any) -> set[str]:
    """Return the sorts of a column of `Columns`."""
    if column.dtype.kind == "i":
        return {"int"}
    if column.dtype.kind == "f":
        return {"float"}
    return {sort_of(value) for value in cells_of(column) if value is not Missing}


def cells_of(column: Any) -> list[Any]:
    """Return the values of a column, `Missing` where a row has none."""
    import numpy

    values: list[Any] = numpy.ma.getdata(column).tolist()
    if isinstance(column, numpy.ma.MaskedArray):
        masks: list[bool] = numpy.ma.getmaskarray(column).tolist()
        return [Missing if masked else value for value, masked in zip(values, masks, strict=True)]
    return values
