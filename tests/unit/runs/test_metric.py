"""Definitions of metrics."""

from typing import Any

import pytest

from stepwell.errors import UsageError
from stepwell.runs.metric import Metric


def define(name: object = "m", step_metric: object = None, **more: Any) -> Metric:
    arguments = {"step_sync": None, "hidden": None, "summary": None, "goal": None, **more}
    return Metric.checked(name, step_metric, **arguments)


def test_a_definition_is_kept_as_it_was_given():
    metric = define("val/*", "epoch", summary="max, min,max", goal="maximize")
    assert metric == Metric("val/*", "epoch", None, None, ("max", "min"), "maximize")
    assert define("a", metric_of("epoch")).step_metric == "epoch"


def metric_of(name: str) -> Metric:
    return define(name)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a*b"}, r"\*"),
        ({"step_metric": "a*"}, "step_metric"),
        ({"step_metric": 5}, "step_metric"),
        ({"step_sync": True}, "step_metric"),
        ({"summary": "median"}, "median"),
        ({"summary": ["max", "median"]}, "median"),
        ({"goal": "up"}, "goal"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], said: str):
    with pytest.raises(UsageError, match=said):
        define(**arguments)
