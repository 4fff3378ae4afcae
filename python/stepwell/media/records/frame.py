"""DataFrames as rows."""

from __future__ import annotations

from typing import Any

from stepwell.media.encoding.reading import is_missing


def is_frame(value: Any) -> bool:
    """Whether it is a DataFrame of pandas or polars; nothing is imported."""
    for base in type(value).__mro__:
        if base.__name__ == "DataFrame" and base.__module__.partition(".")[0] in {"pandas", "polars"}:
            return True
    return False


def columns_of(frame: Any) -> tuple[list[Any], list[list[Any]]]:
    """Return the names and the values of the columns of a DataFrame; its index is left out.

    Missing values are None, except in columns of floats, where NaN is a value. What cannot be logged, an
    interval of time for instance, becomes its text.
    """
    if type(frame).__module__.partition(".")[0] == "polars":
        return list(frame.columns), [_loggable(frame[name].to_list()) for name in frame.columns]
    columns = [_values(frame.iloc[:, index]) for index in range(frame.shape[1])]
    return [name if isinstance(name, (str, int)) else str(name) for name in frame.columns], columns


def _values(series: Any) -> list[Any]:
    import numpy

    values: list[Any] = series.tolist()
    if isinstance(series.dtype, numpy.dtype) and series.dtype.kind in "biuf":
        return values
    try:
        missing = series.isna().tolist()
    except Exception:  # noqa: BLE001  as a signalling NaN of Decimal makes it raise
        missing = [value is None or is_missing(value) or (type(value) is float and value != value) for value in values]
    return _loggable([None if gone else value for value, gone in zip(values, missing, strict=True)])


def _loggable(values: list[Any]) -> list[Any]:
    from stepwell.media.records.cell import NULL, OTHER, kind_of

    return [str(each) if kind_of(each) == OTHER else None if kind_of(each) == NULL else each for each in values]
