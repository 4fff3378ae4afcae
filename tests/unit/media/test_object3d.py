"""`Object3D`: models, point clouds and scenes."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepwell import Object3D, box3d
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

random = np.random.default_rng(9)
XYZ = random.random((5, 3))
CATEGORY = np.hstack([XYZ, random.integers(1, 15, (5, 1))])
COLOUR = np.hstack([XYZ, random.integers(0, 256, (5, 3))])
CORNERS = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
BOX = {"corners": CORNERS, "label": "Box", "color": [123, 321, 111]}
VECTOR = {"start": [0, 0, 0], "end": [0.1, 0.2, 0.5]}


def scene(**parts: Any) -> dict[str, Any]:
    return {"type": "lidar/beta", "points": XYZ} | parts


@pytest.mark.parametrize("extension", ["obj", "gltf", "glb", "babylon", "stl"])
def test_a_file_is_kept_byte_for_byte(tmp_path: Path, recorder: Recorder, extension: str):
    path, data = tmp_path / f"a.{extension}", b"\xff\xfe binary"
    path.write_bytes(data)
    with path.open() as as_text:  # as the page opens a .glb
        for thing in (
            Object3D(path),
            Object3D(str(path)),
            Object3D(as_text),
            Object3D.from_file(str(path)),
            Object3D(io.BytesIO(data), file_type=extension),
            Object3D.from_file(io.BytesIO(data), file_type=extension),
        ):
            assert (thing.format, thing._content.read()) == (extension, data)
    record = recorder.record(Object3D(path, caption="c"))
    assert record.pop("path").startswith("media/object3D/k_")
    assert record == {"_type": "object3D-file", "format": extension, "caption": "c"}


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        *[(points, points) for points in (XYZ, CATEGORY, COLOUR, XYZ.astype(np.float32), XYZ[::-2], XYZ[:0])],
        (np.array([[1, 2, 3]]), [[1, 2, 3]]),
        ([[1, 2, 3, 14]], [[1, 2, 3, 14]]),
        (Tensor(XYZ), XYZ),
        (np.array([[0, 0, 0, 0, 255, 255]]), [[0, 0, 0, 0, 255, 255]]),
        (np.array([[np.nan, 0, 0]]), [[np.nan, 0, 0]]),
        *[(np.array([[0, 0, 0, category]]), [[0, 0, 0, category]]) for category in (0, 15, 255, np.nan)],
        (np.array([[0, 0, 0, -1, 256, 999.5]]), [[0, 0, 0, -1, 256, 999.5]]),
        (XYZ[None], XYZ),
    ],
)
def test_a_point_cloud_is_an_array(recorder: Recorder, points: Any, expected: Any):
    for cloud in (Object3D(points), Object3D.from_numpy(points)):
        found = np.load(io.BytesIO(cloud._content.read()))
        assert np.array_equal(found, np.asarray(expected), equal_nan=True)
        record = recorder.record(cloud)
        assert (record["format"], record["shape"]) == ("npy", list(np.shape(expected)))


@pytest.mark.parametrize(
    ("boxes", "vectors"),
    [
        ([BOX], [VECTOR]),
        (np.array([BOX, BOX]), np.array([VECTOR])),
        ((BOX,), None),
        (None, [{"start": np.zeros(3), "end": (np.float32(1), 2, 3), "color": [1, 2, 3]}]),
        ([{"corners": np.array(CORNERS)}], []),
        ([{"corners": CORNERS, "label": None, "color": None, "score": 0.5}], []),
    ],
)
@pytest.mark.parametrize("points", [XYZ, XYZ.tolist(), CATEGORY, COLOUR, []], ids=["array", "list", "4", "6", "none"])
def test_a_scene_is_stored_with_what_was_said(points: Any, boxes: Any, vectors: Any):
    thing = Object3D({"type": "lidar/beta", "points": points, "boxes": boxes, "vectors": vectors})
    assert thing.format == "scene.json"
    scene = json.loads(thing._content.read())
    assert scene["type"] == "lidar/beta"
    assert scene["points"] == np.asarray(points).tolist()
    assert len(scene["boxes"]) == (0 if boxes is None else len(boxes))
    for box in scene["boxes"]:
        assert box["corners"] == CORNERS
        assert box.get("color") in (None, [123, 321, 111]), "a colour is kept even beyond 255"
    for vector, given in zip(scene["vectors"], [] if vectors is None else vectors, strict=True):
        for name in given:
            assert vector[name] == pytest.approx(list(given[name]))


@pytest.mark.parametrize("columns", [5, 7])
def test_points_of_more_numbers_keep_their_place(recorder: Recorder, columns: int):
    points = random.random((4, columns))
    with pytest.warns(RuntimeWarning, match=f"'k' has points of {columns} numbers; x, y and z are kept"):
        record = recorder.record(Object3D(points))
    assert record["shape"] == [4, 3]
    assert np.array_equal(np.load(io.BytesIO(Object3D(points)._content.read())), points[:, :3])


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"boxes": [BOX, {"label": "x", "corners": None}]}, r"boxes.*\[1\].*corners.*8 of .*None"),
        ({"boxes": [{"corners": CORNERS[:7]}]}, "8 of .*not 7"),
        ({"boxes": [{"corners": [*CORNERS[:7], [1, 2]]}]}, "corners.*3 numbers, not 2"),
        ({"boxes": [{"corners": CORNERS, "color": "red"}]}, "color.*red"),
        ({"boxes": [{"corners": CORNERS, "color": [1, 2, "3"]}]}, "color.*'3'"),
        ({"vectors": [{"start": [0, 0, 0], "end": None}]}, "end"),
        ({"vectors": [{"start": 1, "end": [0, 0, 0]}]}, "start"),
    ],
)
def test_what_lacks_something_in_a_scene_stays_as_it_is(recorder: Recorder, parts: dict[str, Any], said: str):
    thing = Object3D(scene(**parts))
    with pytest.warns(RuntimeWarning, match=f"'k' has boxes or vectors that lack.*{said}"):
        recorder.record(thing)
    found = json.loads(thing._content.read())
    for name in parts:
        assert found[name] == json.loads(json.dumps(parts[name]))


def test_a_scene_without_points_has_none():
    assert json.loads(Object3D({"type": "lidar/beta", "boxes": [BOX]})._content.read())["points"] == []
    labelled = Object3D(scene(boxes=[{"corners": CORNERS, "label": 5}]))
    assert json.loads(labelled._content.read())["boxes"][0]["label"] == "5"


def test_a_scene_can_be_made_of_its_parts(recorder: Recorder):
    record = recorder.record(Object3D.from_point_cloud(XYZ, [BOX]))
    assert record["format"] == "scene.json"
    assert record["path"].endswith(".scene.json")
    (file,) = recorder.files()
    assert json.loads(file) == {"type": "lidar/beta", "points": XYZ.tolist(), "boxes": [BOX], "vectors": []}


def test_points_in_json_are_read(tmp_path: Path):
    (tmp_path / "a.pts.json").write_text(json.dumps(CATEGORY.tolist()))
    assert np.array_equal(np.load(io.BytesIO(Object3D(tmp_path / "a.pts.json")._content.read())), CATEGORY)
    scene = {"type": "lidar/beta", "points": XYZ.tolist(), "boxes": [BOX], "vectors": [VECTOR]}
    (tmp_path / "b.pts.json").write_text(json.dumps(scene))
    assert json.loads(Object3D(str(tmp_path / "b.pts.json"))._content.read()) == scene


def test_a_box_is_turned_about_its_middle():
    half_turn = np.sqrt(0.5)
    box = box3d(center=np.array([1, 2, 3]), size=(2, 4, 6), orientation=(half_turn, 0, 0, half_turn), color=(1, 2, 3))
    # A quarter turn about z: what was along x is along y.
    expected = [[3, 1, 0], [3, 1, 6], [-1, 1, 0], [-1, 1, 6], [3, 3, 0], [3, 3, 6], [-1, 3, 0], [-1, 3, 6]]
    assert np.allclose(box["corners"], expected)
    assert box["color"] == [1, 2, 3]
    assert set(box) == {"corners", "color"}
    labelled = box3d(center=(0, 0, 0), size=(1, 1, 1), orientation=(5, 0, 0, 0), color=(0, 0, 0), label="a", score=1)
    assert np.allclose(labelled["corners"], np.array(CORNERS) - 0.5)
    assert (labelled["label"], labelled["score"]) == ("a", 1.0)
    still = box3d(center=(0, 0, 0), size=(1, 1, 1), orientation=(0, 0, 0, 0), color=(0, 0, 0))
    assert still["corners"] == labelled["corners"]
    Object3D.from_point_cloud([], [box, labelled])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"center": (1, 2)}, "center must have 3"),
        ({"color": [1]}, "color"),
    ],
)
def test_a_box_without_a_form_is_refused(arguments: dict[str, Any], said: str):
    whole = {"center": (0, 0, 0), "size": (1, 1, 1), "orientation": (1, 0, 0, 0), "color": (0, 0, 0)}
    with pytest.raises(ValueError, match=said):
        box3d(**(whole | arguments))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ("missing.obj", ValueError, "missing.obj"),
        (__file__, ValueError, "obj, gltf, glb, babylon, stl"),
        (io.BytesIO(b"x"), ValueError, "file_type"),
        (np.zeros((3, 2)), ValueError, r"\(3, 2\); expected N×3"),
        (np.zeros(3), ValueError, r"\(3,\)"),
        (np.zeros((1, 3), complex), TypeError, "complex"),
        (object(), TypeError, "object"),
        ({"points": XYZ}, ValueError, "lidar/beta.*None"),
        (scene(type="sonar"), ValueError, "lidar/beta.*sonar"),
        (scene(points=np.zeros((2, 2))), ValueError, r"points.*\(2, 2\)"),
        (scene(boxes=5), TypeError, "boxes.*int"),
        (scene(boxes=[5]), TypeError, r"boxes\"\]\[0\].*int"),
    ],
)
def test_what_has_no_place_in_space_is_refused(given: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Object3D(given)
