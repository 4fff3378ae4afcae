"""Cells of tables: of which kind each is, and the form in which it is stored."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from numbers import Number
from pathlib import PurePath
from typing import Any
from uuid import UUID

from stepwell.media.encoding.arrays import array_of
from stepwell.media.encoding.image_decoder import is_pillow
from stepwell.media.records.classes import Classes
from stepwell.media.records.media import Media
from stepwell.settings.naming import DEPTH, too_deep

# Kinds of cells, as files of tables name them; media are of the kind that their records have as `_type`.
NULL, OTHER, MIXED = "null", "other", "mixed"
_NUMBER, _BOOL, _STRING, _LIST, _DICT, _TIMESTAMP = "number", "bool", "string", "list", "dict", "timestamp"
# What a picture of Pillow is logged as.
_IMAGE = "image-file"

# The common types, so that a large table is checked quickly; the kinds of others are worked out.
PLAIN: dict[type, str] = {int: _NUMBER, float: _NUMBER, str: _STRING, bool: _BOOL, type(None): NULL}
# By the letters with which numpy names kinds of types.
_LETTERS = {"b": _BOOL, "i": _NUMBER, "u": _NUMBER, "f": _NUMBER, "U": _STRING, "S": _STRING, "M": _TIMESTAMP}


def kind_of(cell: Any) -> str:
    """Return the kind of one cell."""
    if kind := PLAIN.get(type(cell)):
        return kind
    if isinstance(cell, Media):
        return cell.type_name()
    if is_missing(cell):
        return NULL
    if is_pillow(cell):
        return _IMAGE
    if isinstance(cell, Enum):
        return kind_of(cell.value)
    if hasattr(cell, "ndim") and hasattr(cell, "dtype"):  # an array of any library, or a scalar of it
        if cell.ndim:
            return _LIST
        dtype = cell.dtype if hasattr(cell.dtype, "kind") else array_of(cell).dtype
        return _LETTERS.get(dtype.kind, OTHER)
    return _kind_of_type(type(cell)) or OTHER


def kinds_of(cells: Iterable[Any]) -> set[str]:
    """Return the kinds that occur in a column, without empty cells."""
    cells = list(cells)
    types = set(map(type, cells))
    if types <= PLAIN.keys():
        return {PLAIN[each] for each in types} - {NULL}
    return set(map(kind_of, cells)) - {NULL}


def kind_of_dtype(dtype: Any) -> str | None:
    """Return the kind that is meant by a type, a dtype of numpy, or an example; None is any.

    Raises
    ------
    TypeError
        If it means none.
    """
    if dtype is None or dtype is Any or dtype is object:
        return None
    if isinstance(dtype, Media):
        return dtype.type_name()
    if isinstance(dtype, Classes):  # cells are numbers of classes
        return _NUMBER
    kind = _LETTERS.get(getattr(dtype, "kind", ""))
    if kind is None and isinstance(dtype, type):
        kind = dtype.type_name() if issubclass(dtype, Media) else _kind_of_type(dtype)
    if kind is None:
        raise TypeError(f"Table: dtype must be a type such as int, str or Image, not {dtype!r}")
    return kind


def is_missing(cell: Any) -> bool:
    """Whether it is what pandas has for a cell without a value: NA or NaT."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and any(cell is getattr(pandas, name, None) for name in ("NA", "NaT"))


def stored(key: str, cell: Any, depth: int = DEPTH) -> Any:
    """Return a cell as it is stored: arrays become lists, however long; media are left to the encoder.

    Raises
    ------
    ValueError
        If it has more than `depth` levels; it names the key of the table.
    """
    if type(cell) in PLAIN or isinstance(cell, Media) or is_pillow(cell):
        return cell
    if is_missing(cell):
        return None
    if depth == 0:
        raise too_deep(key)
    if isinstance(cell, (list, tuple)):
        return [stored(key, each, depth - 1) for each in cell]
    if isinstance(cell, Mapping):
        return {name: stored(key, inner, depth - 1) for name, inner in cell.items()}
    array = array_of(cell)
    if array is None:
        return cell
    return stored(key, array.tolist(), depth - 1) if array.dtype.kind == "O" else array.tolist()


def _kind_of_type(type_: type) -> str | None:
    if issubclass(type_, bool):
        return _BOOL
    if issubclass(type_, (Number, Decimal)):
        return None if issubclass(type_, complex) else _NUMBER
    if issubclass(type_, (str, bytes, PurePath, UUID)):
        return _STRING
    if issubclass(type_, (date, time)):
        return _TIMESTAMP
    if issubclass(type_, Mapping) or is_dataclass(type_):
        return _DICT
    return _LIST if issubclass(type_, (Sequence, Set)) or type_.__name__ == "ndarray" else None
