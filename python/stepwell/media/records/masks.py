"""Segmentation masks over an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.image_decoder import decode, identify
from stepwell.media.encoding.pixels import to_numeric
from stepwell.media.encoding.source import Source
from stepwell.media.records.classes import class_labels

if TYPE_CHECKING:
    from stepwell._native import Content

# A mask has one byte for each pixel.
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


def checked_masks(given: Any) -> dict[str, Mask]:
    """Return the masks of an image.

    Parameters
    ----------
    given
        `{set: {"mask_data": array, "class_labels": {number: name}}}`, where the array is height × width, of
        integers from 0 to 255; or `"path"` of a picture with one channel instead of `"mask_data"`.

    Raises
    ------
    TypeError
        If something is missing or of the wrong type; the message says where.
    ValueError
        If a path leads to no picture.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f'masks must be {{set: {{"mask_data": ...}}}}, not {type(given).__name__}')
    return {str(name): _mask(f"masks[{name!r}]", each) for name, each in given.items()}


def _mask(place: str, given: Any) -> Mask:
    if not isinstance(given, Mapping) or ("mask_data" in given) == ("path" in given):
        raise TypeError(f'{place} must be a dict with either "mask_data" or "path"')
    labels = class_labels(f'{place}["class_labels"]', given.get("class_labels"))
    if "path" in given:
        return Mask(_from_file(f'{place}["path"]', given["path"]), labels)
    return Mask(_from_array(f'{place}["mask_data"]', given["mask_data"]), labels)


def _from_array(place: str, given: Any) -> Content:
    import numpy

    from stepwell import _native

    try:
        array = to_numeric(place, given)
    except ValueError as error:
        raise TypeError(f"{error}; expected 2 dimensions") from None
    if array.ndim != 2 or array.size == 0:
        raise TypeError(f"{place} must have 2 dimensions, height and width; its shape is {array.shape}")
    if array.dtype.kind not in "biu":
        raise TypeError(
            f"{place} must hold integers from 0 to {_MOST}, not {array.dtype.name}; its shape is {array.shape}"
        )
    if array.dtype != numpy.uint8:
        least, most = int(array.min()), int(array.max())
        if least < 0 or most > _MOST:
            raise TypeError(f"{place} must hold integers from 0 to {_MOST}; it has {least} to {most}")
        array = array.astype(numpy.uint8)
    return _native.Content.from_pixels(array)


def _from_file(place: str, given: Any) -> Content:
    import numpy

    if not Source.is_given(given):
        raise TypeError(f"{place} must be the path of a picture, not {type(given).__name__}")
    source = Source(place, given)
    picture = identify(place, source)
    if (picture.format, picture.mode) == ("png", "L"):
        return source.content("png")
    image = decode(source.read())
    if len(image.getbands()) != 1:
        raise TypeError(f"{place} must be a picture with one channel; {source.name} has {''.join(image.getbands())}")
    return _from_array(place, numpy.asarray(image))  # the pixels of a palette are the numbers of its colours
