"""Points, boxes and vectors in space, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepwell.media.encoding.number import plain_number, shown
from stepwell.media.encoding.pixels import to_numeric, without_leading_ones

# The one type of scene there is.
SCENE_TYPE = "lidar/beta"
# x, y, z; with a category; with red, green and blue.
_COLUMNS = (3, 4, 6)


def checked_points(place: str, given: Any, remarks: list[tuple[str, str]]) -> Any:
    """Return points as an array, N × 3, N × 4 or N × 6. Categories and colours may be any numbers.

    Parameters
    ----------
    place
        How errors and remarks name them.
    given
        The points.
    remarks
        Takes what is kept otherwise than it was given: of other columns than these, the first three.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they have less than three columns, or are no rows and columns.
    """
    points = without_leading_ones(to_numeric(place, given), 2)
    if points.shape == (0,):  # an empty list has no second axis
        points = points.reshape(0, 3)
    if points.ndim != 2 or points.shape[1] < min(_COLUMNS):
        raise ValueError(
            f"{place}: points of shape {points.shape}; expected N×3 (x, y, z), N×4 (and a category) or N×6 (and rgb)"
        )
    if points.shape[1] not in _COLUMNS:
        remarks.append((f"has points of {points.shape[1]} numbers", "x, y and z are kept"))
        points = points[:, :3]
    return points


def checked_scene(given: Mapping[str, Any], remarks: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a scene with plain lists: `{"type", "points", "boxes", "vectors"}`; missing ones are empty.

    Boxes and vectors that lack something stay as they are, with a remark.

    Raises
    ------
    TypeError
        If something is of the wrong type.
    ValueError
        For another type of scene, and points that are none.
    """
    found = given.get("type")
    if found != SCENE_TYPE:
        raise ValueError(f'Object3D: the "type" of a scene must be {SCENE_TYPE!r}, not {found!r}')
    points = [] if given.get("points") is None else given["points"]
    return {
        "type": SCENE_TYPE,
        "points": checked_points('Object3D["points"]', points, remarks).tolist(),
        "boxes": [_box(place, each, remarks) for place, each in _each("boxes", given.get("boxes"))],
        "vectors": [_vector(place, each, remarks) for place, each in _each("vectors", given.get("vectors"))],
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


def _box(place: str, box: dict[str, Any], remarks: list[tuple[str, str]]) -> dict[str, Any]:
    if box.get("label") is None:
        box.pop("label", None)
    else:
        box["label"] = str(box["label"])
    return _with_numbers(place, box, {"corners": (8, 3)}, remarks)


def _vector(place: str, vector: dict[str, Any], remarks: list[tuple[str, str]]) -> dict[str, Any]:
    return _with_numbers(place, vector, {"start": (3,), "end": (3,)}, remarks)


def _with_numbers(
    place: str, thing: dict[str, Any], shapes: Mapping[str, tuple[int, ...]], remarks: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return a box or a vector with plain numbers; what has another shape than is said stays as it is."""
    # The page's own example has a colour of 321: what was said is kept, and what draws it clips it.
    if thing.get("color") is None:
        thing.pop("color", None)
    else:
        shapes = {**shapes, "color": (3,)}
    return thing | {
        name: _kept(f'{place}["{name}"]', thing.get(name), shape, remarks) for name, shape in shapes.items()
    }


def _kept(place: str, given: Any, shape: tuple[int, ...], remarks: list[tuple[str, str]]) -> Any:
    try:
        return _numbers(place, given, shape)
    except (TypeError, ValueError) as error:
        remarks.append(("has boxes or vectors that lack something", f"they are kept as they are: {error}"))
        return given


def _numbers(place: str, given: Any, shape: tuple[int, ...]) -> Any:
    given = given.tolist() if hasattr(given, "tolist") else given
    if not shape:
        return plain_number(place, given)
    if not isinstance(given, (list, tuple)) or len(given) != shape[0]:
        found = f"{len(given)} of them" if isinstance(given, (list, tuple)) else shown(given)
        raise ValueError(f"{place} must be {shape[0]} {'of [x, y, z]' if shape[1:] else 'numbers'}, not {found}")
    return [_numbers(place, each, shape[1:]) for each in given]
