"""A run that is resumed knows what it was (nothing that was written is lost to a later life of the run)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import Place
from tests.support.processes import free_port, run_script

pytestmark = pytest.mark.e2e

FIRST = """
import sys
import stepwell
run = stepwell.init(project="resume", id=sys.argv[1], config={"lr": 0.1, "n": {"m": 1}}, name="the name",
                    notes="some notes", tags=["first"], group="g", job_type="train")
if sys.argv[2] == "rows":
    run.log({"a": 1, "val": {"acc": 0.5}})
run.summary["best"] = 5
run.summary["gone"] = 6
run.finish()
"""
KNOWN = """
def known(run):
    summary = {key: run.summary.get(key) for key in ("best", "gone", "a")}
    assert run.settings.resumed is run.resumed
    return [dict(run.config), run.name, list(run.tags), run.notes, run.group, run.job_type, summary, run.resumed]
"""
SECOND = f"""
import json, sys
import stepwell
{KNOWN}
given = json.loads(sys.argv[2])
run = stepwell.init(project="resume", id=sys.argv[1], **given)
print(json.dumps(known(run)))
run.tags += ("second",)
run.config["epochs"] = 3
run.summary["best"] = 7
del run.summary["gone"]
assert "gone" not in run.summary
run.log({{"a": 2}})
run.finish()
"""
CONFIG = {"lr": 0.1, "n": {"m": 1}}


@pytest.mark.parametrize("resume", ["must", "allow", True])
@pytest.mark.parametrize("rows", ["rows", "no rows"])
def test_a_resumed_run_knows_what_it_was(place: Place, resume: Any, rows: str):
    name = f"{resume}-{rows}".replace(" ", "-")
    place.run(FIRST, name, rows)
    ended = place.run(SECOND, name, json.dumps({"resume": resume}))
    summary = {"best": 5, "gone": 6, "a": 1 if rows == "rows" else None}
    said = ["the name", ["first"], "some notes", "g", "train"]
    assert json.loads(ended.stdout) == [CONFIG, *said, summary, True]
    stored = place.api().run(f"resume/{name}")
    assert (stored.name, stored.notes, stored.group, stored.job_type) == ("the name", "some notes", "g", "train")
    assert stored.tags == ["first", "second"]
    assert stored.config == {**CONFIG, "epochs": 3}
    assert stored.summary["best"] == 7
    assert "gone" not in stored.summary
    assert [(row["_step"], row["a"]) for row in stored.scan_history(["a"])] == (
        [(0, 1), (1, 2)] if rows == "rows" else [(0, 2)]
    )


def test_what_init_is_told_goes_before_what_the_run_knows(place: Place):
    place.run(FIRST, "told", "rows")
    given = {"resume": "must", "name": "new", "tags": ["x"], "notes": "", "config": {"lr": 0.5}}
    ended = place.run(SECOND, "told", json.dumps(given))
    found = json.loads(ended.stdout)
    assert found[:6] == [{"lr": 0.5, "n": {"m": 1}}, "new", ["x"], "", "g", "train"]
    stored = place.api().run("resume/told")
    assert (stored.name, stored.tags, stored.notes) == ("new", ["x", "second"], "")
    assert stored.config == {"lr": 0.5, "n": {"m": 1}, "epochs": 3}


def test_a_run_that_goes_on_after_a_step_knows_what_it_was(place: Place):
    place.run(FIRST, "from", "rows")
    ended = place.run(SECOND, "from", json.dumps({"resume_from": "from?_step=0"}))
    assert json.loads(ended.stdout)[:2] == [CONFIG, "the name"]


def test_a_new_run_is_not_resumed(place: Place):
    ended = place.run(SECOND.replace('del run.summary["gone"]', ""), "new", json.dumps({"resume": "allow"}))
    config, name, tags, *_, resumed = json.loads(ended.stdout)
    assert (config, tags, resumed) == ({}, [], False)
    assert name == place.api().run("resume/new").name != "new"


def test_a_pickle_and_a_fork_of_a_resumed_run_know_it_too(place: Place):
    place.run(FIRST, "child", "rows")
    source = f"""
import json, os, pickle
import stepwell
{KNOWN}
run = stepwell.init(project="resume", id="child", resume="must")
before = known(run)
assert known(pickle.loads(pickle.dumps(run))) == before
pid = os.fork()
if pid == 0:
    assert known(run) == before
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(json.dumps(before[:6]))
"""
    ended = place.run(source)
    assert json.loads(ended.stdout) == [CONFIG, "the name", ["first"], "some notes", "g", "train"]


def test_a_resumed_run_sums_up_as_it_was_told_before(place: Place):
    source = """
import json, sys
import stepwell
first = sys.argv[1] == "first"
run = stepwell.init(project="resume", id="metrics", resume=None if first else "must")
if first:
    run.define_metric("acc", summary="max,min,first")
    run.define_metric("val/*", summary="best,last", goal="maximize")
    run.define_metric("gone", summary="none")
for value in json.loads(sys.argv[2]):
    run.log({"acc": value, "val/a.b": value, "gone": value, "plain": value, "typed": {"max": value}})
if not first:
    run.summary["typed.min"] = 1
print(json.dumps({key: run.summary.get(key) for key in ("acc", "val/a", "gone", "plain", "typed")}))
run.finish()
"""
    place.run(source, "first", "[0.5, 0.9, 0.7]")
    ended = place.run(source, "second", "[0.6, 0.1]")
    summed_up = {
        "acc": {"max": 0.9, "min": 0.1, "first": 0.5},
        "val/a": {"b": {"best": 0.9, "last": 0.1}},
        "gone": None,
        "plain": 0.1,
        "typed": {"max": 0.1, "min": 1},
    }
    assert json.loads(ended.stdout) == summed_up
    stored = place.api().run("resume/metrics").summary
    assert {key: stored.get(key) for key in summed_up} == summed_up


def test_without_the_server_it_begins_and_says_what_it_does_not_know(tmp_path: Path):
    source = """
import stepwell
run = stepwell.init(project="resume", id="r", resume="allow")
run.log({"a": 1})
run.finish()
"""
    env = {"STEPWELL_URL": f"http://127.0.0.1:{free_port()}", "STEPWELL_FINISH_TIMEOUT": "0"}
    ended = run_script(source, tmp_path / "work", env)
    assert "knows nothing of an earlier config, summary or tags" in ended.stderr
