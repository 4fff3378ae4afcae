"""Points, boxes and vectors in space, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepwell.media.encoding.number import plain_number
from stepwell.media.encoding.pixels import to_numeric

# The one type of scene there is.
SCENE_TYPE = "lidar/beta"
_CORNERS = 8
# x, y, z; with a category; with red, green and blue.
_COLUMNS = (3, 4, 6)
_CATEGORIES = (1, 14)
_COLOURS = (0, 255)


def checked_points(place: str, given: Any) -> Any:
    """Return points as an array, N × 3, N × 4 or N × 6.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        For another shape, a category that is not 1 to 14 or a colour that is not 0 to 255.
    """
    points = to_numeric(place, given)
    if points.shape == (0,):  # an empty list has no second axis
        points = points.reshape(0, 3)
    if points.ndim != 2 or points.shape[1] not in _COLUMNS:
        raise ValueError(
            f"{place}: points of shape {points.shape}; expected N×3 (x, y, z), N×4 (and a category) or N×6 (and rgb)"
        )
    if points.shape[1] == 4:
        _check_range(f"{place}: categories", points[:, 3], *_CATEGORIES)
    elif points.shape[1] == 6:
        _check_range(f"{place}: colours", points[:, 3:], *_COLOURS)
    return points


def checked_scene(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scene with plain lists: `{"type", "points", "boxes", "vectors"}`.

    Raises
    ------
    TypeError
        If something is of the wrong type.
    ValueError
        For another type of scene, missing points, and boxes and vectors that are none; the message says
        which.
    """
    found = given.get("type")
    if found != SCENE_TYPE:
        raise ValueError(f'Object3D: the "type" of a scene must be {SCENE_TYPE!r}, not {found!r}')
    if given.get("points") is None:
        raise ValueError('Object3D: a scene needs "points", an array or a list; [] is a scene without')
    return {
        "type": SCENE_TYPE,
        "points": checked_points('Object3D["points"]', given["points"]).tolist(),
        "boxes": [_box(place, each) for place, each in _each("boxes", given.get("boxes"))],
        "vectors": [_vector(place, each) for place, each in _each("vectors", given.get("vectors"))],
    }


def _each(name: str, given: Any) -> list[tuple[str, dict[str, Any]]]:
    given = given.tolist() if hasattr(given, "tolist") else given
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        raise TypeError(f'Object3D["{name}"] must be a list or an array of dicts, not {type(given).__name__}')
    places = [f'Object3D["{name}"][{index}]' for index in range(len(given))]
    for place, each in zip(places, given, strict=True):
        if not isinstance(each, Mapping):
            raise TypeError(f"{place} must be a dict, not {type(each).__name__}")
    return list(zip(places, (dict(each) for each in given), strict=True))


def _box(place: str, box: dict[str, Any]) -> dict[str, Any]:
    corners: Any = box.get("corners")
    corners = corners.tolist() if hasattr(corners, "tolist") else corners
    if not isinstance(corners, (list, tuple)) or len(corners) != _CORNERS:
        found = f"{len(corners)}" if isinstance(corners, (list, tuple)) else repr(corners)
        raise ValueError(f'{place}["corners"] must be {_CORNERS} of [x, y, z], not {found}')
    box["corners"] = [_three(f'{place}["corners"][{index}]', each) for index, each in enumerate(corners)]
    label = box.get("label")
    if label is None:
        box.pop("label", None)
    elif not isinstance(label, str):
        raise TypeError(f'{place}["label"] must be a str, not {type(label).__name__}')
    # The page's own example has a colour of 321: what was said is kept, and what draws it clips it.
    return _with_colour(place, box)


def _vector(place: str, vector: dict[str, Any]) -> dict[str, Any]:
    for name in ("start", "end"):
        vector[name] = _three(f'{place}["{name}"]', vector.get(name))
    return _with_colour(place, vector)


def _with_colour(place: str, thing: dict[str, Any]) -> dict[str, Any]:
    if thing.get("color") is None:
        thing.pop("color", None)
    else:
        thing["color"] = _three(f'{place}["color"]', thing["color"])
    return thing


def _three(place: str, given: Any) -> list[float]:
    given = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(given, (list, tuple)) or len(given) != 3:
        raise ValueError(f"{place} must have three numbers, not {given!r}")
    return [plain_number(place, each) for each in given]


def _check_range(what: str, values: Any, least: int, most: int) -> None:
    wrong = values[~((values >= least) & (values <= most))]
    if wrong.size:
        raise ValueError(f"{what} must be {least} to {most}; there is {wrong.flat[0]:g}")
