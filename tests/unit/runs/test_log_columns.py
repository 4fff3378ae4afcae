"""`log_columns` does what a loop of `log` does, and refuses what is no column."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell import Api

DTYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", ">f8", ">i4", "g")


def exactly(value: Any) -> Any:
    return "nan" if isinstance(value, float) and math.isnan(value) else (type(value).__name__, value)


def rows_of(run: Any) -> dict[int, dict[str, Any]]:
    return {
        row["_step"]: {key: exactly(value) for key, value in row.items() if not key.startswith("_")}
        for row in run.scan_history()
    }


def column(rng: np.random.Generator, dtype: str, rows: int) -> np.ndarray:
    if np.dtype(dtype).kind in "iu":
        info = np.iinfo(dtype)
        values = rng.integers(info.min, info.max, size=rows, dtype=np.dtype(dtype).newbyteorder("="), endpoint=True)
    elif dtype == "?":
        values = rng.integers(0, 2, size=rows)
    else:
        values = rng.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 1.5, 3.14159], size=rows)
    array = values.astype(dtype)
    return array[::-1] if rng.integers(2) else np.repeat(array, 2)[::2]


@pytest.mark.filterwarnings("ignore:stepwell")
@pytest.mark.parametrize("seed", range(12))
def test_it_is_a_loop_of_log(tmp_path: Path, seed: int):
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    runs = [
        stepwell.init(project="p", id=name, dir=tmp_path, reinit="create_new", settings={"silent": True})
        for name in ("loop", "columns")
    ]
    for _ in range(4):
        rows = chance.choice([0, 1, 2, 50])
        columns = {f"k{i}": column(rng, chance.choice(DTYPES), rows) for i in range(chance.randint(1, 4))}
        steps = None
        if chance.random() < 0.6:
            steps = rng.integers(0, 60, size=rows)
            steps = np.sort(steps) if chance.random() < 0.5 else steps
        for i in range(rows):
            values = {key: values[i] for key, values in columns.items()}
            runs[0].log(values, **({} if steps is None else {"step": int(steps[i])}))
        runs[1].log_columns(columns, steps)
        assert runs[0].step == runs[1].step
        for run in runs:
            run.log({"between": 1}, commit=False)
    summaries = [{key: exactly(value) for key, value in dict(run.summary).items()} for run in runs]
    assert summaries[0] == summaries[1]
    for run in reversed(runs):
        run.finish()
    api = Api(str(tmp_path))
    assert rows_of(api.run("p/loop")) == rows_of(api.run("p/columns"))


def test_many_rows_are_all_there(tmp_path: Path):
    rows = 200_000
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        run.log_columns({"x": np.arange(rows), "y": np.arange(rows) / 8})
        assert run.step == rows
        assert run.status().sync_items_total == rows
    history = Api(str(tmp_path)).run("p/r").to_pandas(keys=["x", "y"])
    assert history["x"].tolist() == list(range(rows))
    assert (history["y"] == history["x"] / 8).all()


def test_a_small_queue_loses_nothing(tmp_path: Path):
    rows = 50_000
    settings = {"silent": True, "queue_bytes": 100_000}
    for on_full in ("sample", "block"):
        with stepwell.init(project="p", id=on_full, dir=tmp_path, on_full=on_full, settings=settings) as run:
            run.log_columns({"x": np.arange(rows)})
            assert run.flush(30)
            status = run.status()
            assert (status.sync_items_total, status.sync_items_pending) == (rows, 0)
        assert sum(1 for _ in Api(str(tmp_path)).run(f"p/{on_full}").scan_history()) == rows


def test_a_full_queue_raises_and_says_what_was_kept(tmp_path: Path):
    settings = {"silent": True, "queue_bytes": 50_000}
    with stepwell.init(project="p", id="r", dir=tmp_path, on_full="raise", settings=settings) as run:
        with pytest.raises(RuntimeError, match=r"the first (\d+) of 1000000 rows") as raised:
            run.log_columns({"x": np.arange(1_000_000)})
        kept = run.step
        assert f"the first {kept} of" in str(raised.value)
    assert sum(1 for _ in Api(str(tmp_path)).run("p/r").scan_history()) == kept


@pytest.mark.parametrize(
    ("columns", "steps", "error", "said"),
    [
        ({"a": [1, 2, 3], "b": [1, 2]}, None, ValueError, '"b" has 2 rows, but "a" has 3'),
        ({"a": [1, 2, 3]}, [1, 2], ValueError, '"a" has 3 rows, but steps has 2'),
        ({"a": [[1, 2], [3, 4]]}, None, ValueError, '"a" has the shape'),
        ({"a": 5}, None, (TypeError, ValueError), "'a'|\"a\""),
        ({"a": ["x", "y"]}, None, TypeError, "'a'"),
        ({"a": np.array([1j, 2])}, None, TypeError, "'a'"),
        ({"a": [1.0]}, [1.5], TypeError, "steps"),
        ({"a": [1.0]}, [True], TypeError, "steps"),
        ({"a": [1.0]}, np.array([2**63], "u8"), ValueError, "steps must fit 64 bits"),
        ({1: [1.0]}, None, TypeError, "keys must be str"),
        ({"a" * 2000: [1.0]}, None, ValueError, "1024"),
    ],
)
def test_what_is_no_column_is_refused_whole(tmp_path: Path, columns: Any, steps: Any, error: Any, said: str):
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        with pytest.raises(error, match=said):
            run.log_columns(columns, steps)
        assert run.step == 0
        assert run.status().sync_items_total == 0


def test_strict_steps_are_checked_before_the_first_row(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path, strict_steps=True, settings={"silent": True}) as run:
        with pytest.raises(ValueError, match=r"steps\[2\] is 3"):
            run.log_columns({"x": [1, 2, 3]}, steps=[1, 5, 3])
        assert run.status().sync_items_total == 0
        run.log_columns({"x": [1, 2, 3]}, steps=[1, 3, 5])
        assert run.step == 5


def test_it_refuses_after_the_end_and_before_the_beginning(tmp_path: Path):
    with pytest.raises(stepwell.Error, match=r"init\(\) before stepwell.log_columns"):
        stepwell.log_columns({"x": [1]})
    run = stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True})
    run.finish()
    with pytest.raises((RuntimeError, stepwell.Error), match="finished"):
        run.log_columns({"x": [1]})
