"""Reading back: samples that hold the extremes and never change, windows, keys, pandas, resuming."""

import math
from typing import Any

import pytest

from stepwell import CommError
from tests.support.places import Place, exactly, scan
from tests.support.processes import script, wait_until

pytestmark = pytest.mark.e2e

ROWS = 20_000
LOWEST, HIGHEST = 12_345, 6_789
SCRIPT = f"""
import math
import stepwell
with stepwell.init(project="history", id="r") as run:
    for i in range({ROWS}):
        row = {{"loss": math.cos(i / 50), "i": i, "half": i // 2}}
        if i == {LOWEST}:
            row["loss"] = -100.0
        if i == {HIGHEST}:
            row["loss"] = 100.0
        if i % 1000 == 0:
            row["seldom"] = f"text {{i}}"
        run.log(row)
"""


def expected(i: int) -> dict[str, Any]:
    loss = {LOWEST: -100.0, HIGHEST: 100.0}.get(i, math.cos(i / 50))
    return {"loss": loss, "i": i, "half": i // 2} | ({"seldom": f"text {i}"} if i % 1000 == 0 else {})


@pytest.fixture(scope="module")
def run(place: Place) -> Any:
    place.run(SCRIPT)
    return place.api().run("history/r")


def test_a_scan_has_every_row(run: Any):
    assert exactly(scan(run)) == exactly({i: expected(i) for i in range(ROWS)})


def test_a_scan_of_a_window_and_of_keys_has_just_these(run: Any):
    window = scan(run, ["loss", "i"], min_step=500, max_step=510)
    assert exactly(window) == exactly({i: {"loss": expected(i)["loss"], "i": i} for i in range(500, 510)})
    assert scan(run, ["seldom"]) == {i: {"seldom": f"text {i}"} for i in range(0, ROWS, 1000)}
    assert scan(run, ["never"]) == {}


@pytest.mark.parametrize("samples", [1, 10, 500, 5_000])
def test_a_sample_holds_first_last_lowest_and_highest_and_exact_values(run: Any, samples: int):
    rows = run.history(samples=samples, keys=["loss", "i"], pandas=False)
    steps = [row["_step"] for row in rows]
    assert steps == sorted(set(steps))
    assert {0, LOWEST, HIGHEST, ROWS - 1} <= set(steps)
    assert samples <= len(rows) <= samples + 8
    for row in rows:
        assert (row["loss"], row["i"]) == (expected(row["_step"])["loss"], row["_step"])


def test_the_same_call_gives_the_same_sample(place: Place, run: Any):
    first = run.history(samples=100, pandas=False)
    assert first == place.api().run("history/r").history(samples=100, pandas=False)


def test_more_samples_than_rows_are_all_rows(run: Any):
    rows = run.history(samples=100_000, pandas=False)
    assert [row["_step"] for row in rows] == list(range(ROWS))


def test_pandas_keeps_types(run: Any):
    pandas = pytest.importorskip("pandas")
    frame = run.history(samples=200)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns[:3]) == ["_step", "_runtime", "_timestamp"]
    assert frame["i"].dtype.kind == "i"
    assert frame["loss"].dtype.kind == "f"
    assert (frame["i"] == frame["_step"]).all()
    assert frame["_timestamp"].is_monotonic_increasing


def test_a_run_that_goes_on_begins_behind_its_last_step(place: Place):
    source = """
    import sys, time
    import stepwell
    run = stepwell.init(project="history", id="resumed", resume="allow")
    print("step", run.step)
    for i in range(10):
        run.log({"life": sys.argv[1]})
    if sys.argv[1] == "first":
        time.sleep(600)
    """
    with script(source, place.directory, place.env, "first") as training:
        wait_until("the rows are there", lambda: rows_of(place, "resumed") == 10)
        training.kill()
    ended = place.run(source, "second")
    assert "step 10" in ended.stdout
    rows = scan(place.api().run("history/resumed"))
    assert rows == {i: {"life": "first" if i < 10 else "second"} for i in range(20)}
    assert place.api().run("history/resumed").state == "finished"


def rows_of(place: Place, run_id: str) -> int:
    try:
        return int(place.api().run(f"history/{run_id}").rows)
    except CommError:
        return 0
