"""Values in JSON and back, and the layout of typed columns."""

import json
import math
from pathlib import Path

import pytest

from stepwell.api.columns.layout import KeyLayout, Missing, sort_of
from stepwell.api.payload import unpack
from stepwell.values.json_form import dumps, from_json, loads, to_json
from tests.support.places import exactly

VALUES = [
    *(0, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0.0, -0.0, 0.1, 1e300, math.nan, math.inf, -math.inf),
    *(True, False, None, "", "text", "NaN", "\ud800 lone", "ü\n\r\0", b"", b"\x00\xff"),
    *([], [1, 2.5, "x", None, [math.nan]], {}, {"a": {"b": [2**60]}}),
    {"_type": "histogram", "bins": [0.0, 1.0], "values": [3]},
    # Dicts of a user's that look like the forms of other values.
    *({"_type": "float", "value": "NaN"}, {"_type": "int", "value": "1"}, {"_type": "int", "value": "abc"}),
    *({"_type": "bytes", "length": 1, "base64": "eA=="}, {"_type": "bytes", "base64": "!!"}, {"_type": {"_type": 1}}),
    *({"_type": "dict", "value": {"a": 1}}, {"_type": "dict", "value": {"_type": "dict"}}, {"_type": "dict"}),
]


# Also read by the tests of rust/codec, rust/server and web.
GOLDEN = Path(__file__).parents[2] / "data" / "golden_values.tsv"
ROWS = [line.split("\t") for line in GOLDEN.read_text(encoding="utf-8").split("\n")[1:] if line]


@pytest.mark.parametrize(("packed", "file"), [row[1:3] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_golden_values_have_their_forms(packed: str, file: str):
    value = unpack(bytes.fromhex(packed))
    assert json.dumps(to_json(value)) == json.dumps(json.loads(file))
    assert exactly(loads(file)) == exactly(value)


@pytest.mark.parametrize("value", [{"_type": "int", "value": "many"}, {"_type": "bytes", "base64": "e"}], ids=repr)
def test_what_only_looks_like_a_form_stays_as_it_is(value: object):
    assert from_json(value) == value


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_from_json(value: object):
    text = dumps(value)
    assert text.isascii()
    assert exactly(loads(text)) == exactly(value)


def test_json_has_the_forms_of_the_http_api():
    assert to_json({"a": [math.nan, -math.inf, 2**60, 1.5, None, b"x"]}) == {
        "a": [
            {"_type": "float", "value": "NaN"},
            {"_type": "float", "value": "-Infinity"},
            {"_type": "int", "value": str(2**60)},
            1.5,
            None,
            {"_type": "bytes", "length": 1, "base64": "eA=="},
        ]
    }
    assert from_json({"_type": "bytes", "length": 3}) == {"_type": "bytes", "length": 3}


@pytest.mark.parametrize(
    ("values", "typed", "has_json"),
    [
        ([1, 2], "int", False),
        ([1.0, 2.0], "float", False),
        ([1, 2.0], "float", True),
        ([True], "bool", False),
        ([1, True], "int", True),
        (["x", "\ud800"], "string", True),
        ([None], None, True),
        ([1.0, None], "float", True),
        ([[1, 2], []], "ints", False),
        ([[1, 2.0]], None, True),
        ([[]], None, True),
        ([b"x"], "binary", False),
        ([{"a": 1}], None, True),
    ],
    ids=repr,
)
def test_a_key_has_a_typed_column_and_json_for_the_rest(values: list[object], typed: str | None, has_json: bool):
    layout = KeyLayout.of(map(sort_of, values))
    assert (layout.typed, layout.has_json) == (typed, has_json)
    plain, texts = layout.cells([*values, Missing])
    assert (plain[-1], texts[-1]) == (None, None)
    back = [value if text is None else loads(text) for value, text in zip(plain, texts, strict=True)]
    assert exactly(back[:-1]) == exactly(values)
