"""The summary of a disabled run equals that of a run that is kept."""

import math
from pathlib import Path
from typing import Any

import stepwell

DEFINITIONS: list[dict[str, Any]] = [
    {"name": "acc", "summary": "max"},
    {"name": "val/*", "summary": "min,last,mean"},
    {"name": "val/loss", "summary": ["best"], "goal": "minimize"},
    {"name": "hidden", "summary": "none"},
    {"name": "both", "summary": "copy,first"},
]
ROWS: list[dict[str, Any]] = [
    {"acc": 0.5, "val/loss": 2.0, "val/acc": 1, "hidden": 1, "both": 1, "plain": "a", "n": {"a": 1}},
    {"typed": {"_type": "x", "c": 1}, "n": {"b": {"_type": "x", "c": 1}, "c": {"_type": 1}}},
    {"acc": 0.75, "val/loss": 1.0, "val/acc": 4, "hidden": 2, "both": 2, "plain": "b", "n": {"a": 2}},
    {"acc": math.nan, "val/loss": 3.0, "val/acc": 3, "both": 3},
]


def summary_of(directory: Path, mode: str) -> dict[str, Any]:
    """Log the rows and return the summary."""
    with stepwell.init(project="p", dir=directory, mode=mode, settings={"silent": True}) as run:
        for definition in DEFINITIONS:
            run.define_metric(**definition)
        for row in ROWS:
            run.log(row)
        run.summary["by hand"] = 1
        return dict(run.summary)


def test_the_sums_of_a_disabled_run_are_those_of_a_kept_one(tmp_path: Path):
    kept = summary_of(tmp_path, "offline")
    assert kept["acc.max"] == 0.75
    assert summary_of(tmp_path, "disabled") == kept
