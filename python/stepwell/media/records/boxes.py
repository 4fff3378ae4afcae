"""Bounding boxes on an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepwell.media.encoding.number import plain_number, shown, whole_number
from stepwell.media.records.classes import class_labels
from stepwell.media.records.media import caption_text

_EDGES = ("minX", "maxX", "minY", "maxY")
_SIZES = ("width", "height")
# `fraction` is what a percentage means here: 0.5 is the middle.
_DOMAINS = {"percentage": "percentage", "fraction": "percentage", "pixel": "pixel"}


def checked_boxes(given: Any, remarks: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the sets of boxes of an image as they are stored.

    Parameters
    ----------
    given
        `{set: {"box_data": [box, …], "class_labels": {number: name}}}`. A box has a `position`, which is
        `{"minX", "maxX", "minY", "maxY"}` or `{"middle": [x, y], "width", "height"}`, a `class_id`, and may
        have a `domain` (`"percentage"` of the image, as fractions, or `"pixel"`), a `box_caption` and
        `scores`.
    remarks
        Takes what is kept otherwise than it was given.

    Returns
    -------
    dict
        The same with plain values. Classes without a name are called `class_N`. A box or a score that came
        out as NaN is kept, and the page leaves it out.

    Raises
    ------
    TypeError
        If something is missing or of the wrong type; the message says where.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f'boxes must be {{set: {{"box_data": [...]}}}}, not {type(given).__name__}')
    return {str(name): _box_set(f"boxes[{name!r}]", each, remarks) for name, each in given.items()}


def _box_set(place: str, given: Any, remarks: list[tuple[str, str]]) -> dict[str, Any]:
    if not isinstance(given, Mapping) or "box_data" not in given:
        raise TypeError(f'{place} must be a dict with "box_data", not {shown(given)}')
    boxes = given["box_data"]
    boxes = boxes.tolist() if hasattr(boxes, "tolist") else boxes
    if not isinstance(boxes, (list, tuple)):
        raise TypeError(f'{place}["box_data"] must be a list of boxes, not {type(boxes).__name__}')
    data = [_box(f'{place}["box_data"][{index}]', each, remarks) for index, each in enumerate(boxes)]
    used = {str(box["class_id"]): f"class_{box['class_id']}" for box in data}
    return {
        "box_data": data,
        "class_labels": used | class_labels(f'{place}["class_labels"]', given.get("class_labels")),
    }


def _box(place: str, given: Any, remarks: list[tuple[str, str]]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f'{place} must be a dict with "position" and "class_id", not {type(given).__name__}')
    for name in ("position", "class_id"):
        if name not in given:
            raise TypeError(f'{place} has no "{name}"')
    box: dict[str, Any] = {
        "position": _position(f'{place}["position"]', given["position"]),
        "domain": _domain(f'{place}["domain"]', given.get("domain"), remarks),
        "class_id": whole_number(f'{place}["class_id"]', given["class_id"]),
    }
    caption, scores = caption_text(f'{place}["box_caption"]', given.get("box_caption")), given.get("scores")
    if caption is not None:
        box["box_caption"] = caption
    if scores is not None:
        if not isinstance(scores, Mapping):
            raise TypeError(f'{place}["scores"] must be a dict of numbers, not {type(scores).__name__}')
        box["scores"] = {str(name): plain_number(f'{place}["scores"][{name!r}]', each) for name, each in scores.items()}
    return box


def _position(place: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f"{place} must be a dict, not {type(given).__name__}")
    if all(name in given for name in _EDGES):
        return {name: plain_number(f'{place}["{name}"]', given[name]) for name in _EDGES}
    if "middle" in given and all(name in given for name in _SIZES):
        middle = given["middle"]
        middle = middle.tolist() if hasattr(middle, "tolist") else middle
        if not isinstance(middle, (list, tuple)) or len(middle) != 2:
            raise TypeError(f'{place}["middle"] must be [x, y], not {shown(middle)}')
        x, y = (plain_number(f'{place}["middle"][{index}]', each) for index, each in enumerate(middle))
        return {"middle": [x, y]} | {name: plain_number(f'{place}["{name}"]', given[name]) for name in _SIZES}
    found = ", ".join(map(str, given)) or "nothing"
    raise TypeError(f"{place} must have {', '.join(_EDGES)}, or middle, width, height; it has {found}")


def _domain(place: str, given: Any, remarks: list[tuple[str, str]]) -> str:
    if given is None:
        return "percentage"
    if not isinstance(given, str):
        raise TypeError(f"{place} must be a str, not {type(given).__name__}")
    if given not in _DOMAINS:
        remarks.append((f"has boxes of an unknown domain, {given!r}", "they count as percentages"))
    return _DOMAINS.get(given, "percentage")
