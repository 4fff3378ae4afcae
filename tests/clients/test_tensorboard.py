"""`stepwell import-tensorboard` against TensorBoard's own reader."""

import math
from pathlib import Path

import pytest

from stepwell.cli import main
from tests.clients.training import SCRIPTS, Environment, Training

pytestmark = pytest.mark.clients
RUNS = ("plain", "deeper/train", "restarted")


@pytest.fixture(scope="module")
def training(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    home = tmp_path_factory.mktemp("tensorboard")
    training = clients.train(home, SCRIPTS / "tensorboard_files.py", "logs")
    assert main(["import-tensorboard", str(home / "logs"), "--dir", str(home / "stepwell"), "--project", "tb"]) == 0
    return training


def paths(training: Training) -> dict[str, str]:
    return {run.name: f"tb/{run.id}" for run in training.api.runs("tb")}


@pytest.mark.parametrize("name", RUNS)
def test_scalars_have_the_steps_times_and_values_that_tensorboard_reads(training: Training, name: str) -> None:
    path = paths(training)[name]
    for tag, expected in training.json()[name]["scalars"].items():
        rows = list(training.api.run(path).scan_history(keys=[tag]))
        latest = {step: (time, value) for step, time, value in expected}
        assert [row["_step"] for row in rows] == sorted(latest), tag
        for row in rows:
            time, value = latest[row["_step"]]
            assert row[tag] == value or (math.isnan(row[tag]) and math.isnan(value)), tag
            assert row["_timestamp"] == pytest.approx(time, abs=1e-6), tag


@pytest.mark.parametrize("name", RUNS)
def test_histograms_keep_every_count_and_both_ends(training: Training, name: str) -> None:
    path = paths(training)[name]
    for tag, expected in training.json()[name]["histograms"].items():
        rows = list(training.api.run(path).scan_history(keys=[tag]))
        assert len(rows) == len(expected)
        for row, (step, count, low, high) in zip(rows, expected, strict=True):
            found = row[tag]
            assert row["_step"] == step
            assert sum(found["values"]) == count
            assert (found["bins"][0], found["bins"][-1]) == pytest.approx((low, high))


@pytest.mark.parametrize("name", RUNS)
def test_images_and_text_are_kept_byte_for_byte(training: Training, name: str) -> None:
    path = paths(training)[name]
    truth = training.json()[name]
    for tag, expected in truth["images"].items():
        records = training.column(path, tag)
        assert [training.file(path, record["path"]).hex() for record in records] == [expected[-1][1]]
    for tag, expected in truth["texts"].items():
        assert training.column(path, tag) == [expected[-1][1]]


def test_a_second_import_adds_nothing(training: Training, capsys: pytest.CaptureFixture[str]) -> None:
    before = {run.id: (run.rows, len(list(run.files()))) for run in training.api.runs("tb")}
    arguments = ["import-tensorboard", str(training.home / "logs"), "--dir", str(training.home / "stepwell")]
    assert main([*arguments, "--project", "tb"]) == 0
    assert capsys.readouterr().err.count("nothing new") + capsys.readouterr().out.count("nothing new") == len(RUNS)
    assert {run.id: (run.rows, len(list(run.files()))) for run in training.api.runs("tb")} == before


def test_what_a_restarted_writer_made_void_is_left_out(training: Training) -> None:
    loss = {row["_step"]: row["loss"] for row in training.api.run(paths(training)["restarted"]).scan_history(["loss"])}
    assert sorted(loss) == list(range(40))
    assert loss[19] == pytest.approx(1 / 20)
    assert loss[20] == pytest.approx(10 / 21)


def test_the_event_files_are_only_read(training: Training) -> None:
    files = [path for path in Path(training.home / "logs").rglob("*") if path.is_file()]
    assert all("tfevents" in path.name for path in files)
    assert len(files) == 4
