"""Conversion of values of other types before they are encoded."""

import argparse
import dataclasses
import functools
import itertools
import re
import uuid
import warnings
from collections import OrderedDict, UserDict, UserList, UserString, deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stepwell import Histogram, Html, _native
from stepwell.api.payload import unpack
from stepwell.media.encoding.arrays import MAX_ELEMENTS, to_array, type_name
from stepwell.media.records.cell import stored
from stepwell.settings import strictness
from stepwell.values.convert import convert
from stepwell.values.plain import plain
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor


def named(value: object) -> str:
    """Return a name that is the same in every process: without addresses, and sets by their kind."""
    return type(value).__name__ if isinstance(value, (set, frozenset)) else re.sub(r" at 0x\w+", "", repr(value))


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass(repr=False)
class Slotted:
    """A dataclass without `__dict__`, one of whose fields was never set."""

    __slots__ = ("a", "b")
    a: int
    b: int

    def __init__(self, a: int) -> None:
        self.a = a


class Lazy:
    """An array of another library."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.arange(3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2024, 1, 2, 3, 4, tzinfo=timezone.utc), "2024-01-02T03:04:00+00:00"),
        (date(2024, 1, 2), "2024-01-02"),
        (Decimal("1.10"), "1.10"),
        (PurePosixPath("a/b"), "a/b"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (Point(1, 2.5), {"x": 1, "y": 2.5}),
        (OrderedDict(a=1), {"a": 1}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset("ba"), ["a", "b"]),
        (range(3), [0, 1, 2]),
        ((each for each in (1, 2)), [1, 2]),
        (map(str, (1, 2)), ["1", "2"]),
        (deque([1, 2]), [1, 2]),
        ({"a": 1}.values(), [1]),
        (bytearray(b"ab"), b"ab"),
        (len, "builtins.len"),
        (Path.exists, "pathlib.Path.exists"),
        (Point, f"{__name__}.Point"),
        (functools.partial(len), "builtins.len"),
        (np.longdouble(1.5), 1.5),
        (np.datetime64("2024-01-02"), "2024-01-02"),
        (np.datetime64("2024-01-02T03:04:05.000000000"), "2024-01-02T03:04:05"),
        (np.datetime64("2024-01-02T03:04:05.000000001"), "2024-01-02T03:04:05.000000001"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(90, "s"), "PT90S"),
        (np.timedelta64(1_500, "ns"), "1500 nanoseconds"),
        (timedelta(days=1, seconds=90, microseconds=500), "P1DT90.0005S"),
        (timedelta(days=-1), "-P1D"),
        (timedelta(0), "PT0S"),
        (1 + 2j, "1+2j"),
        (np.complex64(1j), 1j),
        (np.clongdouble(1 + 2j), 1 + 2j),
        (Fraction(1, 3), "1/3"),
        (re.compile("a+"), "a+"),
        (ip_address("1.2.3.4"), "1.2.3.4"),
        (pa.scalar(None), None),
        (pa.scalar(None, pa.int64()), None),
        (pa.scalar(3), 3),
        (pa.scalar([1, None]), [1, None]),
        (pa.scalar({"a": 1}), {"a": 1}),
        (pd.NA, None),
        (pd.NaT, None),
        (pd.Timedelta("90s"), "PT90S"),
        (np.ma.masked, None),
        (np.ma.masked_array([7.0], mask=[True]), None),
        (np.ma.masked_array([1, 2], mask=[True, False]), [None, 2]),
        (UserList([1, 2]), [1, 2]),
        (UserDict(a=1), {"a": 1}),
        (UserString("a"), "a"),
        (SimpleNamespace(a=1), {"a": 1}),
        (argparse.Namespace(a=1), {"a": 1}),
        (Slotted(1), {"a": 1}),
    ],
    ids=named,
)
def test_a_value_becomes(value: object, expected: object):
    assert convert("k", value) == expected


def test_tensors_become_arrays():
    assert convert("k", Tensor(np.arange(4))).tolist() == [0, 1, 2, 3]
    converted = convert("k", Tensor(np.arange(4), known=False))
    # The second `numpy()` is that of the float32 copy.
    assert converted.dtype == np.float32
    assert convert("k", Tensor(np.array(2.5))) == 2.5
    assert convert("k", Lazy()).tolist() == [0, 1, 2]


def test_types_that_numpy_does_not_know_are_widened():
    import ml_dtypes  # what JAX and TensorFlow bring for bfloat16

    class Brain(Lazy):
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.arange(3).astype(ml_dtypes.bfloat16)

    assert convert("k", Brain()).dtype == np.float32

    class Small(Lazy):
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.arange(3).astype(ml_dtypes.int4)

    assert convert("k", Small()).tolist() == [0, 1, 2]
    assert convert("k", Small()).dtype == np.int8


def test_what_is_masked_in_a_large_array_is_nan():
    array = convert("k", np.ma.masked_array(np.arange(40), mask=[True] * 20 + [False] * 20))
    assert np.isnan(array).sum() == 20
    whole = np.ma.masked_array(np.arange(40))
    assert convert("k", whole).dtype == whole.dtype


class Broken:
    """An array whose numbers are not there, such as a tensor on the device `meta`."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotImplementedError("no data!")


class Closed:
    """An object that is gone, so that it has no attributes any more."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"gone, and {name} with it")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object"),
        (Broken(), "NotImplementedError: no data!"),
        (Closed(), "Closed, which cannot be logged"),
        (iter(int, 1), "callable_iterator"),
    ],
    ids=named,
)
def test_anything_else_names_key_and_type(value: object, said: str):
    with pytest.raises(TypeError, match=rf"'loss'.*{said}"):
        convert("loss", value)
    with pytest.warns(RuntimeWarning, match=r"'config' has a value of type .*; only the name of the type is kept"):
        assert plain(value) == f"<{type_name(value)}>"


class Foreign:
    """An object of another library, which has a text of its own."""

    def __repr__(self) -> str:
        return "Foreign(3)"


def test_an_object_with_a_text_of_its_own_is_kept_as_that_which_is_said_once():
    with pytest.warns(RuntimeWarning, match=r"'loss' has a value of type .*Foreign; its text is kept"):
        assert convert("loss", Foreign()) == "Foreign(3)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert convert("other", Foreign()) == "Foreign(3)"
        assert plain({"a": [Foreign()]}) == {"a": ["Foreign(3)"]}


def test_with_strict_what_is_not_kept_as_given_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(strictness, "_strict", True)
    with pytest.raises(TypeError, match=r"'loss' has a value of type .*Foreign; nothing of this call was kept.*strict"):
        convert("loss", Foreign())
    with pytest.raises(TypeError, match=r"'config'.*object"):
        plain(object())


class Proxy:
    """As a proxy of werkzeug that is bound to nothing: it raises whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(name)

    @property
    def __class__(self) -> Any:
        raise RuntimeError("unbound")

    def __repr__(self) -> str:
        return "Proxy()"


def test_an_object_that_raises_whatever_it_is_asked_for_is_kept_as_its_text():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert convert("k", Proxy()) == "Proxy()"
    assert plain({"a": [Proxy()]}) == {"a": ["Proxy()"]}
    assert type(stored("k", Proxy())) is Proxy, "which the encoder has converted"


class Unreadable:
    """A model whose library raises while it is read."""

    def model_dump(self) -> Any:
        raise ValueError("no model")

    def __repr__(self) -> str:
        return "Unreadable()"


def test_in_the_config_what_cannot_be_read_is_its_text():
    with pytest.raises(ValueError, match=r"'k' has a value of type .*Unreadable, which cannot be read"):
        convert("k", Unreadable())
    with pytest.warns(RuntimeWarning, match=r"'config' .*Unreadable, which cannot be read \(ValueError\); its text"):
        assert plain({"lr": 1, "a": [Unreadable()]}) == {"lr": 1, "a": ["Unreadable()"]}
    with pytest.warns(RuntimeWarning, match=r"generator, which cannot be read .*; only the name of the type is kept"):
        assert plain(each for each in itertools.count()) == "<generator>"


class Items:
    """As ConfigDict of ml_collections is: no Mapping, but it has items, one of which is not there yet."""

    def keys(self) -> list[str]:
        return ["a", "missing"]

    def __getitem__(self, key: str) -> Any:
        if key == "missing":
            raise LookupError(key)
        return UserList([1, (2,)])


def test_an_item_that_cannot_be_read_is_none_which_is_said():
    with pytest.warns(RuntimeWarning, match=r"'k\.missing' cannot be read \(LookupError\); None is kept"):
        assert convert("k", Items()) == {"a": [1, (2,)], "missing": None}
    assert plain(Items()) == {"a": [1, [2]], "missing": None}


def test_an_endless_generator_is_refused():
    with pytest.raises(ValueError, match="'k'"):
        convert("k", (each for each in itertools.count()))
    assert len(convert("k", range(MAX_ELEMENTS))) == MAX_ELEMENTS


def test_the_config_is_plain_all_the_way_down():
    given = {"a": (1, np.float32(0.5)), 3: {"b": np.arange(2)}, "c": Colour.RED, "d": Point(1, 2.0), "e": len}
    assert plain(given) == {
        "a": [1, 0.5],
        "3": {"b": [0, 1]},
        "c": "red",
        "d": {"x": 1, "y": 2.0},
        "e": "builtins.len",
    }
    assert plain(1j) == "1j"
    assert plain(np.array([np.clongdouble(1 + 2j)])) == ["1+2j"]
    assert type(plain(np.str_("a"))) is str
    assert plain(True) is True


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [1, 2]),
        ((0.5,), [0.5]),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        (range(3), [0, 1, 2]),
        ([np.float32(1), np.float32(2)], [1, 2]),
        ([Tensor(np.array(1.5)), Tensor(np.array(2.5))], [1.5, 2.5]),
        (np.eye(2), [[1, 0], [0, 1]]),
        ([], []),
        (UserList([1, 2]), [1, 2]),
    ],
    ids=named,
)
def test_numbers_of_any_form_become_an_array(values: object, expected: object):
    assert to_array("sequence", values).tolist() == expected


@pytest.mark.parametrize(
    "values",
    [
        [1, None],
        [1.0, pd.NA],
        pd.Series([1, None], dtype="Int64"),
        np.ma.masked_array([1, 2], mask=[False, True]),
        [Tensor(np.array(1.0)), None],
    ],
    ids=named,
)
def test_what_is_missing_among_numbers_is_nan(values: object):
    first, second = to_array("sequence", values).tolist()
    assert (first, second != second) == (1.0, True)


@pytest.mark.parametrize("values", ["ab", ["a"], [1j], [None], 5.0j, [1, "2", None]], ids=named)
def test_what_is_no_numbers_is_refused(values: object):
    with pytest.raises(TypeError):
        to_array("sequence", values)


@pytest.mark.parametrize(
    "values", [[1, 2], ["a", None], [date(2024, 1, 2), 3], (Colour.RED,), [], [[1], [2]]], ids=named
)
def test_a_list_without_media_is_left_to_the_encoder(values: Any):
    assert convert("k", values) is values


def test_a_list_of_media_is_one_value_of_one_kind():
    histograms = [Histogram([1, 2], num_bins=2), Histogram([3, 4], num_bins=2)]
    expected = {"_type": "histogram", "count": 2, "items": [each.record("k") for each in histograms]}
    assert convert("k", histograms) == convert("k", tuple(histograms)) == expected
    assert convert("k", [deque(histograms)][0]) == histograms
    _native.set_fallback(convert)  # as every writer does
    assert unpack(_native.encode({"a": histograms})) == {"a": expected}


@pytest.mark.parametrize("other", [5, None, Html("a"), [Histogram([1])]], ids=["int", "None", "Html", "list"])
@pytest.mark.parametrize("first", [True, False])
def test_a_list_of_several_kinds_of_media_is_a_list_of_values(recorder: Recorder, other: Any, first: bool):
    values = [Histogram([1]), other] if first else [other, Histogram([1])]
    record = recorder.record(values)
    assert record[not first]["_type"] == "histogram"
    assert record[first] == recorder.record(other) or record[first]["_type"] == "html-file"
