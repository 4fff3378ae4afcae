"""Rows as a server sends them, and as a DataFrame."""

import math
import struct
from typing import Any

import msgpack
import pytest
import zstandard

from stepwell.api.columns.columns import Batch, ColumnCollector
from stepwell.api.columns.pandas_frames import to_pandas
from stepwell.api.payload import unpack
from stepwell.proto.v1 import query_pb2


def array(form: str, numbers: list[Any]) -> query_pb2.Array:
    raw = b"".join(struct.pack(form, number) for number in numbers)
    return query_pb2.Array(zstd=zstandard.compress(raw)) if len(numbers) > 1 else query_pb2.Array(plain=raw)


def column(key: str, rows: list[int] | None = None, **cells: list[Any]) -> query_pb2.RowColumn:
    ((sort, numbers),) = cells.items()
    if sort == "values":
        found = query_pb2.Array(plain=msgpack.packb(numbers))
    else:
        found = array("<q" if sort == "ints" else "<d", numbers)
    return query_pb2.RowColumn(key=key, rows=None if rows is None else array("<I", rows), **{sort: found})


def batch(steps: list[int], times: list[int], *columns: query_pb2.RowColumn) -> query_pb2.RowBatch:
    return query_pb2.RowBatch(rows=len(steps), steps=array("<q", steps), times=array("<q", times), columns=columns)


def test_values_come_back_exactly():
    for value in (2**63 - 1, -(2**63), math.inf, "ü", b"\xff", None, True, [1, {"a": 2}], {1: 2}):
        assert unpack(msgpack.packb(value)) == value
    assert math.isnan(unpack(msgpack.packb(math.nan)))
    assert unpack(b"") is None


def test_lone_surrogates_come_back():
    assert unpack(msgpack.packb(msgpack.ExtType(1, "a\ud800".encode("utf-8", "surrogatepass")))) == "a\ud800"
    assert unpack(msgpack.packb(msgpack.ExtType(7, b"x"))) == msgpack.ExtType(7, b"x")


def test_rows_are_dicts_and_columns_with_the_cells_of_their_places():
    found = Batch(
        batch(
            [5, 6, 2**62],
            [1_500_000, 2_000_000, -1_000_000],
            column("_runtime", floats=[0.5, 1.0, -2.0]),
            column("a", ints=[2**60 + 1], rows=[0]),
            column("a", floats=[math.inf], rows=[1]),
            column("a", values=["x"], rows=[2]),
            column("b", values=[[None], {"k": 1}], rows=[0, 2]),
        )
    )
    rows = [
        {"_step": 5, "_runtime": 0.5, "_timestamp": 1.5, "a": 2**60 + 1, "b": [None]},
        {"_step": 6, "_runtime": 1.0, "_timestamp": 2.0, "a": math.inf},
        {"_step": 2**62, "_runtime": -2.0, "_timestamp": -1.0, "a": "x", "b": {"k": 1}},
    ]
    for first in range(4):
        for last in range(first, 4):
            assert found.dicts(1.0, first, last) == rows[first:last]
    assert [list(row) for row in found.dicts(1.0, 0, 3)] == [list(row) for row in rows]
    assert [type(row["a"]) for row in found.dicts(1.0, 0, 3)] == [int, float, str]
    collector = ColumnCollector(1.0)
    collector.add(found)
    columns = collector.finish()
    assert list(columns) == ["_step", "_runtime", "_timestamp", "a", "b"]
    assert columns["a"].tolist() == [row["a"] for row in rows]
    assert columns["b"].tolist() == [[None], None, {"k": 1}]


def test_rows_without_a_runtime_have_that_of_the_run():
    (row,) = Batch(batch([0], [3_000_000])).dicts(1.0, 0, 1)
    assert row == {"_step": 0, "_runtime": 2.0, "_timestamp": 3.0}


def test_what_is_no_batch_of_rows_is_refused():
    bomb = b"\x28\xb5\x2f\xfd\xe0" + (257 << 20).to_bytes(8, "little")  # the header of a zstd frame
    for wrong in (
        query_pb2.RowBatch(rows=2, steps=array("<q", [1]), times=array("<q", [1])),
        batch([1, 2], [1, 2], column("a", ints=[1])),
        batch([1, 2], [1, 2], column("a", floats=[1.0, 2.0, 3.0], rows=[0])),
        batch([1, 2], [1, 2], column("a", values=["x"])),
        batch([1], [1], query_pb2.RowColumn(key="a", values=query_pb2.Array(zstd=bomb))),
        batch([1], [1], query_pb2.RowColumn(key="a", floats=query_pb2.Array(zstd=zstandard.compress(bytes(16))))),
    ):
        with pytest.raises(ValueError, match="; expected"):
            Batch(wrong)
    with pytest.raises(ValueError, match="no such rows"):
        Batch(batch([1], [1])).dicts(0.0, 0, 2)


def test_a_table_keeps_integers_and_types():
    pandas = pytest.importorskip("pandas")
    big = 2**60 + 1
    frame = to_pandas([{"_step": 0, "i": big, "f": 0.5, "m": 1}, {"_step": 1, "f": None, "m": "x"}], ["_step"])
    assert frame is not None
    assert list(frame.columns) == ["_step", "i", "f", "m"]
    assert frame["i"][0] == big
    assert frame["i"].isna().tolist() == [False, True]
    assert frame["f"].dtype == float
    assert frame["m"].tolist() == [1, "x"]
    assert isinstance(frame, pandas.DataFrame)
    assert list(to_pandas([], ["_step"]).columns) == ["_step"]
