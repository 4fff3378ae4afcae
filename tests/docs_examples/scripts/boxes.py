"""Bounding boxes in both forms and both domains."""

import numpy as np

import stepwell as wandb

image = np.zeros((100, 200, 3), dtype=np.uint8)

wandb.init(project="docs", id="boxes")

class_id_to_label = {
    1: "car",
    2: "road",
    3: "building",
}

img = wandb.Image(image, boxes={
    "predictions": {
        "box_data": [{
            "position": {
                "minX": 0.1,
                "maxX": 0.2,
                "minY": 0.3,
                "maxY": 0.4,
            },
            "class_id" : 2,
            "box_caption": "minMax(pixel)",
            "scores" : {
                "acc": 0.1,
                "loss": 1.2
            },
        },
        # Log as many boxes as needed
        {
            "position": {"middle": [150, 20], "width": 68, "height": 112},
            "domain": "pixel",
            "class_id": 3,
            "box_caption": "a building",
            "scores": {"acc": 0.5, "loss": 0.7},
        },
        ],
        "class_labels": class_id_to_label
    },
    "ground_truth": {
        # Log each group of boxes with a unique key name
        "box_data": [{"position": {"middle": [0.5, 0.5], "width": 0.25, "height": 0.5}, "class_id": 1}],
    }
})

wandb.log({"driving_scene": img})
