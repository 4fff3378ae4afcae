"""Ultralytics: YOLO from its yaml, on pictures that are made here."""

import os
from pathlib import Path

os.environ["YOLO_CONFIG_DIR"] = os.getcwd()

import numpy as np
from PIL import Image
from ultralytics import YOLO, settings

settings.update({"wandb": True, "runs_dir": os.getcwd()})
random = np.random.default_rng(1)
for part in ("train", "val"):
    Path(f"data/images/{part}").mkdir(parents=True)
    Path(f"data/labels/{part}").mkdir(parents=True)
    for number in range(4):
        picture = random.integers(0, 60, (64, 64, 3), np.uint8)
        picture[16:48, 16:48] = 250
        Image.fromarray(picture).save(f"data/images/{part}/{number}.png")
        Path(f"data/labels/{part}/{number}.txt").write_text("0 0.5 0.5 0.5 0.5\n")
root = Path("data").absolute()
Path("data.yaml").write_text(f"path: {root}\ntrain: images/train\nval: images/val\nnames:\n  0: square\n")
YOLO("yolov8n.yaml").train(
    data="data.yaml",
    epochs=2,
    imgsz=64,
    batch=4,
    workers=0,
    device="cpu",
    project="ultralytics",
    name="square",
    seed=1,
    amp=False,
)
