"""Segmentation masks over an image."""

import numpy as np

import stepwell as wandb

random = np.random.default_rng(2)
image = random.integers(0, 256, (40, 60, 3), dtype=np.uint8)
mask_data = random.integers(1, 4, (40, 60))
np.savez("masks.npz", image=image, predictions=mask_data, truth=3 * (mask_data == 3))

wandb.init(project="docs", id="masks")

class_labels = {
  1: "tree",
  2: "car",
  3: "road"
}

mask_img = wandb.Image(image, masks={
  "predictions": {
    "mask_data": mask_data,
    "class_labels": class_labels
  },
  "groud_truth": {
    "mask_data": 3 * (mask_data == 3),
    "class_labels": {0: "nothing", 3: "road"}
  },
})
wandb.log({"segmentation": mask_img})
