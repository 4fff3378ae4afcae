"""Video files of frames, through PyAV: MP4, WebM and Ogg."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from io import BytesIO
from typing import Any

# The codecs that browsers play in each container, the better one first.
_CODECS = {"mp4": ("libx264", "mpeg4"), "webm": ("libvpx-vp9", "libvpx"), "ogg": ("libtheora", "libvpx")}
# Quality before size: a clip is looked at closely, and is short. `crf` is read by x264 and vpx, the others do
# not mind.
_OPTIONS = {
    "libx264": {"crf": "18", "preset": "fast"},
    "libvpx-vp9": {"crf": "24", "b": "0", "cpu-used": "5"},
    "libvpx": {"crf": "6", "b": "4M"},
}
# What a browser plays stores one colour for four pixels, so sizes are even.
_PIXEL_FORMAT = "yuv420p"
# Frame rates are stored as fractions; 1/1001 s occurs in NTSC.
_DENOMINATOR = 1001


@dataclass(frozen=True)
class EncodedVideo:
    """An encoded clip.

    Attributes
    ----------
    data
        The file.
    height, width
        In pixels; odd sizes have grown by one.
    """

    data: bytes
    height: int
    width: int


def encode_video(frames: Any, fps: float, container: str) -> EncodedVideo:
    """Encode frames with the first codec that is there.

    Parameters
    ----------
    frames
        An array, time × height × width × channels, of real numbers.
    fps
        Frames per second.
    container
        `mp4`, `webm` or `ogg`.

    Raises
    ------
    ImportError
        If PyAV is not installed.
    """
    try:
        av = import_module("av")
    except ImportError:
        raise ImportError(
            f"Video: making {container} of an array needs PyAV: pip install stepwell[video]. GIF needs nothing"
        ) from None

    frames = _even_rgb(frames)
    out = BytesIO()
    codec = next(name for name in _CODECS[container] if name in av.codecs_available)
    with av.open(out, mode="w", format=container) as file:
        stream: Any = file.add_stream(
            codec, rate=Fraction(fps).limit_denominator(_DENOMINATOR), options=_OPTIONS.get(codec, {})
        )
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], _PIXEL_FORMAT
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode(None))
    return EncodedVideo(out.getvalue(), int(frames.shape[1]), int(frames.shape[2]))


def _even_rgb(frames: Any) -> Any:
    """Return frames as 8-bit RGB of even size, by the rules that hold for the pixels of images."""
    import numpy

    if frames.dtype.kind == "f":
        frames = _normalized(frames)
    frames = frames.astype(numpy.uint8) * 255 if frames.dtype.kind == "b" else numpy.clip(frames, 0, 255).astype("u1")
    if frames.shape[3] == 4:  # over black, as a player shows it
        frames = (frames[..., :3].astype(numpy.uint16) * frames[..., 3:] // 255).astype(numpy.uint8)
    if frames.shape[3] == 1:
        frames = numpy.repeat(frames, 3, axis=3)
    odd = [(0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)]
    return numpy.ascontiguousarray(numpy.pad(frames, odd, mode="edge"))


def _normalized(frames: Any) -> Any:
    """Return floats as pixels, by the rule of rust/media/src/pixels.rs: NaN is black and out of the range."""
    import numpy

    frames = numpy.nan_to_num(frames, nan=0.0, posinf=255.0, neginf=0.0) if not numpy.isfinite(frames).all() else frames
    least, most = frames.min(), frames.max()
    if least >= 0 and most <= 1:
        return frames * 255
    return (frames + 1) * 127.5 if least >= -1 and most <= 1 else frames
