"""Lightning, Accelerate, Transformers, skorch, Ignite and Stable-Baselines3, each in its way."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.clients.training import Environment

SCRIPTS = Path(__file__).parent / "scripts"


def test_lightning_logs_metrics_hyperparameters_media_and_checkpoints(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "lightning_digits.py", "truth")
    truth, path = training.json(), "lightning/digits"
    assert training.column(path, "train/loss") == pytest.approx([loss for _, loss in truth["train"]], rel=1e-6)
    assert training.column(path, "val/loss") == pytest.approx(truth["val"], rel=1e-6)
    assert training.column(path, "trainer/global_step")[-1] == 11
    run = training.api.run(path)
    assert (run.name, run.config) == ("first", {"width": 8, "rate": 0.1, "later": True})
    assert any(key.startswith("gradients/") for row in training.rows(path) for key in row)
    (samples,) = training.column(path, "samples")
    assert samples["items"][0]["caption"] == "grey"
    pixels = np.asarray(Image.open(io.BytesIO(training.file(path, samples["items"][0]["path"]))))
    assert pixels.shape == (4, 5, 3)
    assert (pixels == 200).all()
    (table,) = training.column(path, "table")
    assert json.loads(training.file(path, table["path"]))["data"] == [[1, "x"], [2, "y"]]
    assert any(file.name.endswith("model.ckpt") for file in run.files())
    (model,) = run.logged_artifacts()
    assert (model.name, model.type, sorted(model.aliases)) == ("model-digits:v0", "model", ["best", "latest"])
    assert model.metadata["original_filename"].endswith(".ckpt")


def test_accelerate_logs_through_its_tracker(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "accelerate_line.py", "truth")
    rows = list(training.api.run("accelerate/line").scan_history(keys=["loss"]))
    assert [row["_step"] for row in rows] == [0, 10, 20, 30, 40, 50]
    assert [row["loss"] for row in rows] == training.json()
    assert training.api.run("accelerate/line").config == {"rate": 0.1, "steps": 6}
    assert training.column("accelerate/line", "weights")[0]["items"][0]["width"] == 4


def test_the_trainer_of_transformers_reports(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "transformers_tiny.py", "truth")
    (run,) = training.api.runs("transformers")
    path = f"transformers/{run.id}"
    history = training.json()
    for key, reported in (("loss", "train/loss"), ("learning_rate", "train/learning_rate"), ("eval_loss", "eval/loss")):
        assert training.column(path, reported) == [entry[key] for entry in history if key in entry]
    assert run.name == "tiny"
    assert run.config["hidden_size"] == 16
    assert run.config["per_device_train_batch_size"] == 8


def test_skorch_logs_every_epoch(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "skorch_line.py", "truth")
    for key, values in training.json().items():
        assert training.column("skorch/line", key) == values
    assert training.api.run("skorch/line").config["width"] == 4


def test_ignite_logs_what_its_engines_measure(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "ignite_line.py", "truth")
    rows = list(training.api.run("ignite/line").scan_history())
    for key, expected in training.json().items():
        assert [[row["_step"], row[key]] for row in rows if key in row] == expected, key
    assert [row["_step"] for row in rows if row.get("lr/group_0") == 0.1] == [4, 8, 12]
    assert [row["_step"] for row in rows if "parameters/weight" in row] == [4, 8, 12]
    run = training.api.run("ignite/line")
    assert (run.name, run.config, sorted(run.tags)) == ("first", {"rate": 0.1, "shape": [3, 1]}, ["ignite", "line"])


def test_sb3_is_mirrored_and_its_model_saved(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "sb3_cartpole.py", "truth")
    rows = training.rows("sb3/cartpole", "global_step")
    for tag, expected in training.json().items():
        found = [[row["global_step"], row[tag]] for row in rows if tag in row]
        assert np.array_equal(found, expected, equal_nan=True), tag
    run = training.api.run("sb3/cartpole")
    assert run.config["algo"] == "PPO"
    assert run.config["total_timesteps"] == 300
    assert any(key.startswith("gradients/") for row in training.rows("sb3/cartpole") for key in row)
    assert "policy.pth" in zipfile.ZipFile(io.BytesIO(training.file("sb3/cartpole", "model.zip"))).namelist()


def test_functions_that_joblib_sends_to_other_processes_log(each_torch: Environment, work: Path) -> None:
    training = each_torch.train(work, SCRIPTS / "loky_workers.py")
    run = training.api.run("loky/workers")
    for i in range(4):
        (row,) = run.scan_history(keys=[f"rate{i}", f"picture{i}"])
        assert (row[f"rate{i}"], row[f"picture{i}"]["caption"]) == (0.1, str(i))
    (pictures,) = training.column("loky/workers", "pictures")
    assert [item["caption"] for item in pictures["items"]] == ["0", "1", "2", "3"]
    assert run.state == "finished"
