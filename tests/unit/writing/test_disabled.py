"""A disabled run: it reads as a kept one, keeps nothing, and takes whatever it is given."""

import math
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell.errors import UsageError

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
    assert kept["acc"] == {"max": 0.75}
    assert summary_of(tmp_path, "disabled") == kept


def disabled(directory: Path) -> stepwell.Run:
    """Begin a run that keeps nothing, in a directory that is not there yet."""
    return stepwell.init(project="p", dir=directory / "kept", mode="disabled")


def test_nothing_that_a_disabled_run_is_given_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    with disabled(tmp_path) as run:
        for data in {1: 2}, [1], {"a": object()}, {"a": {"b": {(1, 2): 3}}}:
            run.log(data)  # type: ignore[arg-type]
        run.log({"x": 1}, step="later")  # type: ignore[arg-type]
        run.summary.update({"best": object()})
        run.watch(object(), log="all")
        missing = str(tmp_path / "missing")
        for call in "use_artifact", "use_model", "link_artifact", "link_model", "upsert_artifact", "finish_artifact":
            assert not getattr(run, call)("name:latest")
        assert run.log_artifact(missing).wait().files() == []
        assert run.log_model(missing, "a name / that cannot be one").files() == []
        assert run.save("s3://bucket/model.pt") == run.save("*.nothing", policy="sometimes") == []
        assert run.define_metric(None).name == run.define_metric("a", summary="nonsense").name == ""  # type: ignore[arg-type]
        run.alert("title", level="bad")
        run.alert("", wait_duration="long")
        run.tags = [1]  # type: ignore[assignment]
        run.tags = 5  # type: ignore[assignment]
        run.log_columns({"a": object()})
        assert run.save(5) == run.log_artifact(5).files() == []  # type: ignore[arg-type]
        assert not run.use_model(5)  # type: ignore[arg-type]
        run.log({"loss": 0.5})
        assert run.summary == {"a": {"b": {"(1, 2)": 3}}, "loss": 0.5}
        run.finish(exit_code="x")  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given", [{"tags": [1]}, {"project": 5, "name": "kept"}, {"settings": {"tags": [1]}}, {"config": 5}]
)
def test_nothing_that_a_disabled_run_begins_with_is_wrong(tmp_path: Path, given: dict[str, Any]):
    with stepwell.init(dir=tmp_path / "kept", mode="disabled", **given) as run:
        assert run.disabled
        assert run.tags == ()
        assert run.name == given.get("name", run.name)
    with pytest.raises(UsageError):
        stepwell.init(dir=tmp_path / "kept", mode="offline", **given)


def test_media_of_a_disabled_run_become_records_without_files(tmp_path: Path):
    with disabled(tmp_path) as run:
        run.log({"table": stepwell.Table(columns=["a"], data=[[1]])})
        run.config.update({"page": stepwell.Html("<p>")})
        run.summary["page"] = stepwell.Html("<p>")
        assert run.summary["table"]["_type"] == "table-file"
        assert run.flush(0)
        assert run.connection == "disabled"
    assert list(tmp_path.iterdir()) == []


def test_what_a_disabled_run_has_logged_is_read_after_its_end(tmp_path: Path):
    run = disabled(tmp_path)
    for step in range(20_000):
        run.log({"a": step, "n": {"b": step}})
    run.finish()
    assert dict(run.summary) == {"a": 19_999, "n": {"b": 19_999}}
    run.summary["late"] = 1
