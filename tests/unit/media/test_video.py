"""`Video`: frames become GIF or a film, files stay as they are."""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from PIL import ImageSequence

from stepwell import Video
from stepwell.media.encoding.video_encoder import encode_video
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

random = np.random.default_rng(8)


def clip(*shape: int) -> np.ndarray:
    """Frames of few colours, which a GIF keeps exactly."""
    return random.integers(0, 2, shape).astype(np.uint8) * 255


def frames(video: Video) -> np.ndarray:
    with PIL.Image.open(io.BytesIO(video._content.read())) as gif:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])


RGB = clip(5, 3, 6, 8)
LAST = RGB.transpose(0, 2, 3, 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (RGB, LAST),
        (RGB.tolist(), LAST),
        (Tensor(RGB), LAST),
        (RGB.astype(np.int64), LAST),
        (RGB / 255, LAST),
        ((RGB / 127.5 - 1).astype(np.float32), LAST),
        (RGB.astype(np.float32), LAST),
        (RGB == 255, LAST),
        (RGB[:, :1], LAST[..., :1].repeat(3, axis=3)),
        (RGB[None], LAST),
        (RGB[::2, :, ::-1], LAST[::2, ::-1]),
    ],
)
def test_frames_are_stored_as(data: Any, expected: np.ndarray):
    video = Video(data)
    assert np.array_equal(frames(video), expected)


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(2, 1, 2), (3, 1, 4), (4, 2, 2), (5, 2, 4), (9, 2, 8), (16, 4, 4)]
)
def test_several_clips_are_tiled(count: int, rows: int, columns: int):
    clips = clip(count, 2, 3, 4, 6)
    found = frames(Video(clips))
    assert found.shape == (2, rows * 4, columns * 6, 3)
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        tile = found[:, row * 4 : row * 4 + 4, column * 6 : column * 6 + 6]
        assert np.array_equal(tile, clips[index].transpose(0, 2, 3, 1) if index < count else np.zeros_like(tile))


def test_the_record_says_what_is_known(recorder: Recorder):
    record = recorder.record(Video(RGB, caption="a", fps=np.float32(10)))
    assert record.pop("path").startswith("media/videos/k_")
    assert record == {
        "_type": "video-file",
        "format": "gif",
        "width": 8,
        "height": 6,
        "fps": 10,
        "frames": 5,
        "caption": "a",
    }
    (file,) = recorder.files()
    with PIL.Image.open(io.BytesIO(file)) as gif:
        assert (gif.n_frames, gif.info["duration"]) == (5, 100)
    assert recorder.record(Video(RGB))["fps"] == 4


@pytest.mark.parametrize("extension", ["mp4", "webm", "ogg"])
@pytest.mark.parametrize("shape", [(6, 3, 32, 48), (6, 1, 31, 47)], ids=["even", "odd"])
def test_films_are_encoded_with_av(recorder: Recorder, extension: str, shape: tuple[int, ...]):
    import av

    shade = np.linspace(0, 1, shape[-1]) * np.linspace(0.2, 1, shape[0])[:, None, None, None]
    video = Video(np.broadcast_to(shade, shape), fps=12.5, format=extension)
    record = recorder.record(video)
    assert (record["format"], record["width"], record["height"]) == (extension, 48, 32)
    assert (record["fps"], record["frames"]) == (12.5, 6)
    with av.open(io.BytesIO(video._content.read())) as file:
        found = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    assert found.shape == (6, 32, 48, 3)
    expected = np.broadcast_to(shade * 255, shape).transpose(0, 2, 3, 1)
    assert np.abs(found[:, : shape[2], : shape[3]] - expected).mean() < 6


def test_without_av_it_is_a_gif_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, recorder: Recorder):
    monkeypatch.setitem(sys.modules, "av", None)
    clip = Video(RGB, format="mp4")
    assert clip._content.read() == Video(RGB)._content.read()
    with pytest.warns(RuntimeWarning, match=r"'film'.*mp4.*pip install stepwell\[video\]"):
        record = recorder.record(clip, "film")
    assert record["format"] == "gif"
    assert record["path"].endswith(".gif")


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (2, 3, 0, 4), (2, 0, 3, 4, 4), (0, 4, 4)])
def test_a_clip_without_pixels_is_a_black_one(recorder: Recorder, shape: tuple[int, ...]):
    with pytest.warns(RuntimeWarning, match="'k' has a clip without pixels"):
        record = recorder.record(Video(np.zeros(shape)))
    assert (record["frames"], record["width"], record["height"]) == (1, 1, 1)


@pytest.mark.parametrize("shape", [(5, 6, 8), (5, 6, 8, 1), (5, 6, 8, 3), (2, 5, 6, 8, 4)])
def test_channels_may_come_last_or_be_missing(shape: tuple[int, ...]):
    clips = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    first = clips[:, None] if len(shape) == 3 else np.moveaxis(clips, -1, -3)
    assert Video(clips)._content.read() == Video(np.ascontiguousarray(first))._content.read()


def test_alpha_is_over_black_in_a_film():
    import av

    rgba = np.full((2, 16, 16, 4), 200, np.uint8)
    rgba[..., 3] = 51
    with av.open(io.BytesIO(encode_video(rgba, 4, "mp4").data)) as file:
        found = next(file.decode(video=0)).to_ndarray(format="rgb24")
    assert abs(found.astype(int) - 40).max() < 4


@pytest.mark.parametrize("extension", ["gif", "mp4", "webm", "ogg"])
def test_a_file_is_kept_byte_for_byte(tmp_path: Path, extension: str):
    path, data = tmp_path / f"a.{extension.upper()}", b"not looked at"
    path.write_bytes(data)
    with path.open("rb") as file:
        for video in (
            Video(path),
            Video(str(path), format="gif"),
            Video(file),
            Video(io.BytesIO(data), format=extension),
        ):
            assert video._content.read() == data
            assert video._format == extension


def test_the_size_of_a_gif_is_read(tmp_path: Path, recorder: Recorder):
    (tmp_path / "a.gif").write_bytes(Video(RGB)._content.read())
    record = recorder.record(Video(tmp_path / "a.gif"))
    assert {name: record[name] for name in record if name != "path"} == {
        "_type": "video-file",
        "format": "gif",
        "width": 8,
        "height": 6,
    }


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"data_or_path": "missing.mp4"}, ValueError, "missing.mp4"),
        ({"data_or_path": __file__}, ValueError, "gif, mp4, webm, ogg, not 'py'"),
        ({"data_or_path": RGB, "format": "avi"}, ValueError, "gif, mp4, webm, ogg, not 'avi'"),
        ({"data_or_path": io.BytesIO(b"x")}, ValueError, "give it as format"),
        ({"data_or_path": np.zeros((4, 5))}, ValueError, r"\(4, 5\); expected time×channels×height×width"),
        ({"data_or_path": np.zeros((2, 7, 5, 6))}, ValueError, r"\(2, 7, 5, 6\)"),
        ({"data_or_path": np.zeros((2, 3, 4, 4), complex)}, TypeError, "complex"),
        ({"data_or_path": object()}, TypeError, "object"),
        ({"data_or_path": RGB, "fps": 0}, ValueError, "fps"),
        ({"data_or_path": RGB, "fps": float("nan")}, ValueError, "fps"),
        ({"data_or_path": RGB, "fps": "fast"}, TypeError, "fps"),
        ({"data_or_path": RGB, "caption": object()}, TypeError, "caption"),
    ],
)
def test_what_is_no_video_is_refused(arguments: dict[str, Any], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Video(**arguments)
