"""Checks of the examples about rows, steps, the summary and the history object."""

from typing import Any

import numpy as np

from tests.docs_examples.logged import Logged, assert_same


def check_log(logged: Logged) -> None:
    assert_same(
        logged.rows("log"),
        [
            {"accuracy": 0.9, "epoch": 5},
            {"acc": 0.9, "loss": 0.1},
            {"acc": 0.9, "custom_step": 3},
            {"loss": 0.1, "epoch": 1, "batch": 3},
            {"batch": 1, "loss": 0.3},
            {"acc": 1, "global_step": 1},
            {"acc": 1, "batch": 10},
        ],
    )
    assert logged.steps("log") == [0, 1, 2, 3, 4, 5, 17]
    summary = logged.run("log").summary
    assert summary["accuracy"] == 0.97, "set by hand, in place of the last value"
    assert summary["loss"] == 0.3


def check_step(logged: Logged) -> None:
    assert_same(
        logged.rows("step"),
        [
            {"loss": 0.1, "accuracy": 0.5},
            {"loss": 1.1, "accuracy": 0.6, "late": True},
            {"loss": 2.1, "accuracy": 0.7},
        ],
    )


def check_commit(logged: Logged) -> None:
    assert_same(logged.rows("commit"), [{"loss": 0.2, "accuracy": 0.8}] * 2)
    assert logged.steps("commit") == [0, 1]


def check_histograms(logged: Logged) -> None:
    data = np.random.default_rng(0).normal(size=5_000)
    of_floats, of_integers = logged.of("histograms").values("gradients")
    assert_same(of_floats, histogram(np.histogram(data.astype(np.float32), bins=64)))
    assert_same(of_integers, histogram(np.histogram(np.arange(100), bins=512)))
    assert_same(logged.run("histograms").summary["gradients"], histogram(np.histogram(data)))


def histogram(counted: Any) -> dict[str, Any]:
    counts, edges = counted
    return {"_type": "histogram", "bins": [float(edge) for edge in edges], "values": counts.tolist()}


def check_summary(logged: Logged) -> None:
    run = logged.run("summary")
    assert run.summary["best_accuracy"] == 0.9
    assert run.summary["test_accuracy"] == 0.6
    assert run.config == {"epochs": 5, "lr": 0.1}
    assert [row["test_accuracy"] for row in logged.rows("summary")] == [0.5, 0.7, 0.9, 0.8, 0.6]


def check_tensors(logged: Logged) -> None:
    tensor = logged.arrays("tensor.npy")
    run = logged.run("tensors", "username")
    record = run.summary["tensor"]
    assert record["_type"] == "array"
    assert (record["size"], list(record["shape"]), record["dtype"]) == (1000, [1000], "float64")
    expected = {
        "min": tensor.min(),
        "max": tensor.max(),
        "mean": tensor.mean(),
        "var": tensor.var(),
        "std": tensor.std(),
    }
    expected |= {f"{percent}%": np.percentile(tensor, percent) for percent in (5, 10, 25, 50, 75, 90, 95)}
    for name, value in expected.items():
        assert np.isclose(record[name], value, rtol=1e-12, atol=0), name
    downloaded = run.file(record["path"]).download(root=str(logged.directory / "downloads"))
    assert_same(np.load(getattr(downloaded, "name", downloaded)).tolist(), tensor.tolist())
    assert run.summary["loss"] == 0.5
    assert run.state == "finished"
    assert logged.rows("tensors", "username") == [{"loss": 0.5}]


def check_history(logged: Logged) -> None:
    assert_same(
        logged.rows("history"),
        [{"loss": 0.5, "accuracy": 0.75, "epoch": 1}, {"loss": 0.4, "accuracy": 0.8, "epoch": 2}],
    )


def check_training_loops(logged: Logged) -> None:
    assert_same(logged.rows("tensorflow_loop"), [{"acc": 1 - 1 / step, "loss": 1 / step} for step in (1, 2, 3)])
    assert logged.run("tensorflow_loop").config == {"num_steps": 3, "batch_size": 4}
    assert_same(logged.rows("pytorch_loop"), [{"loss": 1 / epoch, "val_loss": 0.5} for epoch in (1, 2, 3)])
    assert logged.run("pytorch_loop").config == {"epochs": 3}
