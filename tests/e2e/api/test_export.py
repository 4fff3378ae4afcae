"""Exports: what goes in comes out of Parquet, CSV and JSON lines, to the type and the bit."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api, UsageError
from stepwell.api.columns.arrow import rows_of_table
from stepwell.export import export_run, read_csv, read_jsonl, read_parquet
from tests.support.places import Place, exactly
from tests.support.processes import run_command, run_script

pytestmark = pytest.mark.e2e

SCRIPT = """
import math, random
import numpy as np
import stepwell
from stepwell import Histogram, Image
values = [
    *(0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63), 0.5, -0.0, math.nan, math.inf, -math.inf, True, False, None),
    *("", "a", "1", "nan", "true", "null", "\\u00fc\\U0001f389", "\\ud800 lone", 'a,b\\n"q"', "\\r\\n", "\\0"),
    b"\\x00\\xff",
    *([], [1, 2], [1.5, math.nan], [1, 2.5], ["a", "b"], [None], [[1], []], [True, False], [{"x": 1}]),
    *({"a": 1, "b": {"c": 2}}, {}, Histogram([1, 2, 3], num_bins=2)),
]
rng = random.Random(5)
with stepwell.init(project="export", id="r", config={"lr": 0.1, "nan": math.nan}, tags=["t"]) as run:
    for i in range(1500):
        row = {"loss": 1 / (i + 1), "i": i, "flag": i % 2 == 0, "text": f"t{i}", "ints": [i, 1]}
        row["number"] = i if i % 4 else i / 2
        for name in ("one", "two", "three"):
            if rng.random() < 0.7:
                row[name] = rng.choice(values)
        if i % 3 == 0:
            row["gap"] = i
        run.log(row)
    run.log({"image": Image(np.zeros((2, 2, 3), np.uint8), caption="c")})
"""
READERS: dict[str, Callable[[Any], Any]] = {"parquet": read_parquet, "csv": read_csv, "jsonl": read_jsonl}


def plain(rows: Any) -> Any:
    """Rows without the order of their keys."""
    return exactly([dict(sorted(row.items())) for row in rows])


@pytest.fixture(scope="module")
def run(place: Place) -> Any:
    place.run(SCRIPT)
    return place.api().run("export/r")


@pytest.mark.parametrize("ending", READERS)
def test_what_goes_in_comes_out(run: Any, ending: str, tmp_path: Path):
    done = export_run(run, tmp_path / f"rows.{ending}")
    assert (done.rows, done.bytes) == (1501, (tmp_path / f"rows.{ending}").stat().st_size)
    assert plain(READERS[ending](done.path)) == plain(run.scan_history())
    assert [path.name for path in tmp_path.iterdir()] == [f"rows.{ending}"]


def test_a_table_of_arrow_holds_the_same_rows(run: Any):
    assert plain(rows_of_table(run.to_arrow())) == plain(run.scan_history())


def test_parquet_is_readable_without_us(run: Any, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(export_run(run, tmp_path / "rows.parquet").path)
    types = {
        name: str(table.schema.field(name).type)
        for name in ("_step", "loss", "i", "flag", "text", "ints", "gap", "number")
    }
    assert types == {
        "_step": "int64",
        "loss": "double",
        "i": "int64",
        "flag": "bool",
        "text": "string",
        "ints": "list<element: int64>",
        "gap": "int64",
        "number": "double",
    }
    assert {name: str(table.schema.field(name).type) for name in types} == types
    rows = list(run.scan_history())
    assert table.column("loss").to_pylist() == [row.get("loss") for row in rows]
    assert table.column("number").to_pylist() == [row.get("number") for row in rows]
    about = json.loads(table.schema.metadata[b"stepwell"])
    assert about["config"] == {"lr": 0.1, "nan": {"_type": "float", "value": "NaN"}}
    assert about["summary"]["i"] == 1499
    assert (about["run"], about["state"], about["tags"]) == ("r", "finished", ["t"])
    assert list(about["files"].values()) == [run.files()[0].sha256]


@pytest.mark.parametrize("ending", READERS)
def test_keys_choose_rows_and_columns(run: Any, ending: str, tmp_path: Path):
    done = export_run(run, tmp_path / f"rows.{ending}", keys=["gap", "i"])
    assert plain(READERS[ending](done.path)) == plain(run.scan_history(["gap", "i"]))
    assert export_run(run, tmp_path / f"none.{ending}", keys=["never"]).rows == 0
    assert list(READERS[ending](tmp_path / f"none.{ending}")) == []


def test_what_is_no_format_or_label_is_named_and_leaves_nothing(run: Any, tmp_path: Path):
    with pytest.raises(UsageError, match="xlsx"):
        export_run(run, tmp_path / "rows.xlsx")
    with pytest.raises(UsageError, match="'7'"):
        export_run(run, tmp_path / "rows.csv", label="7")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", READERS)
def test_rows_of_several_labels_say_whose_they_are(ending: str, work: Path):
    source = """
    import sys
    import stepwell
    with stepwell.init(project="ranks", id="r", rank=int(sys.argv[1])) as run:
        for i in range(5):
            run.log({"a": i * 10 + int(sys.argv[1])})
    """
    for rank in ("0", "1"):
        run_script(source, work, {}, rank)
    with Api(work / "stepwell") as api:
        run = api.run("ranks/r")
        rows = list(READERS[ending](export_run(run, work / f"all.{ending}").path))
        assert [(row["_label"], row["a"]) for row in rows] == [
            (str(rank), i * 10 + rank) for rank in (0, 1) for i in range(5)
        ]
        one = list(READERS[ending](export_run(run, work / f"one.{ending}", label="1").path))
        assert [row["a"] for row in one] == [1, 11, 21, 31, 41]
        assert "_label" not in one[0]


def test_random_rows_of_numbers_come_out_of_parquet(work: Path):
    rng = random.Random(9)

    def number() -> float:
        return rng.choice([rng.random(), rng.randrange(-(2**63), 2**63)])

    rows = [{key: number() for key in "abcdef" if rng.random() < 0.5} for _ in range(5_000)]
    (work / "rows.json").write_text(json.dumps(rows))
    source = """
    import json
    import stepwell
    with stepwell.init(project="random", id="r") as run:
        for row in json.load(open("rows.json")):
            run.log(row)
    """
    run_script(source, work, {})
    with Api(work / "stepwell") as api:
        done = export_run(api.run("random/r"), work / "rows.parquet")
    found = [{key: value for key, value in row.items() if not key.startswith("_")} for row in read_parquet(done.path)]
    assert plain(found) == plain(rows)


def test_the_command_exports_a_run_and_its_files(work: Path):
    run_script(SCRIPT, work, {})
    ended = run_command("export", "export/r", "-o", "out/rows.parquet", "--files", "media", "--json", directory=work)
    assert ended.code == 0, ended.output
    said = json.loads(ended.stdout)
    assert (said["run"], said["file"], said["rows"], said["files"]) == ("local/export/r", "out/rows.parquet", 1501, 1)
    (image,) = (work / "media").rglob("*.png")
    assert image.read_bytes().startswith(b"\x89PNG")
    with Api(work / "stepwell") as api:
        assert plain(read_parquet(work / "out" / "rows.parquet")) == plain(api.run("export/r").scan_history())


def test_the_command_exports_every_run_of_a_project(work: Path):
    source = """
    import stepwell
    for name in ("one", "two"):
        with stepwell.init(project="several", id=name) as run:
            run.log({"a": name})
    """
    run_script(source, work, {})
    ended = run_command("export", "--project", "several", "--format", "csv", "-o", "out", directory=work)
    assert ended.code == 0, ended.output
    assert sorted(path.name for path in (work / "out").iterdir()) == ["one.csv", "two.csv"]
    assert [row["a"] for row in read_csv(work / "out" / "two.csv")] == ["two"]
    for wrong in (["export"], ["export", "several/one", "--project", "several"], ["export", "several/none"]):
        ended = run_command(*wrong, directory=work)
        assert ended.code == 1, ended.output
        assert "Traceback" not in ended.output


@pytest.mark.parametrize("ending", READERS)
def test_a_key_that_is_called_so_too_hides_no_label(ending: str, work: Path):
    source = """
    import stepwell
    for label in ("0", "1"):
        with stepwell.init(project="export", id="own", label=label) as run:
            run.log({"_label": "mine", "a": 1})
            run.log({"a": 2})
    """
    run_script(source, work)
    with Api(work / "stepwell") as api:
        run = api.run("export/own")
        rows = list(READERS[ending](export_run(run, work / f"rows.{ending}").path))
        few = list(READERS[ending](export_run(run, work / f"few.{ending}", keys=["a"]).path))
    assert [(row["__label"], row.get("_label"), row["a"]) for row in rows] == [
        (label, own, a) for label in ("0", "1") for own, a in (("mine", 1), (None, 2))
    ]
    assert [row["__label"] for row in few] == ["0", "0", "1", "1"]
