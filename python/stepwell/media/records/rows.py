"""Rows, columns and their names in every form in which scripts give them to a table."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypeAlias

ColumnName: TypeAlias = str | int


def names_of(columns: Any) -> list[ColumnName]:
    """Return names of columns; integers of numpy are integers."""
    names = columns.tolist() if hasattr(columns, "tolist") else columns
    is_list = hasattr(names, "__iter__") and not isinstance(names, (str, bytes, Mapping))
    found = [operator.index(name) if hasattr(name, "__index__") else name for name in (names if is_list else ())]
    if not is_list or not all(isinstance(name, (str, int)) for name in found):
        raise TypeError(f"Table: columns must be a list of names, not {columns!r:.60}")
    return found


def rows_of(data: Any) -> list[list[Any]]:
    """Return rows as lists of cells."""
    if hasattr(data, "ndim") and hasattr(data, "shape"):
        if data.ndim < 2:
            raise TypeError(f"Table: data must be rows of cells, not an array with {data.ndim} dimensions")
        return _elements(data, dimensions=2)
    if isinstance(data, (str, bytes, Mapping)) or not hasattr(data, "__iter__"):
        raise TypeError(f"Table: data must be rows of cells, not {type(data).__name__}")
    rows = []
    for index, row in enumerate(data):
        if isinstance(row, (str, bytes, Mapping)) or not hasattr(row, "__iter__"):
            raise TypeError(f"Table: row {index} must be a list of cells, not {type(row).__name__}")
        rows.append(_elements(row))
    return rows


def cells_of(name: ColumnName, data: Any) -> list[Any]:
    """Return the cells of a column as a list."""
    if isinstance(data, (str, bytes, Mapping)) or not hasattr(data, "__iter__"):
        raise TypeError(f"Table: column {name!r} must be a list or an array, not {type(data).__name__}")
    return _elements(data)


def _elements(data: Any, dimensions: int = 1) -> list[Any]:
    """Return rows or cells as a list. Times of numpy stay as they are: `tolist` makes numbers of some."""
    is_time = getattr(getattr(data, "dtype", None), "kind", "") in ("m", "M")
    if getattr(data, "ndim", 0) == dimensions and hasattr(data, "tolist") and not is_time:
        values: list[Any] = data.tolist()
        return values
    return [list(row) for row in data] if dimensions > 1 else list(data)
