"""`Audio`: samples become WAV, files stay as they are."""

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepwell import Audio
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

random = np.random.default_rng(7)
NOISE = random.uniform(-1, 1, 320)


def samples(audio: Audio) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(audio._content.read())) as file:
        kind = {1: "u1", 2: "<i2", 4: "<i4"}[file.getsampwidth()]
        data = np.frombuffer(file.readframes(file.getnframes()), kind)
        return data.reshape(-1, file.getnchannels()) if file.getnchannels() > 1 else data, file.getframerate()


def as_16_bits(values: np.ndarray) -> np.ndarray:
    return np.rint(values.astype(float) * 32_767)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        *[(NOISE.astype(kind), as_16_bits(NOISE.astype(kind))) for kind in ("f2", "f4", "f8", ">f4", "longdouble")],
        (NOISE.reshape(160, 2), as_16_bits(NOISE.reshape(160, 2))),
        (NOISE.reshape(160, 2)[::-3], as_16_bits(NOISE.reshape(160, 2)[::-3])),
        (NOISE.tolist(), as_16_bits(NOISE)),
        (Tensor(NOISE), as_16_bits(NOISE)),
        (np.array([-2.0, 2.0, np.nan]), [-32767, 32767, 0]),
        *[(np.array([0, 200], kind), [0, 200]) for kind in ("u1", "i2", "i4")],
        (np.array([-100, 100], "i1"), [-100, 100]),
        (np.array([-300, 30_000], "i8"), [-300, 30_000]),
        (np.array([0, 60_000], "u2"), [0, 60_000]),
        (np.array([-(2**40), 2**40]), [-(2**31), 2**31 - 1]),
        (np.zeros(0), []),
    ],
)  # fmt: skip
def test_samples_are_stored_as(data: Any, expected: Any):
    audio = Audio(data, sample_rate=8000)
    found, rate = samples(audio)
    assert rate == 8000
    assert np.array_equal(found, np.asarray(expected))
    assert (audio.format, audio.duration, audio.sample_rate) == ("wav", len(expected) / 8000, 8000)


def wav(path: Path) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(400))
    return path.read_bytes()


def test_a_wav_file_is_kept_and_read(tmp_path: Path, recorder: Recorder):
    data = wav(tmp_path / "a.wav")
    for given in (tmp_path / "a.wav", str(tmp_path / "a.wav"), io.BytesIO(data), data):
        audio = Audio(given, caption="Nice")
        assert audio._content.read() == data
        record = recorder.record(audio)
        assert record.pop("path").startswith("media/audio/k_")
        assert record == {
            "_type": "audio-file",
            "format": "wav",
            "sample_rate": 8000,
            "duration": 100 / 8000,
            "caption": "Nice",
        }
    assert recorder.files() == [data], "one content is stored once"


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"fLaC\0\0\0\x22", "a.bin", "flac"),
        (b"OggS\0", "a", "ogg"),
        (b"ID3\x04", "a.wav", "mp3"),
        (b"\xff\xfb\x90", "a.mp3", "mp3"),
        (b"FORM\0\0\0\x08AIFF", "a", "aiff"),
        (b"\0\0\0\x18ftypM4A ", "a", "m4a"),
        (b"something else", "a.XYZ", "xyz"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "torn.wav", "wav"),
    ],
)
def test_the_format_is_read_from_the_header_or_the_name(tmp_path: Path, head: bytes, name: str, found: str):
    (tmp_path / name).write_bytes(head)
    audio = Audio(tmp_path / name, sample_rate=16_000)
    assert (audio.format, audio.sample_rate, audio.duration) == (found, 16_000, None)
    assert audio._content.read() == head


@pytest.mark.parametrize("axes", [0, 1])
def test_channels_may_come_first(axes: int):
    clip = np.arange(2000, dtype=np.int16).reshape(2, 1000)
    audio = Audio(clip[(None,) * axes], sample_rate=1000)
    assert audio.duration == 1.0
    assert audio._content.read() == Audio(clip.T, sample_rate=1000)._content.read()


def test_an_axis_of_one_in_front_does_not_count():
    clip = np.arange(100, dtype=np.int16)
    assert Audio(clip[None], sample_rate=10)._content.read() == Audio(clip, sample_rate=10)._content.read()


def test_lists_tell_their_lengths_and_rates(tmp_path: Path, recorder: Recorder):
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    clips = [Audio(NOISE, sample_rate=32), Audio(tmp_path / "a.mp3")]
    assert Audio.durations(clips) == [10.0, None]
    assert Audio.sample_rates(clips) == [32, None]
    record = recorder.record(clips)
    assert (record["_type"], record["count"]) == ("audio-file", 2)


def test_more_than_a_hundred_clips_are_kept_with_one_warning(recorder: Recorder):
    from stepwell.media.records import media

    media._warned.discard(Audio)
    clip = Audio(np.zeros(4), sample_rate=32)
    with pytest.warns(RuntimeWarning, match="101 values of Audio"):
        assert len(recorder.record([clip] * 101)["items"]) == 101


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"data_or_path": NOISE}, ValueError, "sample_rate"),
        ({"data_or_path": NOISE, "sample_rate": 0}, ValueError, "sample_rate"),
        ({"data_or_path": NOISE, "sample_rate": -1}, ValueError, "sample_rate"),
        ({"data_or_path": NOISE, "sample_rate": 0.5}, ValueError, "sample_rate"),
        ({"data_or_path": NOISE, "sample_rate": float("inf")}, ValueError, "sample_rate"),
        ({"data_or_path": NOISE, "sample_rate": "fast"}, TypeError, "sample_rate"),
        ({"data_or_path": np.zeros((2, 3, 4)), "sample_rate": 32}, ValueError, r"\(2, 3, 4\)"),
        ({"data_or_path": np.zeros((300, 16_000)), "sample_rate": 32}, ValueError, r"\(300, 16000\).*N×channels"),
        ({"data_or_path": np.zeros(3, complex), "sample_rate": 32}, TypeError, "complex"),
        ({"data_or_path": object(), "sample_rate": 32}, TypeError, "object"),
        ({"data_or_path": "missing.wav"}, ValueError, "missing.wav"),
        ({"data_or_path": io.BytesIO(b"what")}, ValueError, "known format"),
        ({"data_or_path": NOISE, "sample_rate": 32, "caption": object()}, TypeError, "caption"),
    ],
)
def test_what_is_no_sound_is_refused(arguments: dict[str, Any], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Audio(**arguments)
