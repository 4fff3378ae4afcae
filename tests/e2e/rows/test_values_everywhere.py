"""Values that poison readers, in every place: accepted ones come back by every way, others are refused.

Invariant F1. Every cell of the table (value × place × local, server) is checked to the type and the bit.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api
from stepwell.export import export_run, read_csv, read_jsonl, read_parquet
from tests.support.places import Place, exactly
from tests.support.processes import ServerProcess, run_command

pytestmark = pytest.mark.e2e

NAMES = """
import functools, math
import numpy as np

def lists(levels):
    return functools.reduce(lambda inner, _: [inner], range(levels), 1)

def dicts(levels):
    return functools.reduce(lambda inner, _: {"k": inner}, range(levels), 1)

loop = {}
loop["me"] = [loop]
"""
HERE: dict[str, Any] = {}
exec(NAMES, HERE)
# Where a value may stand. In `row` and `summary` dicts become keys of their own, so values stand in a list
# there.
PLACES = ("row", "typed", "config", "config_nested", "summary", "cell", "cell_nested")


@dataclass(frozen=True)
class Case:
    """An expression, what comes back of it, and where it is refused instead."""

    expression: str
    value: Any
    refused: tuple[str, ...] = ()


def same(*expressions: str) -> list[Case]:
    return [Case(expression, eval(expression, HERE)) for expression in expressions]


CASES = [
    # Text that is no UTF-8, and characters that files and terminals stumble over.
    *same(r"'\ud800'", r"'a\udce9b'", r"'\udfff tail'", r"'nul\0'", r"'\r\n\t\x7f\u2028'", "''", "'ünï 🎉'", "'NaN'"),
    *same("'x' * 300_000", r"['\ud800', {'k': '\udfff'}]"),
    # Bytes that are no text keep their content.
    *same(r"b'\xff\x00\x01'", r"b'\xc3'", r"[b'\xff', {'k': [b'\xfe\xfd']}]", r"b'\xff' * 300_000"),
    Case("b'text'", "text"),
    Case(r"bytearray(b'\xff')", b"\xff"),
    # Numbers.
    *same("2**63 - 1", "-2**63", "2**53 + 1", "math.nan", "math.inf", "-math.inf", "-0.0", "5e-324"),
    Case("2**63", 2.0**63),
    Case("-2**63 - 1", -(2.0**63)),
    Case("10**5000", float("inf")),
    Case("np.uint64(2**64 - 1)", 2.0**64),
    Case("np.array([2**64 - 1, 1], dtype=np.uint64)", [2.0**64, 1]),
    Case("np.array([2**70, None, '\\ud800'], dtype=object)", [2.0**70, None, "\ud800"]),
    # Depth: the row takes two levels here, a table three, and cells of lists another.
    *same("lists(25)", "dicts(25)", "[]", "{}", "[[], {}, None]"),
    Case("lists(200)", None, PLACES),
    Case("dicts(2000)", None, PLACES),
    Case("loop", None, PLACES),
    # Dicts that look like what readers know.
    *same("{'_type': 'int', 'value': 'many'}", "{'_type': 'bytes', 'length': 1, 'base64': '!'}", "{'_type': 5}"),
    *same("{'_type': 'histogram'}", "{'_type': 'histogram', 'bins': 3, 'values': None}", "{'_type': {'_type': 1}}"),
    *same("{'_type': 'image-file', 'path': '../../x'}", "{'_type': 'table-file', 'path': 5, 'items': 3}"),
    *same("{'_type': 'array', 'shape': 'round'}", "{'_type': 'image-file', 'items': [1, None, {}]}"),
]
KEYS = {
    "": "", " ": " ", ".": ".", "a.": "a.", "..": "..", "/": "/", "nul\0": "nul\0", "a\nb": "a\nb", "%s {}": "%s {}",
    "\\": "\\", "a\\.b": "a\\.b", "x:json": "x:json", "ü 🎉": "ü 🎉", "\ud800": "\\ud800", "caf\udce9": "caf\\udce9",
}  # fmt: skip
STEPS = [2**63 - 1, 2**63 - 2, 2**53 + 1, 0, -1, -(2**63)]

SCRIPT = f"""
import json, sys, warnings
import stepwell
{NAMES}
warnings.simplefilter("ignore")  # that an integer is beyond 64 bits
expressions, keys, steps = json.loads(sys.argv[1])

def attempt(name, call):
    try:
        call()
    except Exception as error:
        print(json.dumps([name, type(error).__name__, str(error)]))

with stepwell.init(project="everywhere", id="values") as run:
    for number, expression in enumerate(expressions):
        value = eval(expression)
        row, typed = {{f"v{{number}}": [value]}}, {{f"t{{number}}": {{"_type": "box", "in": value}}}}
        attempt(f"row v{{number}}", lambda: run.log(row, step=number))
        attempt(f"typed t{{number}}", lambda: run.log(typed, step=number))
        attempt(f"config v{{number}}", lambda: run.config.update({{f"v{{number}}": value}}))
        attempt(f"config_nested n{{number}}", lambda: run.config.update({{f"n{{number}}": {{"a": [value]}}}}))
        attempt(f"summary s{{number}}", lambda: run.summary.update({{f"s{{number}}": [value]}}))
        for kind, cell in (("cell", value), ("cell_nested", [value])):
            table = stepwell.Table(columns=["c"], data=[[cell]], allow_mixed_types=True)
            attempt(f"{{kind}} {{kind}}{{number}}", lambda: run.log({{f"{{kind}}{{number}}": table}}, step=number))
with stepwell.init(project="everywhere", id="keys", config=dict.fromkeys(keys, 1)) as run:
    for number, key in enumerate(keys):
        run.log({{key: number}}, step=number)
        run.log({{"in": {{key: number}}, "typed": {{"_type": "box", key: number}}}}, step=number)
        run.summary[f"hand {{key}}"] = number
    table = stepwell.Table(columns=keys, data=[[{{key: number}} for number, key in enumerate(keys)]])
    run.log({{"table": table}}, step=len(keys))
with stepwell.init(project="everywhere", id="steps") as run:
    for step in steps:
        run.log({{"at": step}}, step=step)
        run.log_columns({{"column": [step]}}, steps=[step])
    for step in (2**63, -2**63 - 1, 2**70, 1.5, "1", np.uint64(2**63)):
        attempt(repr(step), lambda: run.log({{"at": 1}}, step=step))
        attempt(f"columns {{step!r}}", lambda: run.log_columns({{"at": [1]}}, steps=[step]))
    run.log({{"after": 1}})
with stepwell.init(project="everywhere", id="large") as run:
    for number in range(6):
        run.log({{f"k{{number}}": str(number) * 4_000_000}}, step=0)
    run.log({{"n" * 100: {{"k" * 900: {{str(number): number for number in range(3_000)}}}}}}, step=1)
with stepwell.init(project="everywhere", id="steps", resume="must") as run:
    assert run.step == 2**63 - 1
    run.log({{"resumed": 1}})
"""


@dataclass
class Read:
    """What was read back."""

    runs: dict[str, Any]
    refused: dict[str, tuple[str, str]]
    ways: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)


def read_by_every_way(run: Any, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows as every reader gives them."""
    ways = {"scan_history": list(run.scan_history())}
    # A sample is not asked for in one piece where it would be larger than an answer.
    ways["history"] = run.history(samples=1_000_000, pandas=False)
    for ending, reader in (("csv", read_csv), ("jsonl", read_jsonl), ("parquet", read_parquet)):
        path = folder / f"{run.id}.{ending}"
        export_run(run, path)
        ways[ending] = list(reader(path))
    columns = run.scan_columns()
    assert columns.rows == len(columns.to_pandas()) == columns.to_arrow().num_rows == len(ways["scan_history"])
    return ways


@pytest.fixture(scope="module")
def read(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Read:
    given = [[case.expression for case in CASES], list(KEYS), STEPS]
    ended = place.run(SCRIPT, json.dumps(given))
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    api = place.api()
    found = Read({run.id: run for run in api.runs("everywhere")}, {name: (kind, said) for name, kind, said in lines})
    folder = tmp_path_factory.mktemp(f"everywhere-{place.name}")
    found.ways = {run.id: read_by_every_way(run, folder) for run in found.runs.values()}
    return found


def value_at(read: Read, where: str, number: int) -> Any:
    run = read.runs["values"]
    (row,) = [row for row in read.ways["values"]["scan_history"] if row["_step"] == number]
    if where == "row":
        return row[f"v{number}"][0]
    if where == "typed":
        return row[f"t{number}"]["in"]
    if where == "config":
        return run.config[f"v{number}"]
    if where == "config_nested":
        return run.config[f"n{number}"]["a"][0]
    if where == "summary":
        return run.summary[f"s{number}"][0]
    cell = run.media(row[f"{where}{number}"]).data[0][0]
    return cell if where == "cell" else cell[0]


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.expression[:40] for case in CASES])
def test_a_value_comes_back_or_is_refused_by_name(read: Read, where: str, number: int):
    case = CASES[number]
    refused = {name: said for name, said in read.refused.items() if name == f"{where} {_key(where, number)}"}
    if where not in case.refused:
        assert refused == {}
        assert exactly(value_at(read, where, number)) == exactly(case.value)
        return
    ((name, (kind, said)),) = refused.items()
    assert kind == "ValueError"
    assert name.split()[1] in said


def _key(where: str, number: int) -> str:
    letter = {"row": "v", "typed": "t", "config": "v", "config_nested": "n", "summary": "s"}.get(where, where)
    return f"{letter}{number}"


def test_a_row_of_many_calls_or_long_paths_is_read_whole(read: Read):
    """Each call is within the limits of a row, and what is merged of them is beyond those of a frame."""
    many, paths = read.ways["large"]["scan_history"]
    assert [many[f"k{number}"][:2] * 2_000_000 == many[f"k{number}"] for number in range(6)] == [True] * 6
    assert {key.rpartition(".")[2]: value for key, value in paths.items() if key[0] == "n"} == {
        str(number): number for number in range(3_000)
    }


@pytest.mark.parametrize("run", ["values", "keys", "steps", "large"])
def test_every_reader_gives_the_same_rows(read: Read, run: str):
    ways = read.ways[run]
    expected = [exactly(row) for row in ways["scan_history"]]
    for way, rows in ways.items():
        assert [exactly(row) for row in rows] == expected, way


def test_any_key_comes_back_in_every_place(read: Read):
    run, rows = read.runs["keys"], read.ways["keys"]["scan_history"]
    for number, clean in enumerate(KEYS.values()):
        assert rows[number][clean] == rows[number][f"in.{clean}"] == rows[number]["typed"][clean] == number
        assert run.config[clean] == 1
        assert run.summary[f"hand {clean}"] == number
    table = run.media(rows[-1]["table"])
    assert table.columns == list(KEYS), "names of columns are values"
    assert table.data == [[{clean: number} for number, clean in enumerate(KEYS.values())]]


def test_any_step_of_64_bits_comes_back(read: Read):
    rows = {row.pop("_step"): row for row in map(dict, read.ways["steps"]["scan_history"])}
    assert list(rows) == sorted(STEPS)
    for step in STEPS:
        assert rows[step]["at"] == rows[step]["column"] == step
    assert (rows[2**63 - 1]["after"], rows[2**63 - 1]["resumed"]) == (1, 1), "there is no step after the greatest"
    assert read.runs["steps"].lastHistoryStep == 2**63 - 1


def test_a_step_that_is_none_is_refused_and_says_so(read: Read):
    refused = {name: said for name, said in read.refused.items() if name.split()[0] not in PLACES}
    assert len(refused) == 12, refused
    assert all("step" in said for _, said in refused.values()), refused


@pytest.mark.parametrize("bound", [-(2**70), -(2**63), 0, 2**63 - 1, 2**63, 2**70])
def test_bounds_of_a_scan_may_lie_anywhere(read: Read, bound: int):
    run = read.runs["steps"]
    assert [row["_step"] for row in run.scan_history(min_step=bound)] == sorted(s for s in STEPS if s >= bound)
    assert [row["_step"] for row in run.scan_history(max_step=bound)] == sorted(s for s in STEPS if s < bound)
    assert run.scan_columns(min_step=bound).rows == sum(step >= bound for step in STEPS)


def addresses(project: str) -> Iterator[str]:
    for run in ("values", "keys", "steps", "large"):
        yield f"run?entity=local&project={project}&run={run}"
        yield f"keys?entity=local&project={project}&run={run}"
    yield f"runs?entity=local&project={project}"


def test_what_was_logged_here_can_be_sent_and_shown(read: Read, place: Place, tmp_path: Path):
    """`sync` takes all of it, the directory is sound, and the page's answers are JSON."""
    with ServerProcess(tmp_path / "srv") as server:
        shown = place.server or server
        if place.server is None:
            sent = run_command("sync", "stepwell", "--url", server.url, directory=place.directory)
            assert sent.code == 0, sent.output
        for run in Api(shown.url).runs("everywhere"):
            expected = [exactly(row) for row in read.ways[run.id]["scan_history"]]
            assert [exactly(row) for row in run.scan_history()] == expected
        for address in addresses("everywhere"):
            with urllib.request.urlopen(f"{shown.url}/api/v1/{address}") as answer:
                json.loads(answer.read())
    verified = run_command("verify", "stepwell", directory=place.directory)
    assert verified.code == 0, verified.output
