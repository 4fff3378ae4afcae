"""Makes an offline run with the real wandb: `python make.py DIRECTORY`, in an environment with wandb 0.31.0.

What it leaves in DIRECTORY/wandb/offline-run-… is committed beside this file, as
offline-run-20260101_000000-every1, without `logs/` and `files/requirements.txt`, and with a copy of saved.txt
in place of the link to it. `read.py` makes expected.json from it.
"""

import math
import os
import sys
from pathlib import Path

directory = Path(sys.argv[1]).absolute()
directory.mkdir(parents=True, exist_ok=True)
os.chdir(directory)
os.environ.update(
    WANDB_MODE="offline",
    WANDB_SILENT="true",
    WANDB_DISABLE_CODE="true",
    WANDB_DISABLE_GIT="true",
    WANDB_DATA_DIR=str(directory / "data"),
    WANDB_HOST="host",
)

import numpy as np  # noqa: E402
import wandb  # noqa: E402

pixels = (np.arange(4 * 4 * 3) % 256).astype(np.uint8).reshape(4, 4, 3)
run = wandb.init(
    project="imported",
    id="every1",
    name="everything",
    notes="two\nlines",
    tags=["b", "a"],
    group="g",
    job_type="train",
    config={"lr": 0.1, "layers": [1, 2], "opt": {"name": "adam", "betas": [0.9, 0.999]}, "none": None, "big": 2**62},
    settings=wandb.Settings(
        x_disable_stats=True, x_disable_meta=True, disable_code=True, disable_git=True, console="off"
    ),
)
run.define_metric("epoch", hidden=True)
run.define_metric("val/*", step_metric="epoch")
run.define_metric("acc", summary="max,min")
for i, accuracy in enumerate([0.1, 0.5, 0.3, 0.4, 0.2]):
    run.log({"loss": 1 / (i + 3), "epoch": i, "val/loss": 2.0 / (i + 1), "acc": accuracy})
run.log({"a": 1}, commit=False)
run.log({"b": 2.5})
run.log({"nested": {"x": {"y": 1, "z": "t"}, "w": 2}, "text": "ünï", "flag": True, "none": None, "list": [1, 2.5, "x"]})
run.log({"nan": math.nan, "inf": math.inf, "ninf": -math.inf, "big": 2**62, "neg": -5, "huge": 10**30})
run.log({"hist": wandb.Histogram([1, 2, 3, 4], num_bins=2), "list_of_one": [wandb.Histogram([1, 2], num_bins=1)]})
boxes = {
    "box_data": [{"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}],
    "class_labels": {1: "cat"},
}
masks = {"mask_data": np.ones((4, 4), np.uint8), "class_labels": {1: "cat"}}
run.log({"image": wandb.Image(pixels, caption="one", masks={"p": masks}, boxes={"q": boxes})})
run.log({"images": [wandb.Image(pixels, caption="x"), wandb.Image(pixels[::-1])]})
run.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2.5, None]]), "html": wandb.Html("<p>hi</p>")})
lidar = {"type": "lidar/beta", "points": np.zeros((2, 3)), "boxes": np.array([]), "vectors": np.array([])}
run.log({"cloud": wandb.Object3D(np.arange(12.0).reshape(4, 3)), "scene": wandb.Object3D(lidar)})
Path("a.mp4").write_bytes(b"no video at all")
run.log({"video": wandb.Video("a.mp4"), "videos": [wandb.Video("a.mp4", caption="c")]})
run.log({"line": wandb.plot.line(wandb.Table(columns=["x", "y"], data=[[1, 2], [3, 4]]), "x", "y", title="T")})
run.log({"late": 1}, step=40)
run.log({"late": 2}, step=41)
run.config.update({"lr": 0.2, "new": {"a": 1}}, allow_val_change=True)
run.summary["best"] = 0.9
run.summary["deep"] = {"er": 1}
run.summary["gone"] = 1
del run.summary["gone"]
Path("saved.txt").write_text("saved")
run.save("saved.txt")
run.finish(exit_code=3)
