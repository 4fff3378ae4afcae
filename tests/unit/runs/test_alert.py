"""Alerts: what is logged, how often, and what is refused."""

from datetime import timedelta
from pathlib import Path

import pytest

import stepwell
from stepwell import AlertLevel, Api, UsageError


def alerts(directory: Path) -> list[list[dict[str, object]]]:
    return [row["_alerts"] for row in Api(str(directory)).run("p/r").scan_history(keys=["_alerts"])]


def test_alerts_are_in_the_rows_of_their_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with stepwell.init(project="p", id="r", dir=tmp_path) as run:
        run.alert("first", "text", "WARN")
        run.alert("second", level=AlertLevel.ERROR)
        run.log({"loss": 1})
        stepwell.alert(title="third")
    one, two = alerts(tmp_path)
    assert [(each["title"], each["text"], each["level"]) for each in one] == [
        ("first", "text", "WARN"),
        ("second", "", "ERROR"),
    ]
    assert [each["title"] for each in two] == ["third"]
    said = capsys.readouterr().err
    assert "WARNING alert: first: text" in said
    assert "ERROR alert: second" in said


def test_an_alert_is_not_repeated_too_soon(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        for _ in range(5):
            run.alert("often", wait_duration=timedelta(hours=1))
            run.alert("always", wait_duration=0)
            run.log({})
    assert [[each["title"] for each in row] for row in alerts(tmp_path)] == [["often", "always"], *[["always"]] * 4]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": "t", "level": "BAD"}, "level"),
        ({"title": "t", "wait_duration": -1}, "wait_duration"),
        ({"title": "t", "wait_duration": "soon"}, "wait_duration"),
    ],
)
def test_a_wrong_alert_is_refused(tmp_path: Path, arguments: dict[str, object], named: str):
    with stepwell.init(dir=tmp_path, settings={"silent": True}) as run, pytest.raises(UsageError, match=named):
        run.alert(**arguments)


def test_a_disabled_run_prints_alerts_and_keeps_none(capsys: pytest.CaptureFixture[str]):
    with stepwell.init(mode="disabled") as run:
        run.alert("seen")
    assert "seen" in capsys.readouterr().err
