"""Videos."""

from __future__ import annotations

import math
from typing import Any

from stepwell.media.encoding.number import plain_number
from stepwell.media.encoding.pixels import to_numeric, with_a_pixel, with_channels_last
from stepwell.media.encoding.source import Source
from stepwell.media.encoding.video_encoder import encode_video
from stepwell.media.records.media import FileMedia, caption_text, said

_CHANNELS = (1, 3, 4)


class Video(FileMedia):
    """A clip.

    Parameters
    ----------
    data_or_path
        * An array of any library, time × channels × height × width, with 1 (grey), 3 (RGB) or 4 (RGBA)
          channels, which may be last where that is the only way to read it; or time × height × width. With
          one more axis in front, it is several clips, which are tiled to a grid. Integers are clipped to 0 …
          255; floats are normalised as those of images are, over the whole clip.
        * A path, an open file or bytes of one of the four formats: kept byte for byte.
    caption
        A line of text below it.
    fps
        Frames per second of an array.
    format
        `gif` (the default for arrays), `mp4`, `webm` or `ogg`; files say it by their name. Arrays become GIF
        natively and off the GIL; the other three are encoded at once, which takes PyAV (`pip install
        stepwell[video]`). Without it they become GIF too, with a warning when the clip is logged.

    Attributes
    ----------
    EXTS
        The formats.

    Raises
    ------
    TypeError
        If the data is none of these, or `fps` is no number.
    ValueError
        For an array of another shape, another format, or a missing file.
    """

    _type = "video-file"
    _folder = "videos"
    remarks: list[tuple[str, str]]
    EXTS = ("gif", "mp4", "webm", "ogg")

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: float | None = 4,
        format: str | None = None,  # noqa: A002 - the name that wandb gives it
    ) -> None:
        self._caption = caption_text("Video", caption)
        self.remarks = []
        self._fps: float | None = None
        self._frames: int | None = None
        self._width: int | None = None
        self._height: int | None = None
        if format is not None and str(format).lower() not in self.EXTS:
            raise ValueError(f"Video: format must be one of {', '.join(self.EXTS)}, not {format!r}")
        if Source.is_given(data_or_path):
            self._take_file(Source("Video", data_or_path), format)
        else:
            self._take_frames(
                data_or_path, 4 if fps is None else _rate(fps), "gif" if format is None else format.lower()
            )

    def _fields(self, key: str) -> dict[str, Any]:
        return {
            "format": self._format,
            **said(width=self._width, height=self._height, fps=self._fps, frames=self._frames, caption=self._caption),
        }

    def __repr__(self) -> str:
        return f"Video({self._format})" if self._frames is None else f"Video({self._frames} frames, {self._format})"

    def _take_file(self, source: Source, given: str | None) -> None:
        # What the name says is the file's own word; `format` is for files without a name.
        given = None if source.extension else given
        self._format = source.format_among("Video", self.EXTS, "format", given)
        self._content = source.content(self._format)
        head = source.head()
        if head[:3] == b"GIF" and len(head) >= 10:
            self._width, self._height = (int.from_bytes(head[at : at + 2], "little") for at in (6, 8))

    def _take_frames(self, data: Any, fps: float, extension: str) -> None:
        from stepwell import _native

        frames = with_a_pixel(_tiled(to_numeric("Video", data)), "has a clip without pixels", self.remarks)
        self._fps = fps
        self._frames, self._height, self._width = frames.shape[:3]
        if extension != "gif":
            try:
                clip = encode_video(frames, fps, extension)
            except ImportError as error:
                self.remarks.append((f"has an array that is to become {extension}", f"it is kept as GIF. {error}"))
            else:
                self._format, self._height, self._width = extension, clip.height, clip.width
                self._content = _native.Content.from_bytes(clip.data, extension)
                return
        self._format, self._content = "gif", _native.Content.from_frames(frames, fps)


def _rate(given: Any) -> float:
    rate = plain_number("Video: fps", given)
    if not 0 < rate < math.inf:
        raise ValueError(f"Video: fps must be above 0, not {rate}")
    return int(rate) if rate == int(rate) else rate


def _tiled(clips: Any) -> Any:
    """Return frames, time × height × width × channels, of one clip or of several side by side."""
    import numpy

    given = clips
    if clips.ndim in {4, 5}:
        clips = with_channels_last(clips, _CHANNELS, first=True)
    elif clips.ndim == 3:
        clips = clips[..., None]
    if given.ndim not in {3, 4, 5} or clips is None:
        raise ValueError(
            f"Video: an array of shape {given.shape}; expected time×channels×height×width with 1, 3 or 4 channels, or "
            "several such clips in an array with 5 dimensions"
        )
    if clips.ndim == 4:
        return clips
    # The grid that wandb makes: as many places as the next power of two, in few rows; those that remain are
    # black.
    count, time, height, width, channels = clips.shape
    places = 1 << (count - 1).bit_length()
    rows = 1 << (count.bit_length() - 1) // 2
    columns = places // rows
    padded = numpy.concatenate([clips, numpy.zeros((places - count, *clips.shape[1:]), clips.dtype)])
    grid = padded.reshape(rows, columns, time, height, width, channels).transpose(2, 0, 3, 1, 4, 5)
    return grid.reshape(time, rows * height, columns * width, channels)
