"""Keras on JAX, with every callback that wandb has for Keras."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.clients.training import SCRIPTS, Environment, Training

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def training(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return clients.train(
        tmp_path_factory.mktemp("keras"), SCRIPTS / "keras_digits.py", "truth", KERAS_BACKEND="jax", JAX_PLATFORMS="cpu"
    )


def test_metrics_of_every_epoch_are_those_of_the_history(training: Training) -> None:
    history = training.json()["epochs"]
    rows = training.rows("keras/epochs", "epoch/epoch")
    assert [row["epoch/epoch"] for row in rows] == [0, 1, 2]
    for name, values in history.items():
        assert [row[f"epoch/{name}"] for row in rows] == pytest.approx(values, rel=1e-6), name
    rates = [row["epoch/learning_rate"] for row in rows]
    assert rates == pytest.approx([0.05 * 0.5 ** (epoch + 1) for epoch in range(3)], rel=1e-5)
    assert training.api.run("keras/epochs").config == {"learning_rate": 0.05, "epochs": 3, "layers": [64, 2]}


def test_batches_are_logged_at_the_frequency_that_was_asked_for(training: Training) -> None:
    assert training.column("keras/batches", "batch/batch_step") == [0, 2, 4, 6]
    assert len(training.column("keras/batches", "batch/loss")) == 4


def test_checkpoints_are_files_of_the_run(training: Training) -> None:
    """Each is a version of one artifact."""
    files = [file.name for file in training.api.run("keras/epochs").files()]
    kept = {Path(name).name: name for name in files if name.endswith(".keras")}
    assert sorted(kept) == [f"model-{epoch:02d}.keras" for epoch in (1, 2, 3)]
    for name, path in kept.items():
        assert training.file("keras/epochs", path) == (training.home / name).read_bytes()


def test_tables_of_data_and_predictions_come_back(training: Training) -> None:
    (data,) = training.column("keras/epochs", "val_data")
    table = json.loads(training.file("keras/epochs", data["path"]))
    assert table["columns"] == ["number", "image", "label"]
    assert [row[0] for row in table["data"]] == [0, 1, 2, 3]
    pixels = np.random.default_rng(1).random((192, 8, 8, 1), dtype=np.float32)
    image = Image.open(io.BytesIO(training.file("keras/epochs", table["data"][2][1]["path"])))
    assert np.abs(np.asarray(image) / 255 - pixels[2, :, :, 0]).max() <= 1 / 255
    predictions = training.column("keras/epochs", "eval_data")
    last = json.loads(training.file("keras/epochs", predictions[-1]["path"]))["data"]
    assert len(predictions) == 3
    assert [row[:2] for row in last] == [[2, number] for number in range(4)]


def test_the_older_callback_logs_epochs_weights_examples_and_the_best_model(training: Training) -> None:
    history = training.json()["classic"]
    rows = training.rows("keras/classic")
    assert [row["loss"] for row in rows] == pytest.approx(history["loss"], rel=1e-6)
    assert all(row["examples"]["count"] == 5 for row in training.rows("keras/classic", "examples"))
    run = training.api.run("keras/classic")
    best = int(np.argmin(history["val_loss"]))
    assert run.summary["best_epoch"] == best
    assert run.summary["best_val_loss"] == pytest.approx(history["val_loss"][best], rel=1e-6)
    assert "model-best.h5" in {Path(file.name).name for file in run.files()}
    assert any(key.startswith("parameters/") for key in rows[0])
