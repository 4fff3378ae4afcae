"""Image files through Pillow: which format a file has, and conversions between modes and formats."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

    from stepwell.media.encoding.source import Source

# How pictures can be written, and what Pillow calls it.
WRITABLE = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP"}
_EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "JPEG2000": "jp2"}
# Good enough to look at closely; a photograph takes a tenth of its PNG.
_JPEG_QUALITY = 90
# What each format holds; the first is what everything else becomes.
_MODES = {
    "PNG": ("RGB", "RGBA", "L", "LA", "1", "P", "I;16"),
    "JPEG": ("RGB", "L", "CMYK"),
    "GIF": ("RGB", "RGBA", "L", "P", "1"),
    "BMP": ("RGB", "L", "1", "P"),
    "WEBP": ("RGB", "RGBA"),
}
_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


@dataclass(frozen=True)
class ImageHeader:
    """What the header of a picture says.

    Attributes
    ----------
    format
        As files of this format are called: `png`, `jpg`, ….
    width, height
        In pixels.
    mode
        Pillow's name for what a pixel is: `L`, `RGB`, ….
    """

    format: str
    width: int
    height: int
    mode: str


def is_pillow(value: Any) -> bool:
    """Whether it is a picture of Pillow; nothing is imported."""
    return any(base.__module__ == "PIL.Image" and base.__name__ == "Image" for base in type(value).__mro__)


def identify(kind: str, source: Source) -> ImageHeader:
    """Read the header of a picture; its pixels are not decoded.

    Raises
    ------
    ValueError
        If it is no picture that Pillow knows; it names the file.
    """
    import PIL.Image

    with source.open() as file:
        try:
            with PIL.Image.open(file) as image:
                extension = _EXTENSIONS.get(image.format or "", (image.format or "").lower())
                return ImageHeader(extension, image.width, image.height, image.mode)
        except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
            raise ValueError(f"{kind}: {source.name} is no picture that can be read: {error}") from None


def decode(data: bytes) -> Image:
    """Return the picture that bytes are, decoded."""
    import PIL.Image

    image = PIL.Image.open(BytesIO(data))
    image.load()
    return image


def encode(image: Image, extension: str) -> bytes:
    """Return the bytes of a picture file.

    A format that has no alpha drops it with a warning; modes that a format does not hold become RGB.

    Parameters
    ----------
    image
        The picture.
    extension
        One of `WRITABLE`.
    """
    pillow_name = WRITABLE[extension]
    known = _MODES[pillow_name]
    if image.mode.startswith("I") and "I;16" in known:
        image = _sixteen_bits(image)
    elif image.mode not in known:
        alpha = image.mode in _ALPHA
        if alpha and "RGBA" not in known:
            warnings.warn(f"stepwell: a picture with alpha is stored as {extension}, which has none", stacklevel=5)
        image = converted(image, "RGBA" if alpha and "RGBA" in known else known[0])
    out = BytesIO()
    options: dict[str, Any] = {"quality": _JPEG_QUALITY} if pillow_name in {"JPEG", "WEBP"} else {}
    image.save(out, format=pillow_name, **options)
    return out.getvalue()


def _sixteen_bits(image: Image) -> Image:
    """Return a picture of integers in the form that every Pillow writes; beyond 16 bits they are clipped."""
    import numpy
    import PIL.Image

    return PIL.Image.fromarray(numpy.clip(numpy.asarray(image), 0, 0xFFFF).astype(numpy.uint16))


def converted(image: Image, mode: str) -> Image:
    """Return a picture in another mode.

    Raises
    ------
    ValueError
        If there is no such mode, or no way from one to the other.
    """
    if image.mode == mode:
        return image
    try:
        if image.mode in {"RGBa", "La"}:  # Pillow knows one way from premultiplied alpha
            image = image.convert(image.mode[:-1].upper() + "A")
        return image.convert(mode)
    except (ValueError, KeyError) as error:
        raise ValueError(f"Image: a picture of mode {image.mode} cannot become {mode!r}: {error}") from None
