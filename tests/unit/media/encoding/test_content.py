"""`Content`: what the native encoders write, read by Pillow, wave, numpy and json."""

import array
import hashlib
import io
import json
import math
import threading
import wave
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from stepwell._native import Content

random = np.random.default_rng(11)
NOISE = random.integers(0, 256, (37, 23, 3), dtype=np.uint8)


def image(content: Content) -> PIL.Image.Image:
    picture = PIL.Image.open(io.BytesIO(content.read()))
    picture.load()
    return picture


def pixels(content: Content) -> np.ndarray:
    return np.asarray(image(content))


def test_the_same_bytes_are_read_hashed_and_measured():
    content = Content.from_pixels(NOISE)
    data = content.read()
    assert content.sha256() == hashlib.sha256(data).hexdigest()
    assert content.size() == len(data)
    assert (content.extension, repr(content)) == ("png", "Content(.png)")


@pytest.mark.parametrize(
    ("shape", "mode"),
    [((5, 7), "L"), ((5, 7, 1), "L"), ((5, 7, 2), "LA"), ((5, 7, 3), "RGB"), ((5, 7, 4), "RGBA"), ((1, 1), "L")],
)
def test_channels_say_the_mode(shape: tuple[int, ...], mode: str):
    data = random.integers(0, 256, shape, dtype=np.uint8)
    picture = image(Content.from_pixels(data))
    assert (picture.format, picture.mode, picture.size) == ("PNG", mode, (shape[1], shape[0]))
    assert np.array_equal(np.asarray(picture), data.reshape(np.asarray(picture).shape))


def layouts(data: np.ndarray) -> dict[str, np.ndarray]:
    """Return arrays of the same values that lie differently in memory."""
    padded = np.zeros((*data.shape[:-1], data.shape[-1] * 2), data.dtype)
    padded[..., ::2] = data
    shifted = np.zeros(data.nbytes + 1, np.uint8)[1:].view(data.dtype).reshape(data.shape)
    shifted[...] = data
    read_only = data.copy()
    read_only.flags.writeable = False
    return {
        "C": data.copy(),
        "Fortran": np.asfortranarray(data),
        "every other": padded[..., ::2],
        "backwards": np.ascontiguousarray(data[::-1, ::-1])[::-1, ::-1],
        "planes": np.ascontiguousarray(np.moveaxis(data, -1, 0)).transpose(1, 2, 0),
        "other byte order": data.astype(data.dtype.newbyteorder(">")),
        "unaligned": shifted,
        "read-only": read_only,
    }


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "i2", "u8"])
@pytest.mark.parametrize("layout", list(layouts(NOISE)))
def test_any_layout_gives_the_same_pixels(dtype: str, layout: str):
    data = layouts(NOISE.astype(dtype))[layout]
    assert np.array_equal(pixels(Content.from_pixels(data)), NOISE)


def test_floats_are_scaled_as_numpy_would():
    for dtype in (np.float32, np.float64):
        unit = random.random((50, 40), dtype=dtype)
        unit[0, 0] = 1
        assert np.array_equal(pixels(Content.from_pixels(unit)), (unit * dtype(255)).astype(np.uint8))
        signed = unit * 2 - 1
        assert np.array_equal(
            pixels(Content.from_pixels(signed)), ((signed + dtype(1)) * dtype(127.5)).astype(np.uint8)
        )
        anything = unit * 400 - 100
        clipped = anything.clip(0, 255).astype(np.uint8)
        assert np.array_equal(pixels(Content.from_pixels(anything)), clipped)
        assert np.array_equal(pixels(Content.from_pixels(unit, normalize=False)), unit.astype(np.uint8))
    half = np.array([[0.0, 0.5, 1.0, np.nan]], np.float16)
    assert pixels(Content.from_pixels(half)).tolist() == [[0, 127, 255, 0]]
    assert pixels(Content.from_pixels(np.array([[np.inf, -np.inf, np.nan, 7.9]]))).tolist() == [[255, 0, 0, 7]]
    assert pixels(Content.from_pixels([[True, False]])).tolist() == [[255, 0]]
    assert pixels(Content.from_pixels([[-5, 300, 17]])).tolist() == [[0, 255, 17]]


def test_what_is_no_image_says_what_is_expected():
    for data in (np.zeros(3), np.zeros((0, 4)), np.zeros((4, 0, 3)), np.zeros((2, 2, 5)), np.zeros((1, 2, 2, 3)), 5.0):
        with pytest.raises(ValueError, match=r"expected H×W, H×W×1 \(grey\)"):
            Content.from_pixels(data)
    for data in (np.zeros((2, 2), complex), np.array([["a"]]), np.array([[None]]), np.zeros((2, 2), "M8[s]")):
        with pytest.raises(TypeError, match=r"an image cannot be made of .* values"):
            Content.from_pixels(data)


def test_later_changes_of_the_array_do_not_matter():
    data = NOISE.copy()
    contents = [Content.from_pixels(data), Content.from_array(data), Content.from_bytes(memoryview(data), "raw")]
    data[:] = 0
    assert np.array_equal(pixels(contents[0]), NOISE)
    assert np.array_equal(np.load(io.BytesIO(contents[1].read())), NOISE)
    assert contents[2].read() == NOISE.tobytes()


def frames_of(content: Content) -> tuple[list[np.ndarray], list[int], int]:
    picture = PIL.Image.open(io.BytesIO(content.read()))
    frames, durations = [], []
    for index in range(getattr(picture, "n_frames", 1)):
        picture.seek(index)
        frames.append(np.asarray(picture.convert("RGB")))
        durations.append(picture.info["duration"])
    return frames, durations, picture.info["loop"]


@pytest.mark.parametrize("channels", [1, 3])
def test_frames_with_few_colours_are_exact_and_loop_for_ever(channels: int):
    colours = random.integers(0, 256, (200, channels), dtype=np.uint8)
    clip = colours[random.integers(0, 200, (5, 12, 18))]
    frames, durations, loop = frames_of(Content.from_frames(clip, 5.0))
    assert (durations, loop) == ([200] * 5, 0)
    for frame, expected in zip(frames, clip, strict=True):
        assert np.array_equal(frame, np.broadcast_to(expected, (12, 18, 3)))


@pytest.mark.parametrize("channels", [3, 4])
def test_channels_that_were_first_in_memory_are_put_last(channels: int):
    planes = random.integers(0, 256, (channels, 11, 13), dtype=np.uint8)
    assert np.array_equal(pixels(Content.from_pixels(planes.transpose(1, 2, 0))), planes.transpose(1, 2, 0))
    colours = random.integers(0, 256, (100, channels), dtype=np.uint8)
    colours[:, 3:] = 255
    clip = np.ascontiguousarray(colours[random.integers(0, 100, (3, 8, 9))].transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    assert not clip.flags.c_contiguous
    for frame, expected in zip(frames_of(Content.from_frames(clip, 4))[0], clip, strict=True):
        assert np.array_equal(frame, expected[..., :3])


def test_frames_with_many_colours_are_close():
    rows, columns = np.mgrid[0:64, 0:64]
    clip = np.stack([np.stack([rows * 4, columns * 4, (rows + columns) * 2], -1)] * 2).astype(np.uint8)
    for frame in frames_of(Content.from_frames(clip, 4))[0]:
        assert np.abs(frame.astype(int) - clip[0]).mean() < 8


def test_what_is_no_video_says_what_is_expected():
    for data in (np.zeros((2, 3, 4)), np.zeros((0, 2, 2, 3)), np.zeros((1, 2, 2, 2))):
        with pytest.raises(ValueError, match=r"expected T×H×W×1"):
            Content.from_frames(data, 4)
    for fps in (0, -1, math.nan):
        with pytest.raises(ValueError, match=r"fps is .*, expected a number above 0"):
            Content.from_frames(np.zeros((1, 2, 2, 3)), fps)


def samples_of(content: Content) -> tuple[Any, np.ndarray]:
    with wave.open(io.BytesIO(content.read())) as file:
        parameters = file.getparams()
        dtype = {1: np.uint8, 2: np.int16, 4: np.int32}[parameters.sampwidth]
        return parameters, np.frombuffer(file.readframes(10**9), dtype).reshape(-1, parameters.nchannels)


@pytest.mark.parametrize("shape", [(1,), (1001,), (500, 2), (3, 7), (0,)])
@pytest.mark.parametrize("dtype", ["i2", "i4", "u1", "f4", "f8", ">i2"])
def test_samples_are_read_back(shape: tuple[int, ...], dtype: str):
    kind = np.dtype(dtype)
    if kind.kind == "f":
        data = random.uniform(-1.2, 1.2, shape).astype(kind)
        expected = np.rint(data.astype(float).clip(-1, 1) * 32767).astype(np.int16)
    else:
        limits = np.iinfo(kind)
        data = expected = random.integers(limits.min, limits.max, shape, endpoint=True).astype(kind)
    parameters, samples = samples_of(Content.from_samples(data, 22_050))
    assert (parameters.framerate, parameters.nframes) == (22_050, shape[0])
    assert parameters.nchannels == (shape[1] if len(shape) > 1 else 1)
    # A tie may be rounded either way.
    assert np.abs(samples.astype(np.int64) - expected.reshape(samples.shape)).max(initial=0) <= (kind.kind == "f")


def test_what_is_no_audio_says_what_is_expected():
    with pytest.raises(TypeError, match="audio cannot be made of int64 values; expected int16"):
        Content.from_samples(np.arange(5), 8000)
    with pytest.raises(ValueError, match="expected N samples or N×channels"):
        Content.from_samples(np.zeros((2, 2, 2)), 8000)
    with pytest.raises(ValueError, match="sample_rate is 0"):
        Content.from_samples(np.zeros(5), 0)


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16", ">f8", ">i4"]
)
@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 4), (2, 0, 3), (2, 3, 4, 5)])
def test_arrays_are_read_back(dtype: str, shape: tuple[int, ...]):
    data = (random.random(shape) * 100).astype(dtype)
    back = np.load(io.BytesIO(Content.from_array(data).read()), allow_pickle=False)
    assert (back.dtype, back.shape) == (data.dtype.newbyteorder("="), data.shape)
    assert np.array_equal(back, data)
    assert np.array_equal(np.load(io.BytesIO(Content.from_array(data.T).read())), data.T)


def test_what_numpy_makes_an_array_is_one():
    assert np.load(io.BytesIO(Content.from_array(array.array("h", [1, -2])).read())).tolist() == [1, -2]
    with pytest.raises(TypeError, match="an array cannot be made of <U1 values; expected numbers"):
        Content.from_array(["a"])


def test_values_become_json():
    value = {
        "columns": ["a", 'quote " and \\', "line\nbreak\x01", "é😀"],
        "data": [[1, 2.5, None, True], [math.nan, -math.inf, 2**53 + 1, b"\xff\x00"]],
        "text": "a\ud800b",
        "numbers": np.array([1.5, 2.5]),
    }
    assert json.loads(Content.from_value("table", value, "table.json").read()) == {
        "columns": value["columns"],
        "data": [
            [1, 2.5, None, True],
            [
                {"_type": "float", "value": "NaN"},
                {"_type": "float", "value": "-Infinity"},
                {"_type": "int", "value": "9007199254740993"},
                {"_type": "bytes", "length": 2, "base64": "/wA="},
            ],
        ],
        "text": "a\ud800b",
        "numbers": [1.5, 2.5],
    }
    floats = [0.1, 1e300, 5e-324, -0.0, 1.0, 123456789.125, 1e16, 2.0**53]
    back = json.loads(Content.from_value("floats", floats, "json").read())
    assert [(number, math.copysign(1, number)) for number in back] == [(n, math.copysign(1, n)) for n in floats]
    assert all(isinstance(number, float) for number in back)


def test_bytes_of_any_kind_are_taken():
    for data in (b"abc", bytearray(b"abc"), memoryview(b"abc"), "abc", np.frombuffer(b"abc", np.uint8)):
        assert Content.from_bytes(data, "txt").read() == b"abc"
    with pytest.raises(TypeError, match="data must be bytes or text, not float"):
        Content.from_bytes(1.5, "txt")


def test_a_file_is_read_when_it_is_given(tmp_path: Path):
    for size in (0, 5, 9 << 20):
        path = tmp_path / str(size)
        path.write_bytes(b"x" * size)
        content = Content.from_file(str(path), "bin")
        path.unlink()
        assert content.read() == b"x" * size
    with pytest.raises(FileNotFoundError, match="gone"):
        Content.from_file(str(tmp_path / "gone"), "bin")
    with pytest.raises(OSError, match="directory"):
        Content.from_file(str(tmp_path), "bin")


@pytest.mark.parametrize("extension", ["", ".", "png.", "a/b", "a b", "..", "ö", "x" * 40])
def test_an_extension_is_letters_digits_and_dots(extension: str):
    with pytest.raises(ValueError, match="the extension is"):
        Content.from_bytes(b"", extension)


def test_threads_that_encode_at_once_see_one_result():
    content = Content.from_pixels(random.integers(0, 256, (400, 400, 3), dtype=np.uint8))
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(content.sha256())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert set(seen) == {hashlib.sha256(content.read()).hexdigest()}
