"""Rows as a pandas DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.api.columns.optional_imports import imported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas


def to_pandas(rows: Sequence[dict[Any, Any]], first: Sequence[Any] = ()) -> pandas.DataFrame | None:
    """Return a DataFrame, or None if pandas is not installed.

    A column of integers with gaps has the type `Int64`, so that no integer is rounded to a float.

    Parameters
    ----------
    rows
        Values by key.
    first
        The first columns, in this order; the others follow in the order in which they appear.
    """
    try:
        import pandas
    except ImportError:
        return None
    columns = dict.fromkeys([*first, *(key for row in rows for key in row)])
    return pandas.DataFrame({name: _column(pandas, rows, name) for name in columns}, index=range(len(rows)))


def frame_of_columns(columns: Mapping[str, Any]) -> Any:
    """Return a DataFrame of numpy arrays, a masked one of integers as `Int64`.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    pandas = imported("pandas", "Columns.to_pandas()")
    return pandas.DataFrame({name: _series(pandas, array) for name, array in columns.items()})


def _column(pandas: Any, rows: Sequence[dict[Any, Any]], name: Any) -> Any:
    values = [row.get(name) for row in rows]
    kinds = {type(value) for value in values}
    if kinds == {int, type(None)}:
        return pandas.array(values, dtype="Int64")
    if kinds <= {float, type(None)} or len(kinds) == 1:
        return values
    # Mixed types stay what they are: as one type, integers would become floats.
    return pandas.Series(values, dtype=object, index=range(len(rows)))


def _series(pandas: Any, array: Any) -> Any:
    mask = getattr(array, "mask", None)
    if mask is None:
        return pandas.Series(array, dtype=array.dtype)
    if array.dtype.kind == "i":
        return pandas.arrays.IntegerArray(array.data.copy(), mask.copy())
    return pandas.Series(array.filled(None if array.dtype.kind == "O" else float("nan")), dtype=array.dtype)
