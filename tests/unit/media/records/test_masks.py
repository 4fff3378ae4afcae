"""Segmentation masks: stored pixel by pixel, or refused by name."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from stepwell import Image
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

MASK = np.random.default_rng(6).integers(0, 256, (6, 8))
IMAGE = np.zeros((6, 8, 3), np.uint8)


def stored(mask: Any) -> np.ndarray:
    image = Image(IMAGE, masks={"truth": mask})
    return np.asarray(PIL.Image.open(io.BytesIO(image._masks["truth"].content.read())))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        *[(MASK.astype(kind), MASK) for kind in ("uint8", "int16", "uint16", "int32", "int64", "uint64", ">i4")],
        (MASK.tolist(), MASK),
        (Tensor(MASK), MASK),
        (MASK.T[::-1], MASK.T[::-1]),
        (MASK > 100, (MASK > 100) * 1),
        *[(MASK.astype(kind), MASK) for kind in ("float16", "float32", "float64")],
        (MASK[None], MASK),
        (MASK[None, None], MASK),
        (MASK[..., None], MASK),
        (Tensor(MASK[None].astype(np.float32)), MASK),
        (PIL.Image.fromarray(MASK.astype(np.uint8)), MASK),
        (PIL.Image.fromarray(MASK.astype(np.uint8)).convert("RGB"), MASK),
        (PIL.Image.fromarray(MASK.astype(np.int32)), MASK),
    ],
)
def test_every_pixel_is_kept(recorder: Recorder, data: Any, expected: Any):
    found = stored({"mask_data": data})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.record(Image(IMAGE, masks={"truth": {"mask_data": data}}))
    assert found.dtype == np.uint8
    assert np.array_equal(found, expected)


def test_a_picture_of_one_channel_is_a_mask(tmp_path: Path):
    path = tmp_path / "mask.png"
    PIL.Image.fromarray(MASK.astype(np.uint8)).save(path)
    image = Image(IMAGE, masks={"truth": {"path": str(path)}})
    assert image._masks["truth"].content.read() == path.read_bytes(), "an 8-bit PNG is kept byte for byte"
    palette = PIL.Image.fromarray(MASK.astype(np.uint8)).convert("P")
    palette.putdata(MASK.flatten().tolist())
    for name, picture in (("palette.png", palette), ("mask.bmp", PIL.Image.fromarray(MASK.astype(np.uint8)))):
        picture.save(tmp_path / name)
        assert np.array_equal(stored({"path": tmp_path / name}), MASK), name


def test_masks_are_in_the_record_and_the_files_of_the_image(recorder: Recorder):
    masks = {
        "truth": {"mask_data": MASK, "class_labels": {1: "tree", np.int64(2): "car"}},
        "guess": {"mask_data": np.zeros_like(MASK)},
    }
    record = recorder.record(Image(IMAGE, masks=masks))
    truth, guess = record["masks"]["truth"], record["masks"]["guess"]
    assert truth["path"].startswith("media/masks/k_")
    assert truth["class_labels"] == {"1": "tree", "2": "car"}
    assert set(guess) == {"path"}
    assert len({record["path"], truth["path"], guess["path"]}) == 3
    found = [np.asarray(PIL.Image.open(io.BytesIO(file))) for file in recorder.files()]
    assert any(np.array_equal(pixels, MASK) for pixels in found)


@pytest.mark.parametrize(
    ("masks", "error", "said"),
    [
        ([1], TypeError, "masks must be"),
        ({"truth": [1]}, TypeError, r"masks\['truth'\]"),
        ({"truth": {"class_labels": {1: "a"}}}, TypeError, "mask_data.*path"),
        ({"truth": {"mask_data": MASK, "path": "a.png"}}, TypeError, "either"),
        ({"truth": {"mask_data": np.zeros(3, int)}}, TypeError, r"truth.*2 dimensions.*\(3,\)"),
        ({"truth": {"mask_data": np.zeros((2, 2, 5), int)}}, TypeError, "2 dimensions"),
        ({"truth": {"mask_data": [[1, 2], [3]]}}, TypeError, "truth.*2 dimensions"),
        ({"truth": {"mask_data": "a"}}, TypeError, "truth"),
        ({"truth": {"mask_data": MASK, "class_labels": [1]}}, TypeError, "truth.*class_labels"),
        ({"truth": {"mask_data": MASK, "class_labels": {"a": "b"}}}, TypeError, "class_labels"),
        ({"truth": {"path": "missing.png"}}, ValueError, "missing.png"),
        ({"truth": {"path": __file__}}, ValueError, "test_masks.py"),
        ({"truth": {"path": 5}}, TypeError, "path.*int"),
    ],
)
def test_what_is_no_mask_is_refused(masks: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Image(IMAGE, masks=masks)


@pytest.mark.parametrize(
    ("data", "expected", "said"),
    [
        ([[0.2, 0.7], [1.5, np.nan]], [[0, 1], [2, 255]], "not whole"),
        ([[-1, 3], [256, -100]], [[255, 3], [255, 255]], "not from 0 to 255"),
        ([[np.inf, -np.inf], [0, 1]], [[255, 255], [0, 1]], "not from 0 to 255"),
    ],
)
def test_what_is_no_class_becomes_the_nearest_and_is_said(recorder: Recorder, data: Any, expected: Any, said: str):
    with pytest.warns(RuntimeWarning, match=f"'k' has numbers that are ({said}).*truth") as warned:
        recorder.record(Image(IMAGE, masks={"truth": {"mask_data": data}}))
    assert warned[0].filename.endswith("recorder.py"), "the line that logs"
    assert stored({"mask_data": data}).tolist() == expected
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.record(Image(IMAGE, masks={"truth": {"mask_data": data}}))


def test_an_empty_mask_is_one_pixel(recorder: Recorder):
    with pytest.warns(RuntimeWarning, match=r"'k' has no pixels in .*truth"):
        recorder.record(Image(IMAGE, masks={"truth": {"mask_data": np.zeros((0, 2), int)}}))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_the_first_channel_of_a_picture_is_the_mask(recorder: Recorder, tmp_path: Path, mode: str):
    grey = PIL.Image.fromarray(MASK.astype(np.uint8))
    grey.convert(mode).save(tmp_path / "grey.png")
    assert np.array_equal(stored({"path": tmp_path / "grey.png"}), MASK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.record(Image(IMAGE, masks={"truth": {"path": tmp_path / "grey.png"}}))


@pytest.mark.parametrize("classes", [2, 3, 4, 21])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_of_one_hot_classes_the_mask_has_each_pixels(recorder: Recorder, classes: int, kind: type):
    numbers = np.arange(12).reshape(3, 4) % classes
    one_hot = np.eye(classes)[numbers].astype(kind)
    assert np.array_equal(stored({"mask_data": one_hot}), numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.record(Image(IMAGE, masks={"truth": {"mask_data": one_hot}}))


def test_a_black_mask_with_opacity_has_the_class_0():
    for channels in (2, 4):
        black = np.zeros((3, 4, channels))
        black[..., -1] = 1
        assert not stored({"mask_data": black}).any()


def test_a_mask_with_colours_is_said(recorder: Recorder, tmp_path: Path):
    colours = np.random.default_rng(7).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    PIL.Image.fromarray(colours).save(tmp_path / "colours.png")
    for given in ({"path": tmp_path / "colours.png"}, {"mask_data": colours}):
        assert np.array_equal(stored(given), colours[..., 0])
    with pytest.warns(RuntimeWarning, match="'k' has colours.*truth.*first channel"):
        recorder.record(Image(IMAGE, masks={"truth": {"path": tmp_path / "colours.png"}}))
