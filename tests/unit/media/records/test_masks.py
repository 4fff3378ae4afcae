"""Segmentation masks: stored pixel by pixel, or refused by name."""

import io
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
    ],
)
def test_every_pixel_is_kept(data: Any, expected: Any):
    found = stored({"mask_data": data})
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
        ({"truth": {"mask_data": np.zeros((2, 2, 1), int)}}, TypeError, "2 dimensions"),
        ({"truth": {"mask_data": np.zeros((0, 2), int)}}, TypeError, "2 dimensions"),
        ({"truth": {"mask_data": [[1, 2], [3]]}}, TypeError, "truth.*2 dimensions"),
        ({"truth": {"mask_data": np.full((4, 6), 0.5)}}, TypeError, "truth.*integers.*float64"),
        ({"truth": {"mask_data": np.full((4, 6), 256)}}, TypeError, "truth.*255.*256"),
        ({"truth": {"mask_data": np.full((4, 6), -1)}}, TypeError, "truth.*255.*-1"),
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


def test_a_coloured_picture_is_no_mask(tmp_path: Path):
    PIL.Image.fromarray(IMAGE).save(tmp_path / "colour.png")
    with pytest.raises(TypeError, match=r"one channel.*RGB"):
        Image(IMAGE, masks={"truth": {"path": tmp_path / "colour.png"}})
