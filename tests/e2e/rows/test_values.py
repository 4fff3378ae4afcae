"""Every kind of value as a table: what is logged and what is read back, to the type and the bit."""

import datetime
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.support.places import Place, exactly

pytestmark = pytest.mark.e2e

# What the expressions of the table may use.
NAMES = """
import collections, dataclasses, datetime, decimal, enum, math, pathlib, types, uuid
import numpy as np
from stepwell import Histogram

class Color(enum.Enum):
    RED = "red"

@dataclasses.dataclass
class Pair:
    left: int
    right: list

class Text(str):
    pass

noise = np.random.default_rng(7)
normal = noise.normal(size=1000)
"""
NAMES_HERE: dict[str, Any] = {}
exec(NAMES.replace("from stepwell import Histogram", ""), NAMES_HERE)


def histogram(values: Any, bins: int = 32) -> dict[str, Any]:
    counts, edges = np.histogram(values, bins=bins)
    return {"_type": "histogram", "bins": [float(edge) for edge in edges], "values": counts.tolist()}


@dataclass(frozen=True)
class Case:
    """An expression that is logged, and what is read back; `below` are the keys of a nested dict."""

    expression: str
    value: Any = None
    below: dict[str, Any] | None = None


def same(*expressions: str) -> list[Case]:
    """Values that come back as they are."""
    return [Case(expression, eval(expression, {"math": math})) for expression in expressions]


normal = NAMES_HERE["normal"]
CASES = [
    # Floats keep every bit.
    *same("math.nan", "math.inf", "-math.inf", "-0.0", "0.0", "0.1", "5e-324", "1.7976931348623157e308", "2.0**53"),
    # Integers that fit 64 bits stay integers; larger ones are floats.
    *same("0", "1", "-1", "31", "-32", "-33", "127", "128", "-128", "-129", "255", "256", "65535", "65536"),
    *same("-32768", "-32769", "2**31", "-2**31 - 1", "2**32 - 1", "2**32", "2**53 + 1", "2**63 - 1", "-2**63"),
    Case("2**63", 2.0**63),
    Case("2**64", 2.0**64),
    Case("-2**64", -(2.0**64)),
    Case("10**400", math.inf),
    *same("True", "False", "None"),
    # Text.
    *same("''", "'text'", "'ünï 🎉 中'", "'nul \\0 in it'", "'x' * 100_000", r"'\ud800 lone \udfff'", "'NaN'", "'1'"),
    Case("Text('of a subclass')", "of a subclass"),
    # Lists and dicts.
    *same("[]", "[1, 2.5, 'x', None, True]", "[[1, 2], [3, [4]]]", "[math.nan, math.inf]", "[2**63 - 1]"),
    Case("(1, (2, 3))", [1, [2, 3]]),
    *same("{}"),
    Case("{'a': {'b': 1, 'ü': [1]}, 'c': None}", below={"a.b": 1, "a.ü": [1], "c": None}),
    Case("{1: 'one'}", below={"1": "one"}),
    Case("collections.OrderedDict(a=1)", below={"a": 1}),
    Case("types.MappingProxyType({'a': 1})", below={"a": 1}),
    *same("{'_type': 'thing', 'a': {'b': 1}}", "[{'a': 1}]"),
    # Scalars of numpy.
    Case("np.bool_(True)", True),
    *[Case(f"np.{name}(-5)", -5) for name in ("int8", "int16", "int32", "int64")],
    *[Case(f"np.{name}(200)", 200) for name in ("uint8", "uint16", "uint32", "uint64")],
    Case("np.int64(-2**63)", -(2**63)),
    Case("np.uint64(2**63 - 1)", 2**63 - 1),
    Case("np.uint64(2**64 - 1)", float(2**64 - 1)),
    Case("np.float16(0.1)", float(np.float16(0.1))),
    Case("np.float32(0.1)", float(np.float32(0.1))),
    Case("np.float64(0.1)", 0.1),
    Case("np.float32('nan')", math.nan),
    Case("np.float16('-inf')", -math.inf),
    Case("np.longdouble(0.25)", 0.25),
    Case("np.str_('text')", "text"),
    # Arrays: one element is a scalar, up to 32 a list, more a histogram.
    Case("np.array(3.5)", 3.5),
    Case("np.array([7])", 7),
    Case("np.array([[[7.5]]], dtype=np.float16)", 7.5),
    Case("np.array([True])", True),
    Case("np.arange(32)", list(range(32))),
    Case("np.arange(6.0).reshape(2, 3)", [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    Case("np.zeros(0)", []),
    Case("np.array(['a', 'b'])", ["a", "b"]),
    Case("np.arange(33)", histogram(np.arange(33))),
    Case("np.arange(33.0)", histogram(np.arange(33.0))),
    Case("normal", histogram(normal)),
    Case("normal.astype(np.float32)", histogram(normal.astype(np.float32))),
    Case("normal.astype('>f8')", histogram(normal)),
    Case("normal.reshape(10, 100)[:, ::3]", histogram(normal.reshape(10, 100)[:, ::3])),
    Case("normal[::-1]", histogram(normal)),
    Case("(normal * 100).astype(np.int8)", histogram((normal * 100).astype(np.int8))),
    Case("np.full(100, 2.5)", histogram(np.full(100, 2.5))),
    Case("np.append(normal, [math.nan] * 3)", histogram(normal)),
    Case("np.arange(100) % 2 == 0", histogram((np.arange(100) % 2 == 0).astype(np.uint8))),
    # Histograms.
    Case("Histogram(normal)", histogram(normal, 64)),
    Case("Histogram(normal.tolist(), num_bins=512)", histogram(normal, 512)),
    Case("Histogram([1, 2, 2, 3], num_bins=3)", histogram([1, 2, 2, 3], 3)),
    Case("Histogram(np_histogram=np.histogram(normal, bins=10))", histogram(normal, 10)),
    Case(
        "Histogram(np_histogram=([3, 4], [0, 0.5, 1]))",
        {"_type": "histogram", "bins": [0.0, 0.5, 1.0], "values": [3, 4]},
    ),
    # What has another form.
    Case("datetime.datetime(2024, 2, 29, 12, 30, 1, 5)", datetime.datetime(2024, 2, 29, 12, 30, 1, 5).isoformat()),
    Case("datetime.date(2024, 2, 29)", "2024-02-29"),
    Case("decimal.Decimal('0.10')", "0.10"),
    Case("pathlib.PurePosixPath('/a/b')", "/a/b"),
    Case("uuid.UUID(int=1)", "00000000-0000-0000-0000-000000000001"),
    Case("Color.RED", "red"),
    Case("Pair(1, [2])", below={"left": 1, "right": [2]}),
    Case("{3, 1, 2}", [1, 2, 3]),
    Case("(i * i for i in range(3))", [0, 1, 4]),
    Case("range(3)", [0, 1, 2]),
    Case("collections.deque([1, 2])", [1, 2]),
    Case("math.sqrt", "math.sqrt"),
    Case("b'bytes of t\\xc3\\xa9xt'", "bytes of téxt"),
]
KEYS = [
    "loss",
    "ünï/中 🎉",
    "",
    " ",
    "a/b",
    "a.b",
    "UPPER",
    "upper",
    "%d {0} \\",
    "x" * 1024,
    "ü" * 512,
    "nul\0",
    "a\nb",
]

SCRIPT = f"""
import json, sys, warnings
import stepwell
{NAMES}
expressions, keys = json.loads(sys.argv[1])
with stepwell.init(project="values", id="r") as run:
    for step, expression in enumerate(expressions):
        run.log({{f"v{{step}}": eval(expression)}}, step=step)
with stepwell.init(project="values", id="keys") as run:
    run.log({{key: number for number, key in enumerate(keys)}})
"""


@dataclass
class Read:
    """What was read back, by step."""

    scanned: dict[int, dict[str, Any]]
    sampled: dict[int, dict[str, Any]]
    summary: dict[str, Any]
    keys: dict[str, Any]
    said: str


def plain_rows(rows: Any) -> dict[int, dict[str, Any]]:
    return {row["_step"]: {key: value for key, value in row.items() if key[:1] != "_"} for row in rows}


@pytest.fixture(scope="module")
def read(place: Place) -> Read:
    ended = place.run(SCRIPT, json.dumps([[case.expression for case in CASES], KEYS]))
    api = place.api()
    run = api.run("values/r")
    keys = plain_rows(api.run("values/keys").scan_history())
    return Read(
        scanned=plain_rows(run.scan_history()),
        sampled=plain_rows(run.history(samples=1000, pandas=False)),
        summary=dict(run.summary),
        keys=keys[0],
        said=ended.output,
    )


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.expression[:50] for case in CASES])
def test_the_value_comes_back(read: Read, number: int):
    case, name = CASES[number], f"v{number}"
    expected = {name: case.value} if case.below is None else {f"{name}.{key}": v for key, v in case.below.items()}
    assert exactly(read.scanned[number]) == exactly(expected)
    assert exactly(read.sampled[number]) == exactly(expected)
    if case.below is None:
        assert exactly(read.summary[name]) == exactly(case.value)


def test_any_key_comes_back(read: Read):
    assert read.keys == {key: number for number, key in enumerate(KEYS)}


def test_an_integer_beyond_64_bits_is_warned_of_once(read: Read):
    assert read.said.count("beyond 64 bits") == 1, read.said


DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
# Shapes of data that trip up binning: heavy tails, ties on edges, one value far out, constants.
MAKERS = {
    "normal": lambda rng: np.clip(rng.normal(size=500) * 50, -120, 120),
    "cauchy": lambda rng: np.clip(rng.standard_cauchy(500), -120, 120),
    "ties": lambda rng: rng.integers(0, 33, 500),
    "constant": lambda rng: np.full(100, 7),
    "far out": lambda rng: np.append(rng.random(100), 100),
    "edges": lambda rng: np.linspace(0, 1, 321) * 100,
}
HISTOGRAMS = """
import sys
import numpy as np
import stepwell
arrays = np.load(sys.argv[1])
with stepwell.init(project="values", id="histograms") as run:
    for name in arrays.files:
        run.log({"auto": arrays[name], "own": stepwell.Histogram(arrays[name], num_bins=51)})
"""


def test_histograms_of_every_type_equal_those_of_numpy(place: Place):
    rng = np.random.default_rng(11)
    arrays = {
        f"{maker} {dtype}": (np.abs(make(rng)) if dtype.startswith("u") else make(rng)).astype(dtype)
        for maker, make in MAKERS.items()
        for dtype in DTYPES
    }
    path = place.directory / "arrays.npz"
    np.savez(path, **arrays)
    place.run(HISTOGRAMS, str(path))
    rows = list(place.api().run("values/histograms").scan_history())
    assert len(rows) == len(arrays)
    for (name, array), row in zip(arrays.items(), rows, strict=True):
        for key, bins in (("auto", 32), ("own", 51)):
            counts, edges = np.histogram(array, bins=bins)
            assert row[key]["values"] == counts.tolist(), f"{name}, {bins} bins"
            assert row[key]["bins"] == edges.astype(float).tolist(), f"{name}, {bins} bins"
