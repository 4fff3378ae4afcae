"""Bounding boxes: both forms, both domains, and each thing that can be wrong."""

import math
from typing import Any

import numpy as np
import pytest

from stepwell import Image
from stepwell.media.records.boxes import checked_boxes
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

EDGES = {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}
MIDDLE = {"middle": [150, 20], "width": 68, "height": 112}
BOX = {"position": EDGES, "class_id": 2}


def one(box: Any) -> Any:
    (stored,) = checked_boxes({"truth": {"box_data": [box]}}, [])["truth"]["box_data"]
    return stored


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (BOX, {**BOX, "domain": "percentage"}),
        ({**BOX, "domain": None}, {**BOX, "domain": "percentage"}),
        ({**BOX, "domain": "percentage"}, {**BOX, "domain": "percentage"}),
        ({**BOX, "domain": "fraction"}, {**BOX, "domain": "percentage"}),
        ({**BOX, "domain": "pixel"}, {**BOX, "domain": "pixel"}),
        ({**BOX, "position": MIDDLE}, {**BOX, "position": MIDDLE, "domain": "percentage"}),
        ({**BOX, "position": {**MIDDLE, "middle": (150, 20)}}, {**BOX, "position": MIDDLE, "domain": "percentage"}),
        (
            {**BOX, "position": {**MIDDLE, "middle": np.array([150, 20])}},
            {**BOX, "position": MIDDLE, "domain": "percentage"},
        ),
        (
            {"position": {name: np.float32(0.5) for name in EDGES}, "class_id": np.int64(7)},
            {"position": dict.fromkeys(EDGES, 0.5), "class_id": 7, "domain": "percentage"},
        ),
        (
            {**BOX, "class_id": Tensor(2), "scores": {"acc": Tensor(0.5), "loss": 1}, "box_caption": "a"},
            {**BOX, "domain": "percentage", "box_caption": "a", "scores": {"acc": 0.5, "loss": 1}},
        ),
        (
            {**BOX, "class_id": 7.0, "box_caption": 3},
            {**BOX, "class_id": 7, "domain": "percentage", "box_caption": "3"},
        ),
    ],
)
def test_a_box_is_stored_as(given: Any, stored: Any):
    assert one(given) == stored
    assert all(type(each) in {int, float, list} for each in one(given)["position"].values())


@pytest.mark.parametrize(
    ("labels", "stored"),
    [
        (None, {"2": "class_2", "5": "class_5"}),
        ({2: "car"}, {"2": "car", "5": "class_5"}),
        ({np.int64(2): "car", "5": "road", 9: "sky"}, {"2": "car", "5": "road", "9": "sky"}),
        ({2.0: "car", 5: 7}, {"2": "car", "5": "7"}),
    ],
)
def test_classes_without_a_name_get_one(labels: Any, stored: dict[str, str]):
    boxes = checked_boxes({"truth": {"box_data": [BOX, {**BOX, "class_id": 5}], "class_labels": labels}}, [])
    assert boxes["truth"]["class_labels"] == stored


def test_boxes_are_in_the_record_of_the_image(recorder: Recorder):
    boxes = {"truth": {"box_data": [BOX]}, "guess": {"box_data": [], "class_labels": {1: "car"}}}
    record = recorder.record(Image(np.zeros((4, 5)), boxes=boxes))
    assert record["boxes"] == {
        "truth": {"box_data": [{**BOX, "domain": "percentage"}], "class_labels": {"2": "class_2"}},
        "guess": {"box_data": [], "class_labels": {"1": "car"}},
    }


def test_a_box_without_a_finite_place_is_kept(recorder: Recorder):
    box = {**BOX, "position": {**EDGES, "maxY": math.nan}}
    (stored,) = recorder.record(Image(np.zeros((4, 5)), boxes={"truth": {"box_data": [box]}}))["boxes"]["truth"][
        "box_data"
    ]
    assert math.isnan(stored["position"]["maxY"])


def test_another_domain_is_a_percentage_and_said(recorder: Recorder):
    image = Image(np.zeros((4, 5)), boxes={"truth": {"box_data": [{**BOX, "domain": "metres"}]}})
    with pytest.warns(RuntimeWarning, match="'k' has boxes of an unknown domain, 'metres'"):
        record = recorder.record(image)
    assert record["boxes"]["truth"]["box_data"][0]["domain"] == "percentage"


@pytest.mark.parametrize(
    ("boxes", "error", "said"),
    [
        ([], TypeError, r"boxes must be .*not list"),
        ({"truth": []}, TypeError, r"boxes\['truth'\] must be a dict"),
        ({"truth": {}}, TypeError, r"boxes\['truth'\].*box_data"),
        ({"truth": {"box_data": 5}}, TypeError, r"box_data.*list of boxes, not int"),
        ({"truth": {"box_data": [], "class_labels": [1]}}, TypeError, r"\['truth'\].*class_labels.*not list"),
        ({"truth": {"box_data": [], "class_labels": {"a": "b"}}}, TypeError, "class_labels.*'a'"),
    ],
)
def test_sets_that_make_no_sense_are_refused(boxes: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Image(np.zeros((4, 5)), boxes=boxes)


@pytest.mark.parametrize(
    ("box", "error", "said"),
    [
        (7, TypeError, "not int"),
        ({"class_id": 1}, TypeError, 'no "position"'),
        ({"position": EDGES}, TypeError, 'no "class_id"'),
        ({**BOX, "position": [1, 2]}, TypeError, '"position".* not list'),
        ({**BOX, "position": {"minX": 0.1}}, TypeError, "minX, maxX, minY, maxY, or middle, width, height"),
        ({**BOX, "position": {**EDGES, "minX": "a"}}, TypeError, '"minX".*a number'),
        ({**BOX, "position": {**EDGES, "minX": True}}, TypeError, '"minX".*a number'),
        ({**BOX, "position": {**EDGES, "minX": None}}, TypeError, '"minX".*a number'),
        ({**BOX, "position": {**MIDDLE, "middle": [1]}}, TypeError, r"\[x, y\]"),
        ({**BOX, "position": {**MIDDLE, "middle": 1}}, TypeError, r"\[x, y\]"),
        ({**BOX, "position": {**MIDDLE, "width": "w"}}, TypeError, '"width"'),
        ({**BOX, "class_id": "x"}, TypeError, '"class_id"'),
        ({**BOX, "class_id": 1.5}, TypeError, '"class_id".*integer'),
        ({**BOX, "class_id": np.zeros(3)}, TypeError, '"class_id"'),
        ({**BOX, "domain": 3}, TypeError, '"domain"'),
        ({**BOX, "scores": [1]}, TypeError, '"scores"'),
        ({**BOX, "scores": {"acc": "b"}}, TypeError, r"\"scores\".*\['acc'\]"),
        ({**BOX, "box_caption": object()}, TypeError, '"box_caption"'),
    ],
)
def test_a_box_that_makes_no_sense_is_named(box: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=r"boxes\['truth'\]\[\"box_data\"\]\[1\].*" + said):
        Image(np.zeros((4, 5)), boxes={"truth": {"box_data": [BOX, box]}})
