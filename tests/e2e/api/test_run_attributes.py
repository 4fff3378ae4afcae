"""Attributes of a run besides rows: config, summary, metrics, name, tags, state, read back."""

import math
from typing import Any

import pytest

from tests.support.places import Place, exactly, scan
from tests.support.processes import script

pytestmark = pytest.mark.e2e

SCRIPT = """
import argparse, math
import stepwell

with stepwell.init(project="about", id="r", name="first name", notes="why", tags=["a", "b"], group="g", job_type="j",
                   config={"lr": 0.1, "nested": {"depth": 3, "nan": math.nan}, "big": 2**63 - 1,
                           "none": None, "ü": [1]}) as run:
    run.config.epochs = 5
    run.config["optimizer"] = "sgd"
    run.config.update(argparse.Namespace(batch=32))
    run.config.update({"lr": 0.2}, allow_val_change=True)
    try:
        run.config.epochs = 6
    except stepwell.ConfigError as error:
        print(error)
    run.define_metric("epoch")
    run.define_metric("val/*", step_metric="epoch", summary="max,min", goal="maximize")
    run.define_metric("secret", hidden=True)
    run.summary["best"] = 0.75
    run.summary["stays"] = "by hand"
    run.summary["gone"] = 1
    del run.summary["gone"]
    for i in range(10):
        run.log({"acc": i / 10, "stays": i, "n": {"x": i}, "epoch": i})
        assert run.summary["acc"] == i / 10, "reading sees every log that has returned"
    run.log({"late": math.inf})
    assert run.summary["stays"] == "by hand"
    print(dict(run.summary))
"""


@pytest.fixture(scope="module")
def run(place: Place) -> Any:
    place.run(SCRIPT)
    return place.api().run("about/r")


def test_the_config_is_there_with_its_changes(run: Any):
    expected = {
        "lr": 0.2,
        "nested": {"depth": 3, "nan": math.nan},
        "big": 2**63 - 1,
        "none": None,
        "ü": [1],
        "epochs": 5,
        "optimizer": "sgd",
        "batch": 32,
    }
    assert exactly(dict(run.config)) == exactly(expected)


def test_the_summary_has_the_last_values_and_those_set_by_hand(run: Any):
    summary = dict(run.summary)
    assert summary["acc"] == 0.9
    assert summary["best"] == 0.75
    assert summary["late"] == math.inf
    assert "gone" not in summary
    nested = summary.get("n.x", summary.get("n", {}))
    assert nested in (9, {"x": 9})


def test_a_summary_value_set_by_hand_stays(run: Any):
    assert run.summary["stays"] == "by hand"
    assert scan(run, ["stays"])[9] == {"stays": 9}


def test_name_notes_tags_group_and_job_type_are_there(run: Any):
    assert (run.id, run.name, run.notes, run.group, run.job_type) == ("r", "first name", "why", "g", "j")
    assert list(run.tags) == ["a", "b"]
    assert run.state == "finished"


def test_a_run_without_a_name_has_one(place: Place):
    place.run("import stepwell; stepwell.init(project='nameless').log({'a': 1})")
    (run,) = place.api().runs("nameless")
    assert run.id
    assert run.name


@pytest.mark.parametrize(
    ("ending", "code", "state"),
    [
        ("run.finish()", 0, "finished"),
        ("pass", 0, "finished"),
        ("raise ValueError('as planned')", 1, "failed"),
        ("import sys; sys.exit(7)", 7, "failed"),
        ("import sys; sys.exit()", 0, "finished"),
        ("raise KeyboardInterrupt", None, "failed"),
        ("run.finish(exit_code=3)", 0, "failed"),
    ],
)
def test_the_end_of_the_script_is_the_state_of_the_run(place: Place, ending: str, code: int | None, state: str):
    run_id = "".join(letter if letter.isalnum() else "-" for letter in ending)
    source = f"import stepwell\nrun = stepwell.init(project='ends', id='{run_id}')\nrun.log({{'a': 1}})\n{ending}\n"
    with script(source, place.directory, place.env) as training:
        ended = training.wait()
    assert code is None or ended.code == code, ended.output
    run = place.api().run(f"ends/{run_id}")
    assert run.state == state
    assert scan(run) == {0: {"a": 1}}


def test_runs_are_listed_newest_first(place: Place):
    for name in ("one", "two", "three"):
        place.run(f"import stepwell; stepwell.init(project='order', id='{name}').log({{'a': 1}})")
    assert [run.id for run in place.api().runs("order")] == ["three", "two", "one"]


def test_a_run_that_does_not_exist_is_named(place: Place):
    from stepwell import CommError

    with pytest.raises((CommError, ValueError, KeyError), match="nobody"):
        dict(place.api().run("about/nobody").config)
