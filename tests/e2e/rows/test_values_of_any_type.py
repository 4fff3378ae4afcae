"""Values of every type in every place: what is logged, set or configured comes to the same, or is refused.

The table is value × place × local, server; each cell has its expected result, to the type and the bit.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from stepwell.values.nested import nest
from tests.support.places import Place, exactly

pytestmark = pytest.mark.e2e

# What the expressions of the table may use.
NAMES = r'''
import argparse, array, collections, dataclasses, datetime, decimal, enum, fractions, functools, ipaddress, math, os
import pathlib, re, types, uuid
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pandas as pd

class Color(enum.Enum):
    RED = "red"

class Level(enum.IntEnum):
    HIGH = 3

class Word(str, enum.Enum):
    YES = "yes"

@dataclasses.dataclass
class Pair:
    left: int
    right: object

@dataclasses.dataclass
class Slots:
    """Without `__dict__`; `b` is never set."""
    __slots__ = ("a", "b")
    a: int
    b: int
    def __init__(self, a):
        self.a = a

class Items:
    """As ConfigDict of ml_collections is: no Mapping, but it has items."""
    def __init__(self, **items):
        object.__setattr__(self, "_items", items)
    def keys(self):
        return self._items.keys()
    def __getitem__(self, key):
        return self._items[key]

class Model:
    """As a model of pydantic is."""
    def model_dump(self):
        return {"a": 1, "c": Color.RED}

class Attribute:
    name = "a"

class Defined:
    """As a class of attrs is."""
    __slots__ = ("a",)
    __attrs_attrs__ = (Attribute,)
    def __init__(self):
        self.a = (1, 2)

class Flags:
    """As those of absl are."""
    def flag_values_dict(self):
        return {"a": 1}

class Tensor:
    """As one of torch is, in a class that extends it."""
    def __init__(self, values):
        self.values = np.asarray(values)
    def detach(self):
        return self
    def cpu(self):
        return self
    def numpy(self):
        return self.values

Tensor.__module__ = "torch"

class Extended(Tensor):
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("call detach() first")

class Own:
    def __repr__(self):
        return "Own(3)"

class Float:
    def __float__(self):
        return 0.5

class Integer:
    def __index__(self):
        return 7

class Pretending:
    @property
    def __class__(self):
        raise RuntimeError("no class")

class Broken:
    """An array whose numbers are not there."""
    def __array__(self, dtype=None, copy=None):
        raise NotImplementedError("no data!")

class RaisingDict(dict):
    def items(self):
        raise RuntimeError("not by items()")

class RaisingList(list):
    def __iter__(self):
        raise RuntimeError("not by iter()")

def masked(*values, mask):
    return np.ma.masked_array(values, mask=mask)

loop = {}
loop["me"] = [loop]
half = np.ma.masked_array(np.arange(40), mask=[True] * 20 + [False] * 20)
nan = math.nan
'''
# Where a value may stand. `inner` and `summary_inner`: as the value of a dict.
PLACES = (
    "row",
    "list",
    "inner",
    "config",
    "config_update",
    "config_inner",
    "summary",
    "summary_inner",
    "cell",
    "cell_list",
)
ROWS = ("row", "list", "inner")
CONFIG = ("config", "config_update", "config_inner")
SUMMARY = ("summary", "summary_inner")
CELLS = ("cell", "cell_list")


class Part(dict[str, Any]):
    """Stands for every dict that has these items, and more."""


@dataclass(frozen=True)
class Case:
    """An expression, what comes of it, what else comes of it in some places, and where it is refused."""

    expression: str
    value: Any = None
    elsewhere: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    error: str = "TypeError"


def scalar(expression: str, value: Any) -> Case:
    """Return the case of an array of one element: a scalar in rows and summary, a list elsewhere."""
    return Case(expression, value, {where: [value] for where in CONFIG + CELLS})


COUNTS, EDGES = np.histogram(np.arange(20.0, 40.0), bins=32)
LAST_HALF = [None] * 20 + list(range(20, 40))
CASES = [
    # What is missing.
    Case("np.ma.masked", None),
    scalar("masked(7.0, mask=[True])", None),
    Case("masked(1, 2, 3, mask=[False, True, False])", [1, None, 3]),
    Case(
        "half",
        {"_type": "histogram", "bins": EDGES.tolist(), "values": COUNTS.tolist()},
        {
            **dict.fromkeys(CONFIG + CELLS, LAST_HALF),
            **dict.fromkeys(SUMMARY, Part(_type="array", size=40, min=20.0, max=39.0, nan=20)),
        },
    ),
    Case("pd.NA", None),
    Case("pd.NaT", None),
    Case("np.datetime64('NaT')", None),
    Case("pd.Series([True, None], dtype='boolean')", [True, None]),
    Case("nan", math.nan),
    # Times and spans of time.
    Case("datetime.datetime(2024, 2, 29, 12)", "2024-02-29T12:00:00"),
    Case("pd.Timestamp('2024-02-29')", "2024-02-29T00:00:00"),
    Case("np.datetime64('2024-02-29')", "2024-02-29"),
    Case("np.datetime64('2024-02-29T00:00:00.000000001')", "2024-02-29T00:00:00.000000001"),
    Case("np.array(['2024-02-29', 'NaT'], dtype='M8[ns]')", ["2024-02-29T00:00:00", None]),
    Case("datetime.timedelta(days=1, seconds=90)", "P1DT90S"),
    Case("np.timedelta64(90, 's')", "PT90S"),
    Case("pd.Timedelta(0)", "PT0S"),
    # Numbers that are more or less than floats.
    Case("1 + 2j", "1+2j"),
    Case("np.complex64(1j)", "1j"),
    Case("np.array([1j, 3])", ["1j", "3+0j"]),
    Case("fractions.Fraction(1, 3)", "1/3"),
    Case("decimal.Decimal('0.10')", "0.10"),
    Case("decimal.Decimal('sNaN')", "sNaN"),
    Case("2**70", 2.0**70),
    Case("np.float16(0.5)", 0.5),
    Case("np.longdouble(0.25)", 0.25),
    Case("ml_dtypes.bfloat16(1.5)", 1.5),
    Case("ml_dtypes.int4(-3)", -3),
    Case("np.array([1, -2]).astype(ml_dtypes.int4)", [1, -2]),
    Case("jnp.asarray([1, 2], dtype='int8')", [1, 2]),
    Case("jnp.bfloat16(1.5)", 1.5),
    Case("Tensor([1, 2])", [1, 2]),
    Case("Extended([1.5, 2.5])", [1.5, 2.5]),
    Case("Float()", 0.5),
    Case("Integer()", 7),
    Case("np.bool_(True)", True),
    # Text.
    Case("pathlib.PurePosixPath('/a/b')", "/a/b"),
    Case("uuid.UUID(int=1)", "00000000-0000-0000-0000-000000000001"),
    Case("re.compile('a+')", "a+"),
    Case("ipaddress.ip_address('1.2.3.4')", "1.2.3.4"),
    Case("collections.UserString('a')", "a"),
    Case("np.str_('a')", "a"),
    Case(r"os.fsdecode(b'caf\xe9')", "caf\udce9"),
    Case(r"b'\xff'", b"\xff"),
    Case("bytearray(b'text')", "text"),
    Case("math.sqrt", "math.sqrt"),
    Case("Own()", "Own(3)"),
    # Enums.
    Case("Color.RED", "red"),
    Case("Level.HIGH", 3),
    Case("Word.YES", "yes"),
    # Lists.
    Case("(1, (2, 3))", [1, [2, 3]]),
    Case("collections.UserList([1, Color.RED])", [1, "red"]),
    Case("collections.deque([1, None])", [1, None]),
    Case("{3, 1, 2}", [1, 2, 3]),
    Case("range(2)", [0, 1]),
    Case("(each for each in (1, 2))", [1, 2]),
    Case("array.array('d', [1.5, 2.5])", [1.5, 2.5]),
    Case("np.arange(4).reshape(2, 2)", [[0, 1], [2, 3]]),
    # What has items.
    Case("collections.UserDict(a=1)", {"a": 1}),
    Case("types.MappingProxyType({'a': (1,)})", {"a": [1]}),
    Case("Items(a=1, n=Items(b=(1, 2)))", {"a": 1, "n": {"b": [1, 2]}}),
    Case("types.SimpleNamespace(a=Color.RED)", {"a": "red"}),
    Case("argparse.Namespace(a=argparse.Namespace(b=1))", {"a": {"b": 1}}),
    Case("Pair(1, Pair(2, np.int64(3)))", {"left": 1, "right": {"left": 2, "right": 3}}),
    Case("Slots(1)", {"a": 1}),
    Case("Model()", {"a": 1, "c": "red"}),
    Case("Defined()", {"a": [1, 2]}),
    Case("Flags()", {"a": 1}),
    # What raises in its own way to what it holds.
    Case("RaisingDict(a=(1, 2))", {"a": [1, 2]}),
    Case("RaisingList([1, Color.RED])", [1, "red"]),
    # Names of keys.
    Case("{1: 'one', np.int64(2): 'two', None: 0}", {"1": "one", "2": "two", "None": 0}),
    Case("{Color.RED: 1, Level.HIGH: 2, Word.YES: 3}", {"red": 1, "3": 2, "yes": 3}),
    Case("{(1, 2): 3, b'k': 4}", {"(1, 2)": 3, "k": 4}),
    Case(r"{os.fsdecode(b'caf\xe9'): 1}", {r"caf\udce9": 1}),
    # What nothing stands for.
    Case("object()", "<object>", refused=(*ROWS, *SUMMARY, *CELLS)),
    Case("Pretending()", "<__main__.Pretending>", refused=(*ROWS, *SUMMARY, *CELLS)),
    Case("Broken()", "<__main__.Broken>", refused=(*ROWS, *SUMMARY, *CELLS)),
    Case("loop", refused=PLACES, error="ValueError"),
    Case("[1, (loop,)]", refused=PLACES, error="ValueError"),
    Case("types.SimpleNamespace(me=loop)", refused=PLACES, error="ValueError"),
]

SCRIPT = f"""
import json, sys, warnings
import stepwell
{NAMES}
warnings.simplefilter("ignore")
cases = json.loads(sys.argv[1])

def attempt(where, number, call):
    try:
        call()
    except Exception as error:
        print(json.dumps([where, number, type(error).__name__, str(error)]))

config = {{}}
for number, (expression, accepted) in enumerate(cases):
    if accepted:
        config[f"config{{number}}"] = eval(expression)
    else:
        attempt("config", number, lambda: stepwell.init(project="p", config={{f"config{{number}}": eval(expression)}}))
with stepwell.init(project="p", id="any", config=config) as run:
    for number, (expression, _) in enumerate(cases):
        value = lambda: eval(expression)
        table = lambda cell: stepwell.Table(columns=["c"], data=[[cell]], allow_mixed_types=True)
        calls = {{
            "row": lambda key: run.log({{key: value()}}, step=number),
            "list": lambda key: run.log({{key: [value()]}}, step=number),
            "inner": lambda key: run.log({{key: {{"in": value()}}}}, step=number),
            "config_update": lambda key: run.config.update({{key: value()}}),
            "config_inner": lambda key: run.config.update({{key: {{"in": value()}}}}),
            "summary": lambda key: run.summary.update({{key: value()}}),
            "summary_inner": lambda key: run.summary.update({{key: {{"in": value()}}}}),
            "cell": lambda key: run.log({{key: table(value())}}, step=number),
            "cell_list": lambda key: run.log({{key: table([value()])}}, step=number),
        }}
        for where, call in calls.items():
            attempt(where, number, lambda: call(f"{{where}}{{number}}"))
    here = run.config.as_dict()
print("plain" if "np." not in repr(here) and type(here) is dict else repr(here))
"""


@dataclass
class Read:
    """What was read back: values by place and number of the case, and errors."""

    values: dict[tuple[str, int], Any]
    refused: dict[tuple[str, int], tuple[str, str]]
    said: list[str]


@pytest.fixture(scope="module")
def read(place: Place) -> Read:
    ended = place.run(SCRIPT, json.dumps([[case.expression, "config" not in case.refused] for case in CASES]))
    *lines, last = ended.stdout.splitlines()
    refused = {(where, number): (kind, said) for where, number, kind, said in map(json.loads, lines)}
    run = place.api().run("p/any")
    rows = {row["_step"]: nest(row) for row in run.scan_history()}
    summary = nest(dict(run.summary))
    values: dict[tuple[str, int], Any] = {}
    for number in range(len(CASES)):
        for where in PLACES:
            key = f"{where}{number}"
            source = run.config if where in CONFIG else summary if where in SUMMARY else rows.get(number, {})
            if key not in source:
                continue
            found = source[key]
            if where in CELLS:
                found = run.media(found).data[0][0]
            if where in ("list", "cell_list"):
                (found,) = found
            values[where, number] = found["in"] if where.endswith("inner") else found
    return Read(values, refused, [last])


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.expression[:40] for case in CASES])
def test_a_value_comes_to_the_same_in_every_place(read: Read, where: str, number: int):
    case = CASES[number]
    if where in case.refused:
        kind, said = read.refused[where, number]
        assert kind == case.error
        assert re.search(rf"{where}{number}\b", said), said
        assert (where, number) not in read.values
        return
    assert (where, number) not in read.refused
    expected, found = case.elsewhere.get(where, case.value), read.values[where, number]
    if isinstance(expected, Part):
        found = {name: found[name] for name in expected}
    assert exactly(found) == exactly(expected)


def test_the_config_of_the_process_is_plain(read: Read):
    assert read.said == ["plain"]
