"""`Image`: what can be given, which pixels are stored, and what its record says."""

import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from stepwell import Image
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

random = np.random.default_rng(5)
RGB = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
RGBA = random.integers(0, 256, (6, 8, 4), dtype=np.uint8)
GREY = random.integers(0, 256, (6, 8), dtype=np.uint8)
UNIT = random.random((6, 8, 3))
SIGNED = UNIT * 2 - 1
ANY = UNIT * 300 - 20


def by_255(values: np.ndarray) -> np.ndarray:
    """Return the product in the type of the values, as numpy makes it."""
    return (values * values.dtype.type(255)).astype(np.uint8)


def pixels(image: Image) -> np.ndarray:
    return np.asarray(image.image)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GREY, GREY),
        (GREY[..., None], GREY),
        (np.dstack([GREY, GREY]), np.dstack([GREY, GREY])),
        (RGB, RGB),
        (RGBA, RGBA),
        (RGB[::2, ::-1], RGB[::2, ::-1]),
        (RGB.tolist(), RGB),
        (np.asfortranarray(RGB), RGB),
        *[(RGB.astype(kind), RGB) for kind in ("uint16", "int16", "int32", "uint32", "int64", "uint64", ">i4", ">f8")],
        (RGB.astype(np.int32) * 3 - 200, np.clip(RGB.astype(np.int32) * 3 - 200, 0, 255)),
        (GREY > 100, np.where(GREY > 100, 255, 0)),
        *[(UNIT.astype(kind), by_255(UNIT.astype(kind))) for kind in ("f4", "f8")],
        (UNIT.astype(np.longdouble), by_255(UNIT)),
        (SIGNED, (127.5 * (SIGNED + 1)).astype(np.uint8)),
        (ANY, np.clip(ANY, 0, 255).astype(np.uint8)),
        (np.zeros((2, 3), np.float16), np.zeros((2, 3))),
        ([[0.0, 1.0], [0.5, 0.25]], [[0, 255], [127, 63]]),
        (Tensor(RGB.transpose(2, 0, 1)), RGB),
        (Tensor(GREY), GREY),
        (Tensor(GREY[None]), GREY),
        (Tensor(UNIT.transpose(2, 0, 1)), by_255(UNIT)),
        *[(GREY[(None,) * axes], GREY) for axes in (1, 2, 3)],
        *[(Tensor(GREY[(None,) * axes]), GREY) for axes in (2, 3)],
        (RGB[None], RGB),
        (RGB[None, None], RGB),
        (Tensor(RGB.transpose(2, 0, 1)[None]), RGB),
        (RGB.transpose(2, 0, 1), RGB),
        (Tensor(RGB), RGB),
        (Tensor(GREY[..., None]), GREY),
        (RGB[None].tolist(), RGB),
        (np.ma.masked_array(RGB, RGB > 9), np.where(RGB > 9, 0, RGB)),
        (PIL.Image.fromarray(RGB), RGB),
        (PIL.Image.fromarray(RGBA), RGBA),
        (PIL.Image.fromarray(GREY), GREY),
        (PIL.Image.fromarray(GREY > 100), np.where(GREY > 100, 255, 0)),
        (PIL.Image.fromarray(UNIT[..., 0].astype(np.float32)), by_255(UNIT[..., 0].astype(np.float32))),
        (Image(RGB), RGB),
    ],
)  # fmt: skip
def test_the_pixels_of(data: Any, expected: Any):
    image = Image(data)
    assert np.array_equal(pixels(image), np.asarray(expected))
    assert (image.format, image.width, image.height) == ("png", np.shape(expected)[1], np.shape(expected)[0])


def test_arrays_of_jax_have_their_channels_last():
    import jax.numpy as jnp

    assert np.array_equal(pixels(Image(jnp.asarray(RGB))), RGB)


@pytest.mark.parametrize(("count", "rows", "columns"), [(2, 1, 2), (8, 1, 8), (11, 2, 8)])
def test_several_pictures_are_a_grid(count: int, rows: int, columns: int):
    pictures = random.integers(1, 256, (count, 6, 8, 3), dtype=np.uint8)
    channels_first = pictures.transpose(0, 3, 1, 2)
    for given in (pictures, channels_first, Tensor(channels_first), Tensor(channels_first[None])):
        found = pixels(Image(given))
        assert found.shape == (2 + rows * 8, 2 + columns * 10, 3)
        for index, picture in enumerate(pictures):
            top, left = 2 + index // 8 * 8, 2 + index % 8 * 10
            assert np.array_equal(found[top : top + 6, left : left + 8], picture)
        assert np.count_nonzero(found) == pictures.size, "black between them"


@pytest.mark.parametrize("data", [np.zeros((0, 5)), RGB[2:2], Tensor(np.zeros((3, 5, 0))), PIL.Image.new("L", (0, 3))])
def test_a_picture_without_pixels_is_a_black_one(recorder: Recorder, data: Any):
    image = Image(data)
    with pytest.warns(RuntimeWarning, match=r"'k' has a picture without pixels; .*\(.*0"):
        record = recorder.record(image)
    assert (record["width"], record["height"], pixels(image).tolist()) == (1, 1, [[0]])


def test_without_normalisation_floats_are_clipped():
    assert np.array_equal(pixels(Image(ANY, normalize=False)), pixels(Image(ANY)))
    assert np.array_equal(pixels(Image(UNIT, normalize=False)), np.zeros_like(RGB))


def test_later_changes_of_an_array_do_not_matter():
    array = RGB.copy()
    image = Image(array)
    array[:] = 0
    assert np.array_equal(pixels(image), RGB)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "F"])
@pytest.mark.parametrize("of", [RGB, PIL.Image.fromarray(RGB)], ids=["array", "pillow"])
def test_a_mode_converts_as_pillow_does(mode: str, of: Any):
    expected = PIL.Image.fromarray(RGB).convert(mode)
    given = Image(of, mode=mode).image
    if mode == "F":  # floats beyond 1 are clipped
        expected = PIL.Image.fromarray(np.asarray(expected).astype(np.uint8))
    elif mode == "1":
        given = given.convert("1")
    assert given.mode == expected.mode
    assert np.array_equal(np.asarray(given), np.asarray(expected))


@pytest.mark.parametrize(
    ("mode", "stored"),
    [
        ("P", "P"), ("PA", "RGBA"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("I", "I;16"), ("I;16", "I;16"),
        ("RGBX", "RGB"), ("La", "LA"), ("RGBa", "RGBA"),
    ],
)  # fmt: skip
def test_every_mode_of_pillow_can_be_stored(mode: str, stored: str):
    image = Image(PIL.Image.new(mode, (4, 3)))
    assert (image.width, image.height, image.format) == (4, 3, "png")
    assert image.image.mode in {stored, "RGBA" if stored == "LA" else stored}


def test_integers_of_more_than_8_bits_stay_as_they_are():
    deep = random.integers(0, 1 << 16, (6, 8))
    stored = Image(PIL.Image.fromarray(deep.astype(np.int32))).image
    assert np.array_equal(np.asarray(stored), deep)


def test_a_file_is_kept_byte_for_byte(tmp_path: Path):
    for name, extension in (("JPEG", "jpg"), ("PNG", "png"), ("GIF", "gif"), ("BMP", "bmp"), ("TIFF", "tiff")):
        path = tmp_path / f"picture-{name}"  # the name says nothing: the header does
        PIL.Image.fromarray(RGB).save(path, format=name)
        data = path.read_bytes()
        with path.open("rb") as file:
            for given in (path, str(path), file, io.BytesIO(data), data):
                image = Image(given)
                assert image._content.read() == data
                assert (image.format, image.width, image.height) == (extension, 8, 6)


def test_a_file_is_converted_where_that_is_wanted(tmp_path: Path):
    path = tmp_path / "a.jpg"
    PIL.Image.fromarray(RGB).save(path)
    decoded = np.asarray(PIL.Image.open(path))
    assert np.array_equal(pixels(Image(path, file_type="png")), decoded)
    assert Image(path, file_type="jpeg")._content.read() == path.read_bytes()
    assert np.array_equal(pixels(Image(path, mode="L", file_type="png")), PIL.Image.open(path).convert("L"))
    assert Image(path, mode="L").format == "jpg"


@pytest.mark.parametrize("file_type", ["png", "jpg", "jpeg", "gif", "bmp", "webp", "JPEG"])
def test_arrays_are_stored_as_the_wanted_type(file_type: str):
    smooth = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    image = Image(smooth, file_type=file_type)
    assert image.format == file_type.lower().replace("jpeg", "jpg")
    assert image.image.format == {"jpg": "JPEG", "webp": "WEBP"}.get(image.format, image.format.upper())
    assert np.abs(np.asarray(image.image.convert("RGB"), float) - smooth).mean() < 4


def test_a_jpeg_drops_alpha_and_says_so():
    with pytest.warns(UserWarning, match="alpha.*jpg") as warned:
        image = Image(RGBA, file_type="jpg")
    assert warned[0].filename == __file__
    assert image.image.mode == "RGB"


@pytest.mark.parametrize("what", ["figure", "axes", "pyplot"])
def test_figures_are_drawn_as_they_look(what: str):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(3, 2), dpi=50)
    axes.plot([1, 3, 2])
    canvas = figure.canvas
    image = Image({"figure": figure, "axes": axes, "pyplot": plt}[what])
    assert figure.canvas is canvas
    file = io.BytesIO()
    figure.savefig(file)
    assert np.array_equal(pixels(image), np.asarray(PIL.Image.open(file)))
    assert (image.width, image.height) == (150, 100)
    plt.close(figure)


def test_the_record_says_what_was_said(recorder: Recorder):
    image = Image(RGB, caption="a", grouping=3, classes=[{"id": 1, "name": "car"}])
    record = recorder.record(image)
    assert record.pop("path").startswith("media/images/k_")
    assert record == {
        "_type": "image-file",
        "format": "png",
        "width": 8,
        "height": 6,
        "caption": "a",
        "grouping": 3,
        "classes": [{"id": 1, "name": "car"}],
    }
    plain = recorder.record(Image(RGB))
    assert set(plain) == {"_type", "path", "format", "width", "height"}
    assert repr(image) == "Image(8×6 png)"
    assert image._caption == "a"


@pytest.mark.parametrize(
    ("caption", "text"),
    [
        (Tensor(np.array(3)), "3"),
        (np.float32(0.5), "0.5"),
        (np.array([2]), "2"),
        (b"caf\xc3\xa9", "café"),
        (["a", 1], "['a', 1]"),
        (Path("a/b"), "a/b"),
        (True, "True"),
    ],
)
def test_a_caption_is_text(recorder: Recorder, caption: Any, text: str):
    assert recorder.record(Image(RGB, caption=caption))["caption"] == text


def test_another_image_brings_what_was_said_of_it():
    first = Image(RGB, caption="a", grouping=1)
    assert (Image(first)._caption, Image(first)._grouping) == ("a", 1)
    assert Image(first, caption="b")._caption == "b"


@pytest.mark.parametrize(
    "images",
    [
        [Image(RGB), Image(GREY)],
        (Image(RGB), Image(RGBA)),
        [PIL.Image.fromarray(RGB), PIL.Image.fromarray(GREY)],
        [Image(RGB), PIL.Image.fromarray(GREY)],
    ],
    ids=["list", "tuple", "pillow", "both"],
)
def test_a_list_of_images_is_one_value(recorder: Recorder, images: Any):
    record = recorder.record(images)
    assert (record["_type"], record["count"], len(record["items"])) == ("image-file", 2, 2)
    assert [item["_type"] for item in record["items"]] == ["image-file", "image-file"]
    assert len({item["path"] for item in record["items"]}) == 2
    assert len(recorder.files()) == 2


def test_a_picture_of_pillow_is_an_image(recorder: Recorder):
    record = recorder.record(PIL.Image.fromarray(RGB))
    assert (record["_type"], record["width"]) == ("image-file", 8)
    (file,) = recorder.files()
    assert np.array_equal(np.asarray(PIL.Image.open(io.BytesIO(file))), RGB)


def test_more_than_fifty_images_are_kept_with_one_warning(recorder: Recorder):
    from stepwell.media.records import media

    media._warned.discard(Image)
    image = Image(GREY)
    with pytest.warns(RuntimeWarning, match="'k' has 51 values of Image in one step"):
        record = recorder.record([image] * 51)
    assert record["count"] == len(record["items"]) == 51
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert recorder.record([image] * 60)["count"] == 60


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"data_or_path": np.zeros(5)}, ValueError, r"\(5,\); expected H×W"),
        ({"data_or_path": np.zeros((5, 6, 7))}, ValueError, r"\(5, 6, 7\)"),
        ({"data_or_path": np.zeros((1, 5, 6, 7))}, ValueError, r"\(1, 5, 6, 7\); expected H×W"),
        ({"data_or_path": Tensor(np.zeros((7, 5, 6)))}, ValueError, r"\(7, 5, 6\); .* C×H×W"),
        ({"data_or_path": "x" * 5000 + ".png"}, FileNotFoundError, "no file 'xx.*…'"),
        ({"data_or_path": "a\0.png"}, FileNotFoundError, "no file"),
        ({"data_or_path": "~nobody-of-this-name/a.png"}, FileNotFoundError, "no file"),
        ({"data_or_path": [[1, 2], [3]]}, ValueError, "Image"),
        ({"data_or_path": np.zeros((2, 2), complex)}, TypeError, "complex128"),
        ({"data_or_path": np.array([["a"]])}, TypeError, "real numbers"),
        ({"data_or_path": object()}, TypeError, "object"),
        ({"data_or_path": None}, TypeError, "NoneType"),
        ({"data_or_path": "missing.png"}, FileNotFoundError, "missing.png"),
        ({"data_or_path": "missing.png"}, ValueError, "missing.png"),
        ({"data_or_path": __file__}, ValueError, "test_image.py"),
        ({"data_or_path": b"no picture"}, ValueError, "no picture that can be read"),
        ({"data_or_path": RGB, "mode": "NOPE"}, ValueError, "NOPE"),
        ({"data_or_path": RGB, "file_type": "tiff!"}, ValueError, "tiff!"),
        ({"data_or_path": RGB, "caption": object()}, TypeError, "caption"),
        ({"data_or_path": RGB, "classes": [{"name": "car"}]}, TypeError, "id"),
        ({"data_or_path": RGB, "nonsense": 1}, TypeError, "nonsense"),
    ],
)
def test_what_is_no_image_is_refused(arguments: dict[str, Any], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Image(**arguments)


def test_arrays_do_not_bring_pillow():
    script = "import sys, numpy; from stepwell import Image; Image(numpy.zeros((4, 4, 3))); print('PIL' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
