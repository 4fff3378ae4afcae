"""Every rule of steps as a table: which calls of `log` give which rows, locally and through a server."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.places import Place, exactly, scan

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Case:
    """Calls, one statement each, and the rows they must give."""

    name: str
    calls: list[str]
    rows: dict[int, dict[str, Any]]
    settings: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case(
        "steps count from zero",
        ["log({'a': 1})", "log({'a': 2})", "log({'a': 3})"],
        {0: {"a": 1}, 1: {"a": 2}, 2: {"a": 3}},
    ),
    Case(
        "a step is merged, and an older one is accepted",
        ["log({'a': 1}, step=5)", "log({'b': 2}, step=5)", "log({'a': 3}, step=4)"],
        {4: {"a": 3}, 5: {"a": 1, "b": 2}},
    ),
    Case(
        "commit=False collects",
        ["log({'a': 1}, commit=False)", "log({'b': 2}, commit=False)", "log({'c': 3})", "log({'a': 9})"],
        {0: {"a": 1, "b": 2, "c": 3}, 1: {"a": 9}},
    ),
    Case("what is being collected at the end is written", ["log({'a': 1}, commit=False)"], {0: {"a": 1}}),
    Case(
        "a row with a step goes on being collected",
        ["log({'a': 1}, step=5)", "log({'b': 2})", "log({'c': 3})"],
        {5: {"a": 1, "b": 2}, 6: {"c": 3}},
    ),
    Case(
        "commit=True ends a row with a step",
        ["log({'a': 1}, step=5, commit=True)", "log({'b': 2})"],
        {5: {"a": 1}, 6: {"b": 2}},
    ),
    Case(
        "a larger step ends the row before",
        ["log({'a': 1}, step=1)", "log({'a': 2}, step=7)", "log({'a': 3})", "log({'a': 4})"],
        {1: {"a": 1}, 7: {"a": 3}, 8: {"a": 4}},
    ),
    Case(
        "the later of two calls wins", ["log({'a': 1, 'b': 1}, step=3)", "log({'a': 2}, step=3)"], {3: {"a": 2, "b": 1}}
    ),
    Case(
        "an older step is merged into its row",
        ["log({'a': 1}, step=1)", "log({'b': 1}, step=2)", "log({'c': 3}, step=1)"],
        {1: {"a": 1, "c": 3}, 2: {"b": 1}},
    ),
    Case(
        "an older step is overwritten by the later call",
        ["log({'a': 1, 'z': 0}, step=1)", "log({'a': 2}, step=2)", "log({'a': 9}, step=1)", "log({'a': 10}, step=1)"],
        {1: {"a": 10, "z": 0}, 2: {"a": 2}},
    ),
    Case(
        "after an older step the newest goes on",
        ["log({'a': 1}, step=5)", "log({'b': 2}, step=2)", "log({'c': 3})", "log({'d': 4})"],
        {2: {"b": 2}, 5: {"a": 1, "c": 3}, 6: {"d": 4}},
    ),
    Case(
        "a committed step can be written again",
        ["log({'a': 1})", "log({'a': 2})", "log({'b': 5}, step=0)", "log({'a': 3})"],
        {0: {"a": 1, "b": 5}, 1: {"a": 2}, 2: {"a": 3}},
    ),
    Case(
        "nested dicts of one step are merged",
        ["log({'n': {'x': 1, 'y': 1}}, step=1)", "log({'n': {'y': 2, 'z': {'w': 3}}}, step=1)"],
        {1: {"n.x": 1, "n.y": 2, "n.z.w": 3}},
    ),
    Case(
        "nested dicts of one step are merged after a pause too",
        [
            "log({'n': {'x': 1, 'y': 1}}, step=1)",
            "time.sleep(0.3)",
            "log({'n': {'y': 2, 'z': {'w': 3}}}, step=1)",
        ],
        {1: {"n.x": 1, "n.y": 2, "n.z.w": 3}},
    ),
    Case(
        "a typed value is never merged field by field",
        [
            "log({'h': {'_type': 'thing', 'only': 'first', 'both': 1}}, step=1)",
            "log({'h': {'_type': 'thing', 'both': 2}}, step=1)",
        ],
        {1: {"h": {"_type": "thing", "both": 2}}},
    ),
    Case("an empty row is a row", ["log({})", "log({'a': 1})", "log({})"], {0: {}, 1: {"a": 1}, 2: {}}),
    Case("a step may be negative", ["log({'a': 1}, step=-3)", "log({'a': 2})"], {-3: {"a": 1}, 0: {"a": 2}}),
    Case(
        "a step may be beyond what a double can hold",
        [
            f"log({{'a': 1}}, step={2**53 + 1})",
            f"log({{'a': 2}}, step={2**62})",
            f"log({{'a': 3}}, step={-(2**62) - 1})",
        ],
        {2**53 + 1: {"a": 1}, 2**62: {"a": 2}, -(2**62) - 1: {"a": 3}},
    ),
    Case("a step may be an integer of numpy", ["log({'a': 1}, step=numpy.int32(4))"], {4: {"a": 1}}),
    Case(
        # After 100 ms a row that is being collected is written as it stands.
        "what comes after a pause is merged into the row that was already written",
        [
            "log({'a': 1, 'b': 1}, step=5)",
            "time.sleep(0.3)",
            "log({'b': 2, 'c': 2}, step=5)",
            "log({'d': 3}, commit=False)",
        ],
        {5: {"a": 1, "b": 2, "c": 2, "d": 3}},
    ),
    Case(
        "commit=False survives a pause",
        ["log({'a': 1}, commit=False)", "time.sleep(0.3)", "log({'b': 2})", "log({'c': 3})"],
        {0: {"a": 1, "b": 2}, 1: {"c": 3}},
    ),
    Case(
        "strict_steps raises for an older step and keeps the rest",
        [
            "log({'a': 1}, step=5)",
            "refused(lambda: log({'a': 3}, step=4))",
            "log({'b': 2}, step=5)",
            "log({'a': 4}, step=6)",
        ],
        {5: {"a": 1, "b": 2}, 6: {"a": 4}},
        {"strict_steps": True},
    ),
]

SCRIPT = """
import json, sys, time
import numpy
import stepwell

def refused(call):
    try:
        call()
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
    else:
        raise SystemExit("not refused")

for number, (calls, settings) in enumerate(json.loads(sys.argv[1])):
    run = stepwell.init(project="steps", id=f"case-{number}", **settings)
    names = {"log": run.log, "numpy": numpy, "time": time, "refused": refused}
    for call in calls:
        exec(call, names)
    run.finish()
"""


@pytest.fixture(scope="module")
def said(place: Place) -> str:
    """Run all cases in one script and return what it said."""
    return place.run(SCRIPT, json.dumps([[case.calls, case.settings] for case in CASES])).output


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name.replace(" ", "_") for case in CASES])
def test_the_rows_are_those_of_the_table(place: Place, said: str, number: int):
    run = place.api().run(f"steps/case-{number}")
    rows = scan(run)
    assert exactly(rows) == exactly(CASES[number].rows)
    assert list(rows) == sorted(rows), "rows come in step order"


def test_a_refused_step_is_named(place: Place, said: str):
    assert "step 4" in said, said
    assert "5" in said, said
