"""Boxes in space, by their centre, size and orientation."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def box3d(
    *,
    center: npt.ArrayLike,
    size: npt.ArrayLike,
    orientation: npt.ArrayLike,
    color: Sequence[float],
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """Return a box for the `boxes` of a scene, as `Object3D.from_point_cloud` takes it.

    Parameters
    ----------
    center
        The middle of the box: x, y, z.
    size
        Its lengths along its own x, y and z.
    orientation
        The rotation from the box's axes to those of the scene, as a quaternion r, x, y, z, which stands for
        r + xi + yj + zk. It need not have length 1; 0 turns nothing.
    color
        Red, green and blue.
    label
        A text at the box.
    score
        How certain the box is.

    Returns
    -------
    dict
        `{"corners": eight of [x, y, z], "color", "label"?, "score"?}`.

    Raises
    ------
    ValueError
        If something has another length.
    """
    middle, lengths = _numbers("center", center, 3), _numbers("size", size, 3)
    rotation = _rotation(*_numbers("orientation", orientation, 4))
    corners = []
    for signs in product((-0.5, 0.5), repeat=3):
        offset = [sign * length for sign, length in zip(signs, lengths, strict=True)]
        turned = [sum(row[axis] * offset[axis] for axis in range(3)) for row in rotation]
        corners.append([at + by for at, by in zip(middle, turned, strict=True)])
    box: dict[str, Any] = {"corners": corners, "color": _numbers("color", color, 3)}
    if label is not None:
        box["label"] = str(label)
    if score is not None:
        box["score"] = float(score)
    return box


def _numbers(name: str, given: Any, count: int) -> list[float]:
    given = given.tolist() if hasattr(given, "tolist") else list(given)
    if len(given) != count:
        raise ValueError(f"box3d: {name} must have {count} numbers, not {len(given)}")
    return [each if isinstance(each, int) else float(each) for each in given]


def _rotation(r: float, x: float, y: float, z: float) -> list[list[float]]:
    """Return the rotation matrix of a quaternion."""
    square = r * r + x * x + y * y + z * z
    s = 2 / square if square else 0
    return [
        [1 - s * (y * y + z * z), s * (x * y - r * z), s * (x * z + r * y)],
        [s * (x * y + r * z), 1 - s * (x * x + z * z), s * (y * z - r * x)],
        [s * (x * z - r * y), s * (y * z + r * x), 1 - s * (x * x + y * y)],
    ]
