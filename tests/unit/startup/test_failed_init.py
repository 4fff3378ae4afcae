"""An `init` that fails leaves nothing that looks alive, and says which key is wrong (E1, F1)."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell import Api, Histogram
from stepwell.runs.run import Run
from stepwell.writing.manifest import Manifest

DEEP = functools.reduce(lambda inner, _: {"k": inner}, range(100), 1)
LISTS = functools.reduce(lambda inner, _: [inner], range(2_000), 1)
LOOP: dict[str, Any] = {}
LOOP["me"] = [LOOP]


@pytest.fixture
def begin(tmp_path: Path) -> Any:
    def begin(**arguments: Any) -> Run:
        return stepwell.init(project="p", dir=tmp_path, settings={"silent": True}, **arguments)

    return begin


def states(tmp_path: Path) -> dict[str, str]:
    with Api(tmp_path) as api:
        return {run.id: run.state for run in api.runs("p")}


@pytest.mark.parametrize("value", [DEEP, LISTS, LOOP], ids=["deep", "lists", "loop"])
def test_a_config_that_cannot_be_read_back_is_refused_with_its_key(begin: Any, tmp_path: Path, value: Any):
    with pytest.raises(ValueError, match=r"config\.bad.*nested"):
        begin(id="r", config={"good": 1, "bad": {"inner": value}})
    assert stepwell.run is None
    assert states(tmp_path) == {}, "nothing was begun"
    with begin(id="r") as run:
        for write in (run.config.update, run.summary.update, run.log):
            with pytest.raises(ValueError, match=r"['\"]bad['\"].*nested"):
                write({"bad": value})
        run.config["branch"] = {}
        with pytest.raises(ValueError, match=r"branch\.at'.*nested"):
            run.config["branch"]["at"] = value
    assert states(tmp_path) == {"r": "finished"}


def test_the_greatest_depth_is_the_same_in_a_row_the_config_and_the_summary(begin: Any, tmp_path: Path):
    def nested(levels: int) -> Any:
        return functools.reduce(lambda inner, _: [inner], range(levels), 1)

    with begin(id="r", config={"c": nested(29)}) as run:
        run.log({"l": nested(29)})
        run.summary["s"] = nested(29)
        for write in (run.config.update, run.summary.update, run.log):
            with pytest.raises(ValueError, match=r"['\"]x['\"]"):
                write({"x": nested(30)})
        assert run.config.as_dict()["c"] == nested(29)
    with Api(tmp_path) as api:
        found = api.run("p/r")
        assert (found.config["c"], found.summary["s"], found.summary["l"]) == (nested(29),) * 3


@pytest.mark.parametrize("kind", [OSError("disk"), RuntimeError("odd"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("where", ["describe", "resume", "save_script", "manifest"])
def test_what_fails_after_the_writer_was_opened_ends_the_run(
    begin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, kind: BaseException
):
    begin(id="r").finish()

    def fail(*_: Any, **__: Any) -> None:
        raise kind

    owner = Manifest if where == "manifest" else Run
    monkeypatch.setattr(owner, "begin" if where == "manifest" else where, fail)
    with pytest.raises(type(kind)):
        begin(id=None if where == "manifest" else "r", resume="allow" if where == "resume" else None, save_code=True)
    monkeypatch.undo()
    assert stepwell.run is None
    assert "running" not in states(tmp_path).values()
    with begin(id="after") as run:
        run.log({"a": 1})
    assert states(tmp_path)["after"] == "finished"


def test_a_failed_init_ends_no_run_that_goes_on(begin: Any, tmp_path: Path):
    with begin(id="first") as first:
        with pytest.raises(ValueError, match="nested"):
            begin(id="second", reinit="finish_previous", config={"bad": LOOP})
        assert stepwell.run is first
        assert not first.is_finished
    assert states(tmp_path) == {"first": "finished"}


def test_media_in_a_config_are_stored_once_the_writer_is_open(begin: Any, tmp_path: Path):
    with begin(id="r", config={"h": Histogram([1, 2]), "g": (each for each in (1, 2))}):
        pass
    with Api(tmp_path) as api:
        config = api.run("p/r").config
    assert config["h"]["_type"] == "histogram"
    assert config["g"] == [1, 2]


def test_names_of_any_bytes_begin_a_run(begin: Any, tmp_path: Path):
    bad = os.fsdecode(b"caf\xe9")
    said = {"name": bad, "notes": bad, "tags": [bad], "group": bad, "job_type": bad, "config": {bad: bad}}
    with begin(id="r", allow_val_change=True, **said) as run:
        run.log({bad: bad, "nested": {bad: 1}})
        run.summary[bad] = bad
        run.define_metric(bad, summary="last")
        run.tags += (bad + "2",)
        run.name = bad
        run.config["gone"] = {bad: 1}
        assert run.config["gone"][bad] == 1
        del run.config["gone"][bad]
        del run.config["gone"]
        run.alert(bad, bad)
        run.config[bad + "3"] = {bad: bad}
        run.summary[bad + "4"] = run.config[bad + "4"] = 1
        assert run.config[bad] == run.summary[bad] == run.summary.get(bad) == bad
        assert bad in run.config
        del run.summary[bad + "4"]
        run.log_columns({bad: [1, 2]})
    with Api(tmp_path) as api:
        found = api.run("p/r")
        (row,) = [row for row in found.scan_history() if "nested.caf\\udce9" in row]
        assert [row["caf\\udce9"] for row in found.scan_history(["caf\\udce9"])] == [bad, 1, 2]
    clean = "caf\\udce9"
    assert (found.name, found.notes, found.tags, found.group) == (clean, clean, [clean, clean + "2"], clean)
    assert found.config == {clean: bad, clean + "3": {clean: bad}, clean + "4": 1}
    assert (row[clean], row[f"nested.{clean}"], found.summary[clean]) == (bad, 1, bad)


@pytest.mark.parametrize("argument", ["id", "project", "entity", "label"])
def test_what_becomes_a_part_of_an_address_must_be_text(begin: Any, argument: str):
    with pytest.raises(stepwell.UsageError, match=argument):
        stepwell.init(**{argument: "a\ud800"})


@pytest.mark.e2e
def test_a_server_that_is_away_delays_no_error(tmp_path: Path):
    """The process ends soon, though its run cannot be sent."""
    source = """
import stepwell
from stepwell.runs.run import Run
Run.describe = lambda *_, **__: 1 / 0
stepwell.init(project="p", url="http://127.0.0.1:9")
"""
    command = [sys.executable, "-c", source]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=25, check=False)
    assert "ZeroDivisionError" in ended.stderr
