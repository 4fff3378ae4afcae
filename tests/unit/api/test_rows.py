"""Rows as a server sends them, and as a DataFrame."""

import math

import msgpack
import pytest
import zstandard

from stepwell.api.columns.pandas_frames import to_pandas
from stepwell.api.payload import Row, rows, unpack


def batch(keys: list[str], shapes: list[list[int]], *entries: list[object]) -> bytes:
    return zstandard.compress(msgpack.packb([keys, shapes, list(entries)]))


def test_values_come_back_exactly():
    for value in (2**63 - 1, -(2**63), math.inf, "ü", b"\xff", None, True, [1, {"a": 2}], {1: 2}):
        assert unpack(msgpack.packb(value)) == value
    assert math.isnan(unpack(msgpack.packb(math.nan)))
    assert unpack(b"") is None


def test_lone_surrogates_come_back():
    assert unpack(msgpack.packb(msgpack.ExtType(1, "a\ud800".encode("utf-8", "surrogatepass")))) == "a\ud800"
    assert unpack(msgpack.packb(msgpack.ExtType(7, b"x"))) == msgpack.ExtType(7, b"x")


def test_rows_have_the_keys_of_their_shape():
    payload = batch(["a", "b"], [[0], [1, 0]], [0, 5, 1_500_000, 0, 1], [9, 6, 2_000_000, 1, "x", 2])
    assert list(rows(payload)) == [Row(5, 1.5, {"a": 1}), Row(6, 2.0, {"b": "x", "a": 2})]


def test_what_is_no_batch_of_rows_is_refused():
    with pytest.raises(ValueError, match="kind 1"):
        list(rows(batch([], [], [1, 5, 0, 0])))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        list(rows(batch(["a"], [[0]], [0, 5, 0, 0])))
    with pytest.raises(ValueError, match="at most"):
        list(rows(b"\x28\xb5\x2f\xfd\xe0" + (257 << 20).to_bytes(8, "little")))  # the header of a zstd frame


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
