"""Arrays as pictures: which axis is what, in arrays of any library."""

from __future__ import annotations

from typing import Any

# Grey, grey with alpha, RGB, RGBA.
CHANNELS = (1, 2, 3, 4)


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

    from stepwell.media.encoding.arrays import array_of, to_array

    if not isinstance(values, numpy.ndarray):
        if not isinstance(values, (list, tuple)):
            found, values = values, array_of(values)
            if values is None:
                raise TypeError(f"{kind}: expected an array, not {type(found).__name__}")
        try:
            values = to_array(kind, values)
        except ValueError as error:  # nested lists of several lengths
            raise ValueError(f"{kind}: {error}") from None
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{kind}: an array of {values.dtype.name} values; expected real numbers")
    # A long double has more bits than any picture or sound needs.
    return values.astype(numpy.float64) if values.dtype.kind == "f" and values.dtype.itemsize > 8 else values


def is_torch(values: Any) -> bool:
    """Whether it is a tensor of torch, or of a class that extends it."""
    return any(base.__module__.partition(".")[0] == "torch" for base in type(values).__mro__)


def image_array(values: Any) -> Any:
    """Return the array of one picture: height × width, or height × width × channels.

    Tensors of torch are channels × height × width; everything else is height × width × channels.

    Raises
    ------
    ValueError
        For other shapes; it names the shape and what was expected.
    """
    array = to_numeric("Image", values)
    if is_torch(values):
        if array.ndim == 3 and array.shape[0] in CHANNELS:
            array = array.transpose(1, 2, 0)
        elif array.ndim != 2:
            raise ValueError(
                f"Image: a torch tensor of shape {array.shape}; expected H×W or C×H×W with 1 to 4 channels"
                + (". Log a batch as a list of images" if array.ndim == 4 else "")
            )
    elif array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in CHANNELS):
        raise ValueError(
            f"Image: an array of shape {array.shape}; expected H×W, or H×W×C with 1 (grey), 2 (grey and alpha), "
            f"3 (RGB) or 4 (RGBA) channels{_advice(array)}"
        )
    if array.size == 0:
        raise ValueError(f"Image: an array of shape {array.shape} has no pixels")
    return array


def _advice(array: Any) -> str:
    if array.ndim == 4:
        return ". Log a batch as a list of images"
    if array.ndim == 3 and array.shape[0] in CHANNELS:
        return ". If its channels come first: array.transpose(1, 2, 0)"
    return ""
