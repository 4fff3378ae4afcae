"""Rows of a run as columns, decoded natively: one numpy array per key."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from stepwell import _native
from stepwell.api import payload
from stepwell.settings.naming import LAST_STEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy

    from stepwell.proto.v1 import query_pb2

Sort = Literal["int", "float", "other"]
STEP, RUNTIME, TIMESTAMP = "_step", "_runtime", "_timestamp"
OF_EVERY_ROW = (STEP, RUNTIME, TIMESTAMP)


class Columns(Mapping[str, Any]):
    """One array per key, all of the same length: a row of theirs is a row of the run.

    Integers are int64, floats float64; everything else, and what is of several sorts, is of dtype object and
    holds the values themselves. A column that not every row has is a masked array.
    """

    def __init__(self, arrays: dict[str, Any]) -> None:
        self._arrays = arrays

    def __getitem__(self, key: str) -> Any:
        return self._arrays[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._arrays[STEP])

    def to_pandas(self) -> Any:
        """Return a DataFrame, a column of integers with gaps as `Int64`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        from stepwell.api.columns.pandas_frames import frame_of_columns

        return frame_of_columns(self)

    def to_arrow(self) -> Any:
        """Return a pyarrow.Table in the form of docs/export.md.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        from stepwell.api.columns.arrow import table_of_columns

        return table_of_columns(self)

    def to_polars(self) -> Any:
        """Return a polars.DataFrame, by way of `to_arrow`.

        Raises
        ------
        ImportError
            If polars or pyarrow is not installed.
        """
        from stepwell.api.columns.optional_imports import imported

        return imported("polars", "Columns.to_polars()").from_arrow(self.to_arrow())

    def __repr__(self) -> str:
        return f"<Columns of {self.rows:,} rows: {', '.join(self)}>"


class Batch:
    """Some rows, column by column.

    Attributes
    ----------
    steps
        Steps: int64.
    times
        When they were logged, in microseconds since 1970: int64.
    columns
        `(key, sort, rows, values)`. The sort is `int` or `float`, with values as little-endian int64 or
        float64, or `other`, with a list of objects. Rows are the little-endian uint32 indices of those that
        have the value, or None where all have.

    Raises
    ------
    ValueError
        If it is no batch of rows.
    """

    def __init__(self, reply: query_pb2.RowBatch) -> None:
        import numpy

        if reply.payload:
            steps, times, self.columns = _columns_of_rows(reply.payload)
            self.steps, self.times = numpy.array(steps, "<i8"), numpy.array(times, "<i8")
            return
        self.steps = numpy.frombuffer(payload.raw(reply.steps, 8 * reply.rows), "<i8")
        self.times = numpy.frombuffer(payload.raw(reply.times, 8 * reply.rows), "<i8")
        self.columns = [_cells(column, reply.rows) for column in reply.columns]

    def dicts(self, created: float, first: int, last: int) -> list[dict[str, Any]]:
        """Return rows from `first` up to `last`, not included, as dicts: see `stepwell._native.row_dicts`."""
        return _native.row_dicts(self.steps.tobytes(), self.times.tobytes(), self.columns, created, first, last)


def _cells(column: query_pb2.RowColumn, rows: int) -> tuple[str, Sort, bytes | None, Any]:
    # A key that is the very str of a program's text is found without a comparison.
    key, places = sys.intern(column.key), None
    if column.HasField("rows"):
        places = payload.raw(column.rows, None)
        rows = len(places) // 4
    if column.HasField("floats"):
        return key, "float", places, payload.raw(column.floats, 8 * rows)
    if column.HasField("ints"):
        return key, "int", places, payload.raw(column.ints, 8 * rows)
    values = payload.unpack(payload.raw(column.values, None))
    if len(values) != rows:
        raise ValueError(f"a column of {key!r} has {len(values)} cells; expected {rows}")
    return key, "other", places, values


def _columns_of_rows(packed: bytes) -> tuple[list[int], list[int], list[tuple[str, Sort, bytes | None, Any]]]:
    """Return steps, times and columns of what a server of version 0.1 sends: rows."""
    import numpy

    keys, shapes, entries = payload.unpack(payload.unpacked(packed))
    parts: dict[tuple[str, Sort], tuple[list[int], list[Any]]] = {}
    for at, (_kind, _step, _time, shape, *values) in enumerate(entries):
        for index, value in zip(shapes[shape], values, strict=True):
            sort: Sort = "float" if type(value) is float else "other"
            if type(value) is int and -LAST_STEP - 1 <= value <= LAST_STEP:
                sort = "int"
            rows, cells = parts.setdefault((sys.intern(keys[index]), sort), ([], []))
            rows.append(at)
            cells.append(value)
    columns: list[tuple[str, Sort, bytes | None, Any]] = []
    for (key, sort), (rows, cells) in parts.items():
        places = None if len(rows) == len(entries) else numpy.array(rows, "<u4").tobytes()
        numbers = {"int": "<i8", "float": "<f8"}.get(sort)
        columns.append((key, sort, places, numpy.array(cells, numbers).tobytes() if numbers else cells))
    return [entry[1] for entry in entries], [entry[2] for entry in entries], columns


class ColumnCollector:
    """Puts batches of rows together.

    Parameters
    ----------
    created
        When the run began, in seconds since 1970.
    """

    def __init__(self, created: float) -> None:
        self._created = created
        self._rows = 0
        self._steps: list[Any] = []
        self._times: list[Any] = []
        self._parts: dict[str, list[tuple[str, Any, Any]]] = {}

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._rows

    def add(self, batch: Batch) -> None:
        """Take in a batch."""
        import numpy

        self._steps.append(batch.steps)
        self._times.append(batch.times)
        count = len(batch.steps)
        for key, sort, rows, values in batch.columns:
            places = None if rows is None else numpy.frombuffer(rows, "<u4")
            where = slice(self._rows, self._rows + count) if places is None else places.astype(numpy.int64) + self._rows
            self._parts.setdefault(key, []).append((sort, where, values))
        self._rows += count

    def finish(self, first: Iterable[str] = ()) -> Columns:
        """Return the columns: of every row, of `first` as far as there are such, then the others by name."""
        import numpy

        def joined(parts: Sequence[Any]) -> Any:
            return numpy.concatenate(parts) if parts else numpy.zeros(0, numpy.int64)

        times = joined(self._times) / 1e6
        arrays: dict[str, Any] = {STEP: joined(self._steps), RUNTIME: times - self._created, TIMESTAMP: times}
        for key in dict.fromkeys([*(key for key in first if key in self._parts), *sorted(self._parts)]):
            # What a user logged under the name of an automatic key takes its place, as in `scan_history`.
            default = arrays.get(key)
            arrays[key] = _column(self._parts[key], self._rows, default)
        return Columns(arrays)


def _column(parts: list[tuple[str, Any, Any]], rows: int, default: numpy.ndarray[Any, Any] | None) -> Any:
    import numpy

    sorts = {sort for sort, _, _ in parts}
    filled = sum(rows_of(where) for _, where, _ in parts)
    if default is not None and filled < rows:
        sorts.add("int" if default.dtype.kind == "i" else "float")
    dtype = {frozenset({"int"}): "<i8", frozenset({"float"}): "<f8"}.get(frozenset(sorts), "O")
    array = numpy.empty(rows, dtype) if default is None or filled == rows else default.astype(dtype)
    for sort, where, values in parts:
        if sort != "other":
            array[where] = numpy.frombuffer(values, "<i8" if sort == "int" else "<f8")
        else:
            array[where] = object_array(values)
    if default is not None or filled == rows:
        return array
    present = numpy.zeros(rows, bool)
    for _, where, _ in parts:
        present[where] = True
    if dtype != "O":
        array[~present] = 0
    return numpy.ma.MaskedArray(array, mask=~present)


def object_array(values: Sequence[Any]) -> Any:
    """Return an array of one dimension that holds the values as they are, lists too."""
    import numpy

    array = numpy.empty(len(values), "O")
    for index, each in enumerate(values):
        array[index] = each
    return array


def rows_of(where: Any) -> int:
    """Return how many rows a slice or an array of indices names."""
    return where.stop - where.start if isinstance(where, slice) else len(where)
