"""Arrays as pictures: which axis is what, in arrays of any library."""

from __future__ import annotations

from typing import Any

from stepwell.media.encoding.arrays import array_of, is_torch, to_array

# Grey, grey with alpha, RGB, RGBA.
CHANNELS = (1, 2, 3, 4)
# What a grid of pictures is in torchvision, and so in wandb.
_GRID_COLUMNS = 8
_GRID_GAP = 2


def to_numeric(kind: str, values: Any) -> Any:
    """Return a numpy array of real numbers, of a type that the native encoders know.

    Parameters
    ----------
    kind
        What it is for, as errors name it: `"Image"`.
    values
        An array or tensor of numpy, torch, TensorFlow, JAX and others, or nested lists.

    Raises
    ------
    TypeError
        If it holds no real numbers.
    ValueError
        If nested lists have several lengths.
    """
    import numpy

    if not isinstance(values, (list, tuple)):
        found, values = values, array_of(values)
        if values is None:
            raise TypeError(f"{kind}: expected an array, not {type(found).__name__}")
    try:
        values = to_array(kind, values)
    except ValueError as error:  # nested lists of several lengths
        raise ValueError(f"{kind}: {error}") from None
    # A long double has more bits than any picture or sound needs.
    return values.astype(numpy.float64) if values.dtype.kind == "f" and values.dtype.itemsize > 8 else values


def without_leading_ones(array: Any, dimensions: int) -> Any:
    """Return an array without the axes of length 1 that it has in front of so many dimensions."""
    while array.ndim > dimensions and array.shape[0] == 1:
        array = array[0]
    return array


def with_channels_last(array: Any, channels: tuple[int, ...], first: bool) -> Any:
    """Return pictures or clips with their channels as the last axis; None where they have no such axis.

    Parameters
    ----------
    array
        …×C×H×W or …×H×W×C.
    channels
        How many there may be.
    first
        Whether they are where C×H×W has them if both is possible.
    """
    import numpy

    for axis in (-3, -1) if first else (-1, -3):
        if array.shape[axis] in channels:
            return numpy.moveaxis(array, axis, -1)
    return None


def image_array(values: Any) -> Any:
    """Return the array of one picture: height × width, or height × width × channels.

    Where channels may be the first axis or the last, they are the first one of tensors of torch, and the last
    one of everything else. Several pictures become a grid.

    Raises
    ------
    ValueError
        For other shapes; it names the shape and what was expected.
    """
    if hasattr(values, "filled") and values.dtype.kind in "biu":  # masked pixels are black; integers stay some
        values = values.filled(0)
    given = to_numeric("Image", values)
    array = without_leading_ones(given, 3)
    if array.ndim > 2:
        array = with_channels_last(array, CHANNELS, first=is_torch(values))
    if array is None or array.ndim < 2:
        raise ValueError(
            f"Image: an array of shape {given.shape}; expected H×W, or H×W×C or C×H×W with 1 (grey), 2 (grey and "
            "alpha), 3 (RGB) or 4 (RGBA) channels, or several of them"
        )
    return array if array.ndim <= 3 else _grid(array.reshape(-1, *array.shape[-3:]))


def with_a_pixel(pixels: Any, problem: str, remarks: list[tuple[str, str]]) -> Any:
    """Return pixels, or a black one if there are none, as in an empty part of a picture or a clip."""
    if pixels.size:
        return pixels
    import numpy

    remarks.append((problem, f"one black pixel stands for the shape {pixels.shape}"))
    return numpy.zeros((1,) * pixels.ndim, numpy.uint8)


def _grid(pictures: Any) -> Any:
    """Return the grid that torchvision makes of N×H×W×C: up to eight in a row, black between them."""
    import numpy

    count, height, width, channels = pictures.shape
    columns = min(_GRID_COLUMNS, count)
    rows = -(-count // columns)
    padded = numpy.zeros((rows * columns, height + _GRID_GAP, width + _GRID_GAP, channels), pictures.dtype)
    padded[:count, _GRID_GAP:, _GRID_GAP:] = pictures
    rows_of_pixels = padded.reshape(rows, columns, *padded.shape[1:]).swapaxes(1, 2)
    grid = rows_of_pixels.reshape(rows * padded.shape[1], columns * padded.shape[2], channels)
    return numpy.pad(grid, [(0, _GRID_GAP), (0, _GRID_GAP), (0, 0)])
