"""A script that uses the whole surface, for `mypy --strict` in `make check`. It is not run."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

import stepwell as wandb
from stepwell import AlertLevel, Api, Settings


def begin() -> wandb.Run:
    """Begin a run with everything that `init` takes."""
    return wandb.init(
        project="digits",
        name="baseline",
        notes="a note",
        tags=["a", "b"],
        config={"lr": 0.1, "layers": [64, 64]},
        group="sweep",
        job_type="train",
        mode="offline",
        reinit="finish_previous",
        resume="allow",
        id="abc",
        settings=Settings(silent=True),
        url="http://127.0.0.1:7117",
        rank=0,
        label="0",
        on_full="block",
        strict_steps=False,
    )


def numbers(run: wandb.Run) -> None:
    """Log numbers, steps, and whole columns."""
    run.log({"loss": 0.5, "nested": {"a": 1}}, step=3, commit=False)
    run.log({"loss": 0.4})
    wandb.log({"accuracy": 0.9}, step=4)
    run.log_columns({"loss": np.zeros(10), "accuracy": np.ones(10)}, steps=np.arange(10))
    run.history.row["extra"] = 1.0
    run.history.add({"more": 2.0}, step=20)
    metric = run.define_metric("val/*", step_metric="epoch", summary="min,max", goal="minimize")
    name: str = metric.name
    wandb.define_metric(name, summary=["best"], hidden=True)
    run.summary["best"] = 0.9
    run.summary.update({"nested": {"a": 1}})
    run.config.update({"lr": 0.2}, allow_val_change=True)
    rate: Any = run.config["lr"]
    print(rate, run.id, run.name, run.path, run.url, run.dir, run.step, run.start_time, run.tags, run.notes)
    run.name = "another"
    run.notes = "text"
    run.tags = (*run.tags, "c")


def media(run: wandb.Run) -> None:
    """Log one of everything."""
    pixels = np.zeros((24, 32, 3), dtype=np.uint8)
    boxes = {
        "truth": {
            "box_data": [{"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}],
            "class_labels": {1: "car"},
        }
    }
    masks = {"truth": {"mask_data": np.ones((24, 32), dtype=np.uint8), "class_labels": {1: "car"}}}
    classes = wandb.Classes([{"id": 1, "name": "car"}])
    image = wandb.Image(pixels, caption="a", boxes=boxes, masks=masks, classes=classes, file_type="png")
    table = wandb.Table(columns=["picture", "text"])
    table.add_data(wandb.Image(pixels), "text")
    table.add_column("n", [1])
    column: list[Any] = table.get_column("n")
    for index, row in table.iterrows():
        print(index, row)
    run.log(
        {
            "images": [image, wandb.Image("picture.jpg")],
            "audio": wandb.Audio(np.zeros(10), sample_rate=32, caption="c"),
            "video": wandb.Video(np.zeros((4, 3, 16, 16), dtype=np.uint8), fps=4, format="gif"),
            "stream": wandb.Video(BytesIO(b""), format="mp4"),
            "table": table,
            "html": wandb.Html("<p>text</p>", inject=False),
            "molecule": wandb.Molecule("protein.pdb", caption="c"),
            "cloud": wandb.Object3D(np.zeros((10, 3))),
            "histogram": wandb.Histogram(np.zeros(10), num_bins=8),
            "counted": wandb.Histogram(np_histogram=np.histogram(np.zeros(10))),
            "column": column,
        }
    )


def charts(run: wandb.Run) -> None:
    """Log one chart of every preset, and one of a user's own."""
    table = wandb.Table(columns=["x", "y"], data=[[1, 2], [3, 4]])
    truth, scores = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    run.log({"line": wandb.plot.line(table, "x", "y", title="t")})
    run.log({"scatter": wandb.plot.scatter(table, "x", "y")})
    run.log({"bar": wandb.plot.bar(table, "x", "y")})
    run.log({"histogram": wandb.plot.histogram(table, "x")})
    run.log({"lines": wandb.plot.line_series([0, 1], [[1, 2], [2, 1]], keys=["a", "b"], title="t", xname="x")})
    run.log({"pr": wandb.plot.pr_curve(truth, scores, labels=["a", "b"])})
    run.log({"roc": wandb.plot.roc_curve(truth, scores, labels=["a", "b"])})
    run.log({"confusion": wandb.plot.confusion_matrix(y_true=[0, 1], preds=[0, 1], class_names=["a", "b"])})
    run.log({"own": wandb.plot_table("me/chart", table, {"x": "x"}, {"title": "t"})})


def files(run: wandb.Run) -> None:
    """Save files, and tell somebody."""
    run.save("model.pt", policy="now")
    wandb.save("*.txt")
    run.alert("title", "text", level=AlertLevel.WARN, wait_duration=60)
    wandb.termlog("text")
    run.finish(exit_code=0)


def read_back() -> None:
    """Read everything with `Api`."""
    with Api("./stepwell", timeout=10.0) as api:
        for project in api.projects():
            print(project.name, project.runs)
        for each in api.runs("local/digits", filters={"config.lr": {"$gt": 0.1}}, order="-summary_metrics.loss"):
            print(each.id, each.state, each.config, each.tags)
        run = api.run("digits/abc")
        for row in run.scan_history(keys=["loss"], min_step=0, max_step=10):
            print(row["_step"])
        sample = run.history(samples=100, keys=["loss"], x_axis="epoch", pandas=False)
        print(len(sample))
        run.summary["tensor"] = np.zeros(100)
        run.summary.update()
        for file in run.files():
            print(file.name, file.size, file.sha256)
        run.file("model.pt").download(root=str(Path.home()), replace=True)
        run.tags = [*run.tags, "read"]
        run.update()
        run.delete()


if __name__ == "__main__":
    begun = begin()
    numbers(begun)
    media(begun)
    charts(begun)
    files(begun)
    read_back()
