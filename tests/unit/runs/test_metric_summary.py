"""Summaries that `define_metric(summary=…)` asks for, in the running script and where the rows are."""

import math
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell.values.nested import nest


def same(one: Any, other: Any) -> bool:
    """Compare with NaN equal to itself."""
    return repr(one) == repr(other)


@pytest.fixture
def run(tmp_path: Path):
    run = stepwell.init(project="p", dir=tmp_path, id="r")
    yield run
    if stepwell.run is run:
        run.finish()


def stored(tmp_path: Path) -> dict[str, Any]:
    """Read the summary back, nested."""
    summary = dict(stepwell.Api(str(tmp_path)).run("p/r").summary)
    return nest({key: value for key, value in summary.items() if not key.startswith("_")})


def test_every_kind_reads_the_same_here_and_there(run: Any, tmp_path: Path):
    run.define_metric("acc", summary="max,last", goal="maximize")
    run.define_metric("loss", summary=["min", "mean", "first", "best"], goal="minimize")
    run.define_metric("hidden", summary="none")
    run.define_metric("copied", summary="copy")
    run.define_metric("name", summary="first,max")
    run.define_metric("lr", summary="best")
    run.define_metric("val/*", summary="max")
    run.define_metric("val/loss", summary="min")
    for step, (acc, loss) in enumerate([(0.5, 2.0), (0.9, math.nan), (0.7, 0.1)]):
        run.log(
            {"acc": acc, "loss": loss, "hidden": 1, "copied": step, "name": f"n{step}", "plain": step, "lr": 3 - step}
        )
        run.log({"val/acc": acc, "val/loss": loss, "late": loss}, step=step)
    run.define_metric("late", summary="min")
    expected = {
        "acc": {"max": 0.9, "last": 0.7},
        "loss": {"min": 0.1, "mean": 1.05, "first": 2.0, "best": 0.1},
        "copied": 2,
        "name": {"first": "n0"},
        "plain": 2,
        "lr": {"best": 1},
        "val/acc": {"max": 0.9},
        "val/loss": {"min": 0.1},
        "late": {"min": 0.1},
    }
    assert run.summary["acc"] == {"max": 0.9, "last": 0.7}
    assert run.summary.loss.mean == 1.05
    assert "hidden" not in run.summary
    assert nest(dict(run.summary)) == expected
    run.finish()
    assert stored(tmp_path) == expected


def test_nan_counts_only_where_there_is_nothing_else(run: Any, tmp_path: Path):
    run.define_metric("*", summary="min,max,mean,best")
    run.log({"nan": math.nan, "up": math.inf, "some": math.nan})
    run.log({"nan": math.nan, "up": 1.0, "some": 2})
    expected = {
        "nan": {"min": math.nan, "max": math.nan, "mean": math.nan, "best": math.nan},
        "up": {"min": 1.0, "max": math.inf, "mean": math.inf, "best": 1.0},
        "some": {"min": 2, "max": 2, "mean": 2.0, "best": 2},
    }
    assert same(nest(dict(run.summary)), expected)
    run.finish()
    assert all(same(stored(tmp_path)[key], dict(sorted(kinds.items()))) for key, kinds in expected.items())


def test_a_value_set_by_hand_takes_the_place_of_all_kinds(run: Any, tmp_path: Path):
    run.define_metric("acc", summary="min,max")
    run.define_metric("loss", summary="min,max")
    run.log({"acc": 0.5, "loss": 0.5})
    run.summary["acc"] = "by hand"
    run.summary["loss"]["max"] = 7
    run.log({"acc": 0.9, "loss": 0.9})
    expected = {"acc": "by hand", "loss": {"min": 0.5, "max": 7}}
    assert nest(dict(run.summary)) == expected
    del run.summary["loss"]["min"]
    run.log({"acc": 0.1, "loss": 0.1})
    expected["loss"] = {"max": 7}
    assert nest(dict(run.summary)) == expected
    run.finish()
    assert stored(tmp_path) == expected


def test_a_row_without_the_step_metric_gets_its_last_value(run: Any, tmp_path: Path):
    run.define_metric("val/*", step_metric="epoch")
    run.define_metric("test", step_metric="epoch", step_sync=False)
    run.log({"val/acc": 0.1})
    run.log({"epoch": 3})
    run.log({"val/acc": 0.2})
    run.log({"test": 1.0})
    run.log({"val/acc": 0.3}, commit=False)
    run.log({"epoch": 4})
    run.log({"val/acc": 0.4})
    run.finish()
    rows = [
        {key: value for key, value in row.items() if not key.startswith("_")}
        for row in stepwell.Api(str(tmp_path)).run("p/r").scan_history()
    ]
    assert rows == [
        {"val/acc": 0.1},
        {"epoch": 3},
        {"epoch": 3, "val/acc": 0.2},
        {"test": 1.0},
        {"epoch": 4, "val/acc": 0.3},
        {"epoch": 4, "val/acc": 0.4},
    ]


def test_with_the_setting_a_later_log_takes_the_place_of_a_value_set_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STEPWELL_SUMMARY_FOLLOWS_LOG", "1")
    run = stepwell.init(project="p", dir=tmp_path, id="r")
    run.define_metric("kinds", summary="max")
    run.log({"a": 1, "b": 1, "c": 1, "kinds": 1})
    run.summary.update({"a": 7, "b": 7, "only": 7, "kinds": 7})
    del run.summary["c"]
    assert dict(run.summary) == {"a": 7, "b": 7, "only": 7, "kinds": 7}
    run.log({"a": 2, "c": 2, "kinds": 0})
    expected = {"a": 2, "b": 7, "c": 2, "only": 7, "kinds": {"max": 1}}
    assert nest(dict(run.summary)) == expected
    run.finish()
    assert stored(tmp_path) == expected
