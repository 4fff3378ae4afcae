"""Checks of the examples about images, masks and boxes."""

from typing import Any

import numpy as np
from PIL import Image

from tests.docs_examples.logged import Logged, without_file


def check_images(logged: Logged) -> None:
    arrays, run = logged.arrays("pixels.npz"), logged.of("images")
    rgb, rgba, gray = arrays["rgb"], arrays["rgba"], arrays["gray"][..., 0]

    (labelled,) = run.values("examples")
    assert (labelled["_type"], labelled["count"]) == ("image-file", 1)
    (item,) = labelled["items"]
    assert item["caption"] == "Label"
    assert (item["format"], item["width"], item["height"]) == ("png", 32, 24)
    assert np.array_equal(run.pixels(item), rgb)

    pil, floats, as_gray, several, jpeg = run.values("example")
    assert np.array_equal(run.pixels(pil), rgb)
    assert np.array_equal(run.pixels(floats), (arrays["floats"] * 255).astype(np.uint8)), "floats become 0 to 255"
    assert np.array_equal(run.pixels(as_gray), np.asarray(Image.fromarray(rgb).convert("L")))
    assert several["count"] == 3
    for item, pixels in zip(several["items"], (rgb, rgba, gray), strict=True):
        assert np.array_equal(run.pixels(item), pixels)
    assert jpeg["format"] in {"jpg", "jpeg"}
    assert run.content(jpeg) == (logged.directory / "myimage.jpg").read_bytes(), "a file is kept byte for byte"
    assert (jpeg["width"], jpeg["height"]) == (32, 24)

    (last,) = [row for row in run.rows if "Test Loss" in row]
    assert (last["Test Accuracy"], last["Test Loss"]) == (80.0, 0.25)
    assert [item["caption"] for item in last["Examples"]["items"]] == ["Pred: 0", "Pred: 1", "Pred: 2"]
    assert last["Examples"]["items"][0]["sha256"] == labelled["items"][0]["sha256"], "the same pixels are one blob"


def check_masks(logged: Logged) -> None:
    arrays, run = logged.arrays("masks.npz"), logged.of("masks")
    (record,) = run.values("segmentation")
    assert np.array_equal(run.pixels(record), arrays["image"])
    assert set(record["masks"]) == {"predictions", "groud_truth"}
    predictions, truth = record["masks"]["predictions"], record["masks"]["groud_truth"]
    assert predictions["class_labels"] == {"1": "tree", "2": "car", "3": "road"}
    assert truth["class_labels"] == {"0": "nothing", "3": "road"}
    for mask, name in ((predictions, "predictions"), (truth, "truth")):
        pixels = run.pixels(mask)
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, arrays[name])


def check_boxes(logged: Logged) -> None:
    run = logged.of("boxes")
    (record,) = run.values("driving_scene")
    assert without_file(record)["width"] == 200
    predictions, truth = record["boxes"]["predictions"], record["boxes"]["ground_truth"]
    first, second = predictions["box_data"]
    assert box(first) == ({"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "percentage", 2)
    assert (first["box_caption"], first["scores"]) == ("minMax(pixel)", {"acc": 0.1, "loss": 1.2})
    assert box(second) == ({"middle": [150, 20], "width": 68, "height": 112}, "pixel", 3)
    assert predictions["class_labels"] == {"1": "car", "2": "road", "3": "building"}
    (third,) = truth["box_data"]
    assert box(third) == ({"middle": [0.5, 0.5], "width": 0.25, "height": 0.5}, "percentage", 1)
    assert truth["class_labels"] == {"1": "class_1"}, "names are made where none were given"


def box(data: dict[str, Any]) -> tuple[Any, Any, Any]:
    return data["position"], data.get("domain", "percentage"), data["class_id"]
