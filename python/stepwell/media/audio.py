"""Audio."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.number import plain_number
from stepwell.media.encoding.pixels import to_numeric, without_leading_ones
from stepwell.media.encoding.source import Source
from stepwell.media.records.media import FileMedia, caption_text, said

if TYPE_CHECKING:
    from collections.abc import Sequence

# How files begin, from which byte on, and how they are called.
_HEADS = (
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"\xff\xf2", "mp3"),
    (0, b"\xff\xf1", "aac"),
    (0, b".snd", "au"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (4, b"ftyp", "m4a"),
    (8, b"WAVE", "wav"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
)
# More than any microphone array; an array of this shape has its axes the other way round.
_MOST_CHANNELS = 256
# A WAV file has 32 bits for it.
_MOST_RATE = 0xFFFF_FFFF
# What a WAV file keeps bit by bit; every other type is brought to one of them.
_INTEGERS = {"uint8", "int16", "int32"}


class Audio(FileMedia):
    """A clip of sound.

    Parameters
    ----------
    data_or_path
        An array, N samples, N × channels, or channels × N where they are few, of any library; or a path, an
        open file, or bytes of a sound file, which are kept as they are. Arrays become WAV: floats are clipped
        to [-1, 1] and become 16 bits; uint8, int16 and int32 keep their bits, and other integers are taken
        for 16 bits where they fit, else for 32.
    sample_rate
        Samples per second; needed with an array.
    caption
        A line of text below it.

    Attributes
    ----------
    format
        As the file is called: `wav`, `mp3`, ….
    sample_rate
        Samples per second; None for a file that is no WAV, unless it was given.
    duration
        In seconds; None for a file that is no WAV.

    Raises
    ------
    TypeError
        If the data is none of these, or the sample rate is no number.
    ValueError
        Without `sample_rate` for an array, for an array of another shape, a missing file or one of unknown
        format.
    """

    _type = "audio-file"
    _folder = "audio"
    RECOMMENDED_ITEMS = 100

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None) -> None:
        self._caption = caption_text("Audio", caption)
        self.sample_rate = None if sample_rate is None else _rate(sample_rate)
        self.duration: float | None = None
        if Source.is_given(data_or_path):
            self._take_file(Source("Audio", data_or_path))
        else:
            self._take_samples(data_or_path)

    @classmethod
    def durations(cls, audio_list: Sequence[Audio]) -> list[float | None]:
        """Return the lengths of clips in seconds; None where it is not known."""
        return [audio.duration for audio in audio_list]

    @classmethod
    def sample_rates(cls, audio_list: Sequence[Audio]) -> list[int | None]:
        """Return the samples per second of clips; None where it is not known."""
        return [audio.sample_rate for audio in audio_list]

    def _fields(self, key: str) -> dict[str, Any]:
        fields = said(sample_rate=self.sample_rate, duration=self.duration, caption=self._caption)
        return {"format": self.format, **fields}

    def __repr__(self) -> str:
        length = "" if self.duration is None else f"{self.duration:g} s of "
        return f"Audio({length}{self.format})"

    def _take_file(self, source: Source) -> None:
        head = source.head()
        found = next((name for at, mark, name in _HEADS if head[at : at + len(mark)] == mark), None)
        self.format = found or source.extension
        if not self.format:
            raise ValueError(f"Audio: {source.name} is no sound file of a known format, and its name has no ending")
        if self.format == "wav":
            rate, self.duration = _wav(source)
            self.sample_rate = rate or self.sample_rate
        self._content = source.content(self.format)

    def _take_samples(self, data: Any) -> None:
        from stepwell import _native

        samples = _samples(data)
        if self.sample_rate is None:
            raise ValueError("Audio: raw samples need a sample_rate, in samples per second")
        self.format = "wav"
        self._content = _native.Content.from_samples(samples, self.sample_rate)
        self.duration = len(samples) / self.sample_rate


def _rate(given: Any) -> int:
    rate = plain_number("Audio: sample_rate", given)
    if not 1 <= rate <= _MOST_RATE or rate != int(rate):
        raise ValueError(f"Audio: sample_rate must be a whole number of samples per second, not {rate}")
    return int(rate)


def _samples(data: Any) -> Any:
    import numpy

    samples = without_leading_ones(to_numeric("Audio", data), 1)
    if samples.ndim == 2 and samples.shape[0] <= _MOST_CHANNELS < samples.shape[1]:  # as torchaudio has them
        samples = samples.T
    if samples.ndim not in {1, 2} or (samples.ndim == 2 and not 1 <= samples.shape[1] <= _MOST_CHANNELS):
        raise ValueError(f"Audio: an array of shape {samples.shape}; expected N samples, or N×channels")
    if samples.dtype.kind == "f" or samples.dtype.name in _INTEGERS:
        return samples
    info = numpy.iinfo(numpy.int16)
    fits = samples.size == 0 or (info.min <= samples.min() and samples.max() <= info.max)
    return samples.astype(numpy.int16) if fits else numpy.clip(samples, -(2**31), 2**31 - 1).astype(numpy.int32)


def _wav(source: Source) -> tuple[int | None, float | None]:
    """Return samples per second and length in seconds of a WAV file, as far as its header says them."""
    rate = bytes_per_second = None
    with source.open() as file:
        file.seek(12)
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"data":
                return rate, size / bytes_per_second if bytes_per_second else None
            body = file.read(size + size % 2)
            if name == b"fmt " and size >= 16:
                _format, _channels, rate, bytes_per_second = struct.unpack("<HHII", body[:12])
    return rate, None
