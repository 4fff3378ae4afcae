"""Cells of tables: of which kind each is, and the form in which it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from numbers import Number, Real
from pathlib import PurePath
from typing import Any
from uuid import UUID

from stepwell.media.encoding.arrays import array_of
from stepwell.media.encoding.image_decoder import is_pillow
from stepwell.media.encoding.reading import UNREAD, is_missing, reading
from stepwell.media.records.classes import Classes
from stepwell.media.records.media import Media
from stepwell.settings.naming import DEPTH, contents, too_deep

# Kinds of cells, as files of tables name them; media are of the kind that their records have as `_type`.
NULL, OTHER, MIXED = "null", "other", "mixed"
NUMBER, _BOOL, _STRING, _LIST, _DICT, _TIMESTAMP = "number", "bool", "string", "list", "dict", "timestamp"
# What a picture of Pillow is logged as.
_IMAGE = "image-file"

# The common types, so that a large table is checked quickly; the kinds of others are worked out.
PLAIN: dict[type, str] = {int: NUMBER, float: NUMBER, str: _STRING, bool: _BOOL, type(None): NULL}
# By the letters with which numpy names kinds of types.
_LETTERS = {
    "b": _BOOL,
    "i": NUMBER,
    "u": NUMBER,
    "f": NUMBER,
    "U": _STRING,
    "S": _STRING,
    "c": _STRING,
    "M": _TIMESTAMP,
}


def kind_of(cell: Any) -> str:
    """Return the kind of one cell."""
    if kind := PLAIN.get(type(cell)):
        return kind
    try:
        return _kind_of(cell)
    except Exception:  # noqa: BLE001  whatever its library raises; what cannot be stored is said by its key
        return OTHER


def _kind_of(cell: Any) -> str:
    if isinstance(cell, Media):
        return cell.type_name()
    if is_missing(cell):
        return NULL
    if is_pillow(cell):
        return _IMAGE
    if isinstance(cell, Enum):
        return kind_of(cell.value)
    if hasattr(type(cell), "as_py"):  # a scalar of Arrow, which may be null
        return kind_of(cell.as_py())
    if hasattr(cell, "ndim") and hasattr(cell, "dtype"):  # an array of any library, or a scalar of it
        if cell.ndim:
            return _LIST
        dtype = cell.dtype if hasattr(cell.dtype, "kind") else array_of(cell).dtype
        return _LETTERS.get(dtype.kind, OTHER)
    return _kind_of_type(type(cell)) or OTHER


def kinds_of(cells: Iterable[Any]) -> set[str]:
    """Return the kinds that occur in a column, without empty cells, and without NaN beside something else."""
    cells = list(cells)
    types = set(map(type, cells))
    found = {PLAIN[each] for each in types} if types <= PLAIN.keys() else set(map(kind_of, cells))
    if NUMBER in found and len(found - {NULL}) > 1 and are_nan(cells):
        found.remove(NUMBER)
    return found - {NULL}


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
        return NUMBER
    kind = _LETTERS.get(getattr(dtype, "kind", ""))
    if kind is None and isinstance(dtype, type):
        kind = dtype.type_name() if issubclass(dtype, Media) else _kind_of_type(dtype)
    if kind is None:
        raise TypeError(f"Table: dtype must be a type such as int, str or Image, not {dtype!r}")
    return kind


def are_nan(cells: Iterable[Any]) -> bool:
    """Whether all numbers among cells are NaN, which stands for a missing cell of another kind."""
    return all(isinstance(cell, Real) and cell != cell for cell in cells if kind_of(cell) == NUMBER)


def stored(key: str, cell: Any, depth: int = DEPTH) -> Any:
    """Return a cell as it is stored: arrays become lists, however long; media are left to the encoder.

    Raises
    ------
    ValueError
        If it has more than `depth` levels; it names the key of the table.
    """
    if type(cell) in PLAIN or issubclass(type(cell), Media) or is_pillow(cell):
        return cell
    if depth == 0:
        raise too_deep(key)
    if not issubclass(type(cell), (list, tuple, dict)):
        found = reading(key, cell)
        if found is UNREAD:
            return cell
        if not hasattr(found, "tolist"):
            cell = found
        elif found.dtype.kind != "O":
            return found.tolist()
        else:
            cell = found.tolist()
    if isinstance(cell, dict):
        return {name: stored(key, inner, depth - 1) for name, inner in contents(cell)}
    return [stored(key, each, depth - 1) for each in contents(cell)] if isinstance(cell, (list, tuple)) else cell


def _kind_of_type(type_: type) -> str | None:
    if issubclass(type_, bool):
        return _BOOL
    if issubclass(type_, (str, bytes, bytearray, memoryview, PurePath, UUID, complex)):
        return _STRING
    if issubclass(type_, (Number, Decimal)):
        return NUMBER
    if issubclass(type_, (date, time)):
        return _TIMESTAMP
    if issubclass(type_, Mapping) or is_dataclass(type_) or hasattr(type_, "keys"):
        return _DICT
    return _LIST if issubclass(type_, (Sequence, Set)) or type_.__name__ == "ndarray" else None
