"""Images, with what lies over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.figure import figure_of, pixels_of
from stepwell.media.encoding.image_decoder import WRITABLE, converted, decode, encode, identify, is_pillow
from stepwell.media.encoding.pixels import image_array, with_a_pixel
from stepwell.media.encoding.source import Source
from stepwell.media.records.boxes import checked_boxes
from stepwell.media.records.classes import Classes
from stepwell.media.records.masks import Mask, checked_masks
from stepwell.media.records.media import FileMedia, attach, caption_text, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL.Image import Image as PillowImage


# Modes of Pillow whose pixels go through the native encoder; it takes them as arrays.
_NATIVE_MODES = {"1", "L", "LA", "RGB", "RGBA", "F"}
# What the number of channels is called.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


class Image(FileMedia):
    """A picture.

    Parameters
    ----------
    data_or_path
        * An array, height × width, or height × width × 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA), of
          numpy, JAX, TensorFlow, or nested lists; a tensor of torch is channels × height × width. Each may be
          the other way round where that is the only way to read it, and have axes of length 1 in front.
          Several pictures in one array become a grid. Integers are clipped to 0 … 255.
        * A `PIL.Image`.
        * A path, an open file, or bytes of a picture: kept byte for byte, so a JPEG stays a JPEG.
        * A figure or axes of matplotlib, or `pyplot`: drawn at its own size.
        * Another `Image`.
    mode
        Mode of Pillow that the picture is brought to, such as `"L"` or `"RGB"`.
    caption
        A line of text below it.
    grouping
        How many images belong together; stored for the dashboard.
    classes
        Names of classes for masks and boxes: `Classes`, or a list of `{"id", "name"}`.
    boxes
        Sets of bounding boxes: `{set: {"box_data": [{"position", "class_id", "domain"?, "box_caption"?,
        "scores"?}], "class_labels"?: {number: name}}}`. A position is `{"minX", "maxX", "minY", "maxY"}` or
        `{"middle": [x, y], "width", "height"}`, in fractions of the image, or in pixels with the domain
        `"pixel"`.
    masks
        Sets of segmentation masks: `{set: {"mask_data": height × width of whole numbers 0 … 255, or "path":
        a picture, "class_labels"?: {number: name}}}`. Other numbers are rounded, and those beyond become 255,
        with a warning when the image is logged.
    file_type
        `png` (the default), `jpg`, `gif`, `bmp` or `webp`. A JPEG has no alpha: it is dropped with a warning.
    normalize
        Floats that all lie in [0, 1] are multiplied by 255, in [-1, 1] become 127.5 (x + 1); all others, and
        all with `normalize=False`, are clipped to 0 … 255.

    Attributes
    ----------
    format
        As the file is called: `png`, `jpg`, ….
    width, height
        In pixels.

    Raises
    ------
    TypeError
        If the data is none of these, or masks, boxes, classes or the caption are of the wrong type.
    ValueError
        For an array of another shape, a path that leads to no picture, an unknown mode or file type.

    Notes
    -----
    The pixels are copied once; they are encoded elsewhere, without the GIL. Later changes of the array do not
    matter.
    """

    _type = "image-file"
    _folder = "images"
    RECOMMENDED_ITEMS = 50

    format: str
    width: int
    height: int
    remarks: list[tuple[str, str]]

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | str | None = None,
        classes: Classes | Sequence[Mapping[str, Any]] | None = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        if file_type is not None and str(file_type).lower() not in WRITABLE:
            raise ValueError(f"Image: file_type must be one of {', '.join(WRITABLE)}, not {file_type!r}")
        self._caption = caption_text("Image", caption)
        self._grouping = grouping
        self._classes = classes if classes is None or isinstance(classes, Classes) else Classes(classes)
        self.remarks = []
        self._boxes: dict[str, Any] = {} if boxes is None else checked_boxes(boxes, self.remarks)
        self._masks: dict[str, Mask] = {} if masks is None else checked_masks(masks, self.remarks)
        self._take(data_or_path, mode, _format(file_type), normalize)

    @property
    def image(self) -> PillowImage:
        """The picture as a `PIL.Image`, decoded from the file that is stored."""
        return decode(self._content.read())

    def _fields(self, key: str) -> dict[str, Any]:
        masks = {
            name: {"path": attach(mask.content, "masks", key), **({"class_labels": mask.labels} if mask.labels else {})}
            for name, mask in self._masks.items()
        }
        return {
            "format": self.format,
            "width": self.width,
            "height": self.height,
            **said(
                caption=self._caption,
                grouping=self._grouping,
                classes=self._classes and self._classes.class_set,
                boxes=self._boxes or None,
                masks=masks or None,
            ),
        }

    def __repr__(self) -> str:
        return f"Image({self.width}×{self.height} {self.format})"

    def _take(self, data: Any, mode: str | None, wanted: str | None, normalize: bool) -> None:
        if isinstance(data, Image):
            self._take_image(data)
        elif Source.is_given(data) and not is_pillow(data):
            self._take_file(Source("Image", data))
        elif is_pillow(data):
            self._take_pillow(data, mode, wanted or "png")
            return
        else:
            figure = figure_of(data)
            pixels = image_array(data) if figure is None else pixels_of(figure, self.remarks)
            self._take_pixels(pixels, normalize)
            if mode == _MODES[pixels.shape[2] if pixels.ndim == 3 else 1]:
                mode = None
        # A file of the right format stays as it is; all else takes the way through Pillow.
        if mode is not None or (wanted is not None and wanted != self.format):
            self._take_pillow(self.image, mode, wanted or (self.format if self.format in WRITABLE else "png"))

    def _take_image(self, image: Image) -> None:
        self._content, self.format = image._content, image.format
        self.width, self.height = image.width, image.height
        self._caption = self._caption if self._caption is not None else image._caption
        self._grouping = self._grouping if self._grouping is not None else image._grouping
        self._classes = self._classes or image._classes
        self._boxes = self._boxes or image._boxes
        self._masks = self._masks or image._masks
        self.remarks += image.remarks

    def _take_file(self, source: Source) -> None:
        picture = identify("Image", source)
        self._content, self.format = source.content(picture.format), picture.format
        self.width, self.height = picture.width, picture.height

    def _take_pixels(self, pixels: Any, normalize: bool) -> None:
        from stepwell import _native

        pixels = with_a_pixel(pixels, "has a picture without pixels", self.remarks)
        self._content, self.format = _native.Content.from_pixels(pixels, normalize), "png"
        self.height, self.width = int(pixels.shape[0]), int(pixels.shape[1])

    def _take_pillow(self, image: PillowImage, mode: str | None, extension: str) -> None:
        from stepwell import _native

        image = image if mode is None else converted(image, mode)
        if extension == "png" and image.mode in _NATIVE_MODES:
            import numpy

            self._take_pixels(numpy.asarray(image), normalize=True)
            return
        self._content = _native.Content.from_bytes(encode(image, extension), extension)
        self.format, (self.width, self.height) = extension, image.size


def _format(file_type: str | None) -> str | None:
    return None if file_type is None else file_type.lower().replace("jpeg", "jpg")
