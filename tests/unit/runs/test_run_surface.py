"""Attributes and methods of `Run` apart from rows."""

import argparse
import copy
import pickle
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell import Api, ConfigError, UsageError
from stepwell.errors import UnsupportedError


@pytest.fixture
def run(tmp_path: Path) -> Iterator[stepwell.Run]:
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        yield run


@pytest.fixture
def disabled() -> Iterator[stepwell.Run]:
    with stepwell.init(mode="disabled") as run:
        yield run


def test_log_takes_the_sync_of_old_scripts(run: stepwell.Run):
    run.log({"a": 1}, sync=True)
    stepwell.log({"a": 2}, None, None, False)
    assert run.step == 2


def test_the_row_that_is_collected_can_be_read_and_changed(run: stepwell.Run):
    row = run.history.row
    assert dict(row) == {}
    run.log({"a": 1, "n": {"x": 1}}, commit=False)
    row["b"] = 2
    row.update({"a": 3}, c=4)
    assert dict(row) == {"a": 3, "n": {"x": 1}, "b": 2, "c": 4}
    assert run.step == 0
    with pytest.raises(UsageError, match="'a'"):
        del row["a"]
    with pytest.raises(KeyError):
        _ = row["z"]
    run.log({"d": 5})
    assert (dict(row), run.step) == ({}, 1)


@pytest.mark.parametrize(
    ("given", "code"), [("1", 1), ("0", 0), (1.0, 1), (10**10, 1), ("wrong", 1), (True, 1), (None, 0), (-1, -1)]
)
def test_a_run_ends_whatever_its_exit_code_is_given_as(run: stepwell.Run, tmp_path: Path, given: Any, code: int):
    run.finish(exit_code=given)
    with Api(tmp_path) as api:
        read = api.run("p/r")
        assert (read.state, read.exit_code) == ("failed" if code else "finished", code)


def test_history_add_completes_the_row(run: stepwell.Run, tmp_path: Path):
    run.history.row["a"] = 1
    run.history.add({"b": 2})
    run.history.add({"c": 3}, step=7, timestamp=1e9)
    assert dict(run.history.row)["c"] == 3
    run.history.add({"d": 4}, step=7)
    run.history.row = {"e": 5}
    run.finish()
    rows = list(Api(str(tmp_path)).run("p/r").scan_history())
    assert [{key: row[key] for key in row if key in "abcde"} for row in rows] == [
        {"a": 1, "b": 2},
        {"c": 3, "d": 4, "e": 5},
    ]
    assert [row["_step"] for row in rows] == [0, 7]
    assert rows[1]["_timestamp"] == 1e9


def test_names_notes_and_tags_grow(run: stepwell.Run, tmp_path: Path):
    run.name += "-more"
    run.notes += "why"
    run.tags += ("a",)
    run.tags += ("b", "a")
    run.finish()
    read = Api(str(tmp_path)).run("p/r")
    assert read.name.endswith("-more")
    assert (read.notes, list(read.tags)) == ("why", ["a", "b"])


def test_it_knows_where_it_is(run: stepwell.Run, tmp_path: Path):
    assert (run.id, run.project, run.project_name(), run.entity) == ("r", "p", "p", "local")
    assert (run.url, run.get_url(), run.project_url, run.get_project_url()) == (None, None, None, None)
    assert run.directory == str(tmp_path)
    assert Path(run.dir).is_dir()
    assert run.offline
    assert (run.sweep_id, run.sweep_url, run.get_sweep_url()) == (None, None, None)
    assert (run.group, run.job_type, run.notes) == ("", "", "")
    assert "p/r" in run.to_html() == run._repr_html_()
    assert run.display() is False
    run.mark_preempting()
    run.log({"a": 1})
    assert run.flush(10)
    assert run.status() == type(run.status())(1, 0)


def test_names_that_real_programs_read_are_there(run: stepwell.Run, tmp_path: Path):
    run.log({"a": 1})
    assert (run.starting_step, run._step, run.sync_dir) == (0, 1, str(tmp_path))
    run.config.update({"lr": 0.1})
    run.config.persist()
    static = run.config_static
    assert (static.lr, run.config._items, run.config._as_dict()) == (0.1, {"lr": 0.1}, {"lr": 0.1})
    static["more"] = 1
    assert "more" not in run.config
    assert run.summary._as_dict()["a"] == 1


@pytest.mark.parametrize("call", ["link_artifact", "link_model", "upsert_artifact", "finish_artifact"])
def test_what_needs_a_registry_is_refused(run: stepwell.Run, call: str):
    with pytest.raises(UnsupportedError, match=call):
        getattr(run, call)("name:latest")


def test_every_method_works_on_a_disabled_run(disabled: stepwell.Run, tmp_path: Path):
    numpy = pytest.importorskip("numpy")
    run = disabled
    run.log({"a": 1, "image": object()}, commit=False)
    run.history.row["b"] = 2
    assert dict(run.history.row)["b"] == 2
    run.log({})
    run.log_columns({"x": numpy.arange(3)})
    run.log_columns({"x": numpy.arange(3)}, steps=[10, 11, 12])
    assert run.step == 12
    run.define_metric("a", summary="max")
    run.summary["best"] = object()
    run.config.update({"lr": 1})
    run.name, run.notes, run.tags = "n", "m", ("t",)
    (tmp_path / "file.txt").write_text("x")
    assert run.save(str(tmp_path / "file.txt"), base_path=tmp_path) == [str(tmp_path / "file.txt")]
    artifact = run.log_artifact(tmp_path, name="a", type="t")
    assert artifact.files() == ["file.txt"]
    assert artifact.wait().version.any_more is artifact.download("somewhere")
    assert run.restore("file.txt") is None
    run.log_code(tmp_path)
    run.alert("title", "text")
    run.unwatch()
    home = Path(run.dir)
    (home / "file").write_text("x")
    assert (run.status().sync_items_pending, run.get_url(), run.offline) == (0, None, False)
    run.finish()
    assert not home.exists()
    assert not (tmp_path / "stepwell").exists()


def test_what_is_appended_to_a_list_of_the_config_is_stored(run: stepwell.Run, tmp_path: Path):
    run.config.setdefault("layers", []).append(64)
    run.finish()
    assert stepwell.Api(tmp_path).run(run.path).config["layers"] == [64]


@dataclass
class Flags:
    lr: float = 0.1
    layers: int = 2


def test_the_config_takes_what_holds_values(run: stepwell.Run):
    run.config.update(argparse.Namespace(batch=32))
    run.config.update(Flags())
    run.config.update({"nested": {"deep": {"x": 1}}})
    assert run.config.setdefaults({"lr": 5, "new": 1})["new"] == 1
    assert (run.config.lr, run.config["batch"], run.config.nested.deep.x) == (0.1, 32, 1)
    assert "lr" in run.config
    assert run.config.get("missing", 7) == 7
    assert dict(run.config.items())["layers"] == 2
    with pytest.raises(ConfigError, match="lr"):
        run.config.lr = 3


@pytest.mark.parametrize("clone", [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy, copy.copy])
def test_a_copy_of_the_config_belongs_to_no_run(run: stepwell.Run, tmp_path: Path, clone: Any):
    run.config.update({"lr": 0.1, "nested": {"x": 1}})
    other = clone(run.config)
    assert (other.lr, other.nested.x, dict(other)) == (0.1, 1, dict(run.config))
    with pytest.raises(ConfigError):
        other.lr = 2
    other.more = 1
    assert "more" not in run.config


def test_a_config_that_version_0_1_pickled_is_read(run: stepwell.Run):
    run.config.update({"lr": 0.1})
    text = pickle.dumps(run.config, protocol=0)
    assert b"cstepwell.runs.config" in text
    assert pickle.loads(text.replace(b"stepwell.runs.config", b"stepwell.client.config")) == {"lr": 0.1}


def test_a_run_in_its_own_process_is_pickled_as_itself(run: stepwell.Run):
    assert pickle.loads(pickle.dumps(run)) is run
    assert stepwell.attach("r") is run
    assert pickle.loads(pickle.dumps(stepwell.log)) == run.log
    assert pickle.loads(pickle.dumps(run.summary)) is run.summary


def test_a_finished_run_stays_finished(tmp_path: Path):
    run = stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True})
    text = pickle.dumps(run)
    run.finish()
    ended = pickle.loads(pickle.dumps(run))
    assert ended.is_finished
    with pytest.raises(stepwell.Error, match="finished"):
        ended.log({"a": 1})
    other = pickle.loads(text)  # it was alive then: a writer of its own goes on with it
    other.log({"late": 1})
    other.finish()
    assert [row["late"] for row in Api(str(tmp_path)).run("p/r").scan_history(keys=["late"])] == [1]


def test_attaching_to_nothing_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STEPWELL_DIR", str(tmp_path))
    with pytest.raises(UsageError, match="'nobody'"):
        stepwell.attach("nobody")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"force": True}, "force"),
        ({"force": True, "mode": "offline"}, "force"),
        ({"resume": "allow", "resume_from": "r?_step=1"}, "exclude each other"),
        ({"resume_from": "r?_step=1", "fork_from": "r?_step=1"}, "exclude each other"),
        ({"id": "q", "resume_from": "r?_step=1"}, "different runs"),
        ({"resume_from": "r"}, "_step=N"),
        ({"resume_from": "r?_step=1"}, "there is no run"),
        ({"fork_from": "r?_step=1"}, "there is no run"),
    ],
)
def test_arguments_of_init_that_make_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], said: str
):
    monkeypatch.setenv("STEPWELL_URL", "")
    with pytest.raises(UsageError, match=said):
        stepwell.init(project="p", dir=tmp_path, settings={"silent": True}, **arguments)
    assert stepwell.run is None


def test_a_disabled_run_reads_as_one_that_is_kept_and_refuses_nothing(disabled: stepwell.Run, tmp_path: Path):
    with stepwell.init(project="p", dir=tmp_path, reinit="create_new", settings={"silent": True}) as kept:
        for run in (disabled, kept):
            run.log({"n": {"a": {"b": 1}, "empty": {}}}, step=2)
            assert (run.summary["n.a.b"], run.summary["n"]["a"]) == (1, {"b": 1})
            for data, step in ([1], None), ({1: 1}, None), ({"x": 1}, "a"), ({"x": 1}, 1.5):
                with nullcontext() if run is disabled else pytest.raises(TypeError):
                    run.log(data, step)  # type: ignore[arg-type]
            assert dict(run.summary).get("x") is None


def test_after_the_end_every_way_of_writing_says_so(tmp_path: Path):
    run = stepwell.init(project="p", dir=tmp_path, settings={"silent": True})
    run.log({"a": 1})
    run.finish()
    assert (run.summary["a"], dict(run.config)) == (1, {}), "reading goes on"
    for write in (
        lambda: run.log({"a": 2}),
        lambda: run.log_columns({"a": [1]}),
        lambda: run.summary.update({"b": 1}),
        lambda: run.config.update({"b": 1}),
        lambda: run.define_metric("b"),
        lambda: run.save(__file__),
        lambda: run.alert("title"),
        lambda: run.watch(object()),
        run.unwatch,
        run.mark_preempting,
        lambda: run.log_code("."),
        lambda: run.log_artifact(__file__),
        lambda: run.use_artifact("a"),
        lambda: run.history.add({"a": 2}),
        lambda: setattr(run, "name", "b"),
        lambda: setattr(run, "tags", ("b",)),
        lambda: setattr(run.config, "b", 1),
    ):
        with pytest.raises(UsageError, match=r"finished; nothing of this call was kept\. Call stepwell\.init\(\)"):
            write()
