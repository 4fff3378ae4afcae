"""Segmentation masks over an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.image_decoder import decode, identify, is_pillow
from stepwell.media.encoding.pixels import CHANNELS, to_numeric, with_a_pixel, without_leading_ones
from stepwell.media.encoding.source import Source
from stepwell.media.records.classes import class_labels

if TYPE_CHECKING:
    from stepwell._native import Content

# A mask has one byte for each pixel. What has no class there becomes the last one, by which segmentation
# calls what is to be ignored.
_MOST = 255


@dataclass(frozen=True)
class Mask:
    """The class of every pixel.

    Attributes
    ----------
    content
        An 8-bit PNG without colours: a pixel's value is its class.
    labels
        Names of classes, by number as text.
    """

    content: Content
    labels: dict[str, str]


def checked_masks(given: Any, remarks: list[tuple[str, str]]) -> dict[str, Mask]:
    """Return the masks of an image.

    Parameters
    ----------
    given
        `{set: {"mask_data": array, "class_labels": {number: name}}}`, where the array is height × width, of
        whole numbers from 0 to 255, or a picture of Pillow; or `"path"` of a picture instead of
        `"mask_data"`. Axes of length 1 do not count; of several channels the first one is the mask,
        and of one-hot classes each pixel's.
    remarks
        Takes what is kept otherwise than it was given: other numbers are rounded, and become 255 beyond it.

    Raises
    ------
    TypeError
        If something is missing or of the wrong type; the message says where.
    ValueError
        If a path leads to no picture.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f'masks must be {{set: {{"mask_data": ...}}}}, not {type(given).__name__}')
    return {str(name): _mask(f"masks[{name!r}]", each, remarks) for name, each in given.items()}


def _mask(place: str, given: Any, remarks: list[tuple[str, str]]) -> Mask:
    if not isinstance(given, Mapping) or ("mask_data" in given) == ("path" in given):
        raise TypeError(f'{place} must be a dict with either "mask_data" or "path"')
    labels = class_labels(f'{place}["class_labels"]', given.get("class_labels"))
    if "path" in given:
        return Mask(_from_file(f'{place}["path"]', given["path"], remarks), labels)
    return Mask(_from_array(f'{place}["mask_data"]', given["mask_data"], remarks), labels)


def _from_array(place: str, given: Any, remarks: list[tuple[str, str]]) -> Content:
    import numpy

    from stepwell import _native

    try:
        # Those of a palette are the numbers of its colours.
        array = numpy.asarray(given) if is_pillow(given) else to_numeric(place, given)
    except ValueError as error:
        raise TypeError(f"{error}; expected 2 dimensions") from None
    array = without_leading_ones(array, 2)
    if _is_one_hot(array):
        array = array.argmax(axis=2)
    if array.ndim == 3 and array.shape[2] in CHANNELS:
        colours = array[..., : 3 if array.shape[2] > 2 else 1]
        if (colours != colours[..., :1]).any():
            remarks.append((f"has colours in {place}", "the first channel is the mask"))
        array = array[..., 0]
    if array.ndim != 2:
        raise TypeError(f"{place} must have 2 dimensions, height and width; its shape is {array.shape}")
    array = with_a_pixel(array, f"has no pixels in {place}", remarks)
    if array.dtype.kind == "f":
        whole = numpy.rint(array)
        if (whole != array).any():
            remarks.append((f"has numbers that are not whole in {place}", f"they are rounded, and NaN becomes {_MOST}"))
        array = numpy.where(numpy.isnan(whole), _MOST, whole)
    if array.dtype != numpy.uint8:
        beyond = (array < 0) | (array > _MOST)
        if beyond.any():
            remarks.append((f"has numbers that are not from 0 to {_MOST} in {place}", f"they become {_MOST}"))
        array = numpy.where(beyond, _MOST, array).astype(numpy.uint8)
    return _native.Content.from_pixels(array)


def _is_one_hot(array: Any) -> bool:
    """Whether an array has an axis of classes, of which every pixel has one."""
    if array.ndim != 3 or array.shape[2] < 2 or not array.size:
        return False
    if array.shape[2] in {2, 4} and (array[..., -1] == 1).all():  # a black picture with opacity looks the same
        return False
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=2) == 1).all())


def _from_file(place: str, given: Any, remarks: list[tuple[str, str]]) -> Content:
    if not Source.is_given(given):
        raise TypeError(f"{place} must be the path of a picture, not {type(given).__name__}")
    source = Source(place, given)
    picture = identify(place, source)
    if (picture.format, picture.mode) == ("png", "L"):
        return source.content("png")
    return _from_array(place, decode(source.read()), remarks)
