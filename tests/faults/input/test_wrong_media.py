"""Wrong media and charts: an error that names what was expected, and nothing of the call is kept."""

import json
import re

import pytest

from tests.faults.input.test_wrong_calls import Wrong
from tests.support.places import Place, scan

pytestmark = pytest.mark.e2e

VALUE, TYPE = "ValueError", "TypeError"
IMAGES = [
    Wrong("sw.Image(np.zeros(5))", VALUE, ["5"]),
    Wrong("sw.Image('missing.png')", f"{VALUE}|FileNotFoundError", ["missing.png"]),
    Wrong("sw.Image('a text')", f"{VALUE}|FileNotFoundError", ["a text"]),
    Wrong("sw.Image(object())", TYPE, ["object"]),
    Wrong("sw.Image(np.array(['a']))", f"{TYPE}|{VALUE}", []),
    Wrong("sw.Image(pixels, mode='NOPE')", VALUE, ["NOPE"]),
    Wrong("sw.Image(pixels, file_type='tiff!')", VALUE, ["tiff!", "png"]),
    Wrong("sw.Image(pixels, caption=object())", TYPE, ["caption"]),
    Wrong("sw.Image(pixels, nonsense=1)", TYPE, ["nonsense"]),
    Wrong("sw.Image(pixels, classes=[{'name': 'car'}])", f"{TYPE}|{VALUE}|KeyError", ["id"]),
]
MASKS = [
    Wrong("sw.Image(pixels, masks=[1])", TYPE, ["masks"]),
    Wrong("sw.Image(pixels, masks={'truth': [1]})", TYPE, ["truth"]),
    Wrong("sw.Image(pixels, masks={'truth': {'class_labels': {1: 'a'}}})", f"{TYPE}|{VALUE}", ["truth", "mask_data"]),
    Wrong("sw.Image(pixels, masks={'truth': {'mask_data': np.zeros(3)}})", f"{TYPE}|{VALUE}", ["truth", "2"]),
    Wrong(
        "sw.Image(pixels, masks={'truth': {'mask_data': np.ones((4, 6), int), 'class_labels': [1]}})",
        TYPE,
        ["truth", "class_labels"],
    ),
]
POSITION = "{'minX': 0.1, 'maxX': 0.2, 'minY': 0.3, 'maxY': 0.4}"


def boxed(box: str, more: str = "") -> str:
    return f"sw.Image(pixels, boxes={{'truth': {{'box_data': [{box}]{more}}}}})"


BOXES = [
    Wrong("sw.Image(pixels, boxes=[1])", TYPE, ["boxes"]),
    Wrong("sw.Image(pixels, boxes={'truth': [1]})", TYPE, ["truth"]),
    Wrong("sw.Image(pixels, boxes={'truth': {}})", f"{TYPE}|{VALUE}", ["truth", "box_data"]),
    Wrong("sw.Image(pixels, boxes={'truth': {'box_data': 5}})", TYPE, ["truth", "box_data"]),
    Wrong(boxed("7"), TYPE, ["truth"]),
    Wrong(boxed("{'class_id': 1}"), f"{TYPE}|{VALUE}", ["position"]),
    Wrong(boxed("{'position': {'minX': 0.1}, 'class_id': 1}"), f"{TYPE}|{VALUE}", ["position", "middle"]),
    Wrong(
        boxed("{'position': {'middle': [1], 'width': 1, 'height': 1}, 'class_id': 1}"), f"{TYPE}|{VALUE}", ["middle"]
    ),
    Wrong(boxed("{'position': {'middle': [1, 2], 'width': 'w', 'height': 1}, 'class_id': 1}"), TYPE, ["width"]),
    Wrong(boxed(f"{{'position': {POSITION}, 'class_id': 'x'}}"), TYPE, ["class_id"]),
    Wrong(boxed(f"{{'position': {POSITION}, 'class_id': 1, 'scores': [1]}}"), TYPE, ["scores"]),
    Wrong(boxed(f"{{'position': {POSITION}, 'class_id': 1, 'scores': {{'a': 'b'}}}}"), TYPE, ["scores"]),
    Wrong(boxed(f"{{'position': {POSITION}, 'class_id': 1}}", ", 'class_labels': [1]"), TYPE, ["class_labels"]),
]
SOUND_AND_VIDEO = [
    Wrong("sw.Audio(np.zeros(10))", VALUE, ["sample_rate"]),
    Wrong("sw.Audio('missing.wav')", f"{VALUE}|FileNotFoundError", ["missing.wav"]),
    Wrong("sw.Audio(np.zeros((2, 3, 4)), sample_rate=32)", VALUE, [r"2.*3.*4"]),
    Wrong("sw.Audio(np.zeros(10), sample_rate=-1)", f"{VALUE}|{TYPE}", ["sample_rate"]),
    Wrong("sw.Audio(object(), sample_rate=32)", TYPE, ["object"]),
    Wrong("sw.Video('missing.mp4')", VALUE, ["missing.mp4"]),
    Wrong("sw.Video('a text')", VALUE, ["gif", "mp4", "webm", "ogg"]),
    Wrong("sw.Video(frames, format='avi')", VALUE, ["avi", "gif", "mp4", "webm", "ogg"]),
    Wrong("sw.Video(np.zeros((4, 5)))", VALUE, [r"4.*5"]),
    Wrong("sw.Video(io.BytesIO(b'x'))", VALUE, ["format"]),
    Wrong("sw.Video(object())", TYPE, ["object"]),
    Wrong("sw.Video(frames, fps=0)", f"{VALUE}|{TYPE}", ["fps"]),
]
TABLES = [
    Wrong("sw.Table(columns=['a', 'b'], data=[[1]])", VALUE, ["1", "2"]),
    Wrong("sw.Table(columns=['a', 'b']).add_data(1, 2, 3)", VALUE, ["2", "3"]),
    Wrong("sw.Table(columns='ab')", TYPE, ["columns"]),
    Wrong("sw.Table(data=5)", TYPE, ["data"]),
    Wrong("sw.Table(dataframe=5)", TYPE, ["dataframe"]),
    Wrong("sw.Table(columns=['a'], data=[[1], ['x']])", TYPE, ["'a'"]),
    Wrong("sw.Table(columns=['a'], data=[[1]]).add_column('b', [1, 2])", VALUE, ["'b'|b", "1", "2"]),
    Wrong("sw.Table(columns=['a'], data=[[1]]).add_column('a', [1])", VALUE, ["a"]),
    Wrong("sw.Table(columns=['a'], data=[[1]]).get_column('c')", f"{VALUE}|KeyError", ["c", "a"]),
]
TEXTS_AND_SPACE = [
    Wrong("sw.Html(5)", f"{TYPE}|{VALUE}", ["int"]),
    Wrong("sw.Molecule('a text')", VALUE, ["pdb", "mmtf"]),
    Wrong("sw.Molecule('missing.pdb')", f"{VALUE}|FileNotFoundError", ["missing.pdb"]),
    Wrong("sw.Molecule(io.StringIO('x'))", VALUE, ["file_type"]),
    Wrong("sw.Molecule(io.StringIO('x'), file_type='xyz')", VALUE, ["xyz", "pdb"]),
    Wrong("sw.Object3D('a text')", VALUE, ["obj", "gltf", "glb"]),
    Wrong("sw.Object3D('missing.obj')", f"{VALUE}|FileNotFoundError", ["missing.obj"]),
    Wrong("sw.Object3D(np.zeros(3))", VALUE, ["3"]),
    Wrong("sw.Object3D({'type': 'sonar', 'points': np.zeros((1, 3))})", VALUE, ["sonar", "lidar/beta"]),
    Wrong("sw.Object3D(object())", f"{TYPE}|{VALUE}", ["object"]),
]
CHARTS = [
    Wrong("sw.plot.line(5, 'x', 'y')", TYPE, ["int", "Table"]),
    Wrong("sw.plot.pr_curve([0, 1], [[0.5, 0.5]])", VALUE, ["2", "1"]),
    Wrong("sw.plot.roc_curve([0, 1], [[0.5, 0.5]])", VALUE, ["2", "1"]),
    Wrong("sw.plot.confusion_matrix(y_true=[0, 1], preds=[0])", VALUE, ["2", "1"]),
    Wrong("sw.plot_table('me/chart', 5, {})", TYPE, ["int", "Table"]),
]
WRONG_LISTS = [
    Wrong("{'inner': [sw.Html('<p>x</p>'), object()]}", TYPE, ["'bad'|\"bad\"|inner"]),
    Wrong("sw.Table(columns=['a'], data=[[object()]])", TYPE, ["object"]),
]
WRONG = [*IMAGES, *MASKS, *BOXES, *SOUND_AND_VIDEO, *TABLES, *TEXTS_AND_SPACE, *CHARTS, *WRONG_LISTS]

# Media that are kept as near as possible: a training does not end for what they hold.
KEPT = [
    "sw.Image(np.zeros((4, 5, 6)))",
    "sw.Image(np.zeros((2, 4, 5, 3)))",
    "sw.Image(np.zeros((0, 5, 3)))",
    "sw.Image(pixels, masks={'truth': {'mask_data': np.full((4, 6), 0.5)}})",
    "sw.Image(pixels, masks={'truth': {'mask_data': np.full((4, 6), 256)}})",
    "sw.Image(pixels, masks={'truth': {'mask_data': np.full((4, 6), -1)}})",
    "sw.Video(np.zeros((2, 7, 4, 4), np.uint8))",
    "sw.Table(columns=['a'], data=[[i] for i in range(200_001)])",
    "sw.Html('missing.html')",
    "sw.Object3D(np.zeros((3, 5)))",
    "sw.Object3D(np.array([[0, 0, 0, 15.0]]))",
    "sw.Object3D(np.array([[0, 0, 0, 0, 0, 256.0]]))",
    "sw.Object3D({'type': 'lidar/beta'})",
    "sw.Object3D({'type': 'lidar/beta', 'points': np.zeros((1, 3)), 'boxes': [{'label': 'x'}]})",
    "sw.Object3D({'type': 'lidar/beta', 'points': np.zeros((1, 3)), 'vectors': [{'start': 1}]})",
    "sw.Histogram(np_histogram=([1, 2], [0, 2, 1]))",
    "sw.plot.line(table, 'x', 'missing')",
    "sw.plot.line_series([0, 1], [[1, 2, 3]])",
    "[sw.Image(pixels), 5]",
    "[sw.Image(pixels), sw.Html('<p>x</p>')]",
    boxed(f"{{'position': {POSITION}, 'class_id': 1, 'domain': 'metres'}}"),
    boxed(f"{{'position': {POSITION}, 'class_id': 1, 'box_caption': 3}}"),
]

CALLS = """
import io, json, sys
import numpy as np
import stepwell as sw

open("a text", "w").close()
pixels = np.zeros((4, 6, 3), dtype=np.uint8)
frames = np.zeros((2, 3, 4, 4), dtype=np.uint8)
table = sw.Table(columns=["x", "y"], data=[[1, 2]])
found = []
with sw.init(project="wrong", id="media") as run:
    run.log({"before": 1})
    for call in json.loads(sys.argv[1]):
        try:
            run.log({"ok": 1, "bad": eval(call)})
        except Exception as error:
            found.append([[kind.__name__ for kind in type(error).__mro__], str(error)])
        else:
            found.append([["nothing"], "was accepted"])
    run.log({"after": 1})
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def wrong(place: Place) -> list[tuple[list[str], str]]:
    """Make all wrong calls in one script and return what they raised."""
    ended = place.run(CALLS, json.dumps([each.call for each in WRONG]))
    return [(kinds, text) for kinds, text in json.loads(ended.stdout.strip().splitlines()[-1])]


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[each.call[:70] for each in WRONG])
def test_a_wrong_medium_is_answered_with_what_was_expected(wrong: list[tuple[list[str], str]], number: int):
    kinds, text = wrong[number]
    assert any(re.fullmatch(WRONG[number].error, kind) for kind in kinds), f"{kinds[0]}: {text}"
    for named in WRONG[number].named:
        assert re.search(named, text), f"{named!r} is not named in: {text}"
    assert len(text) < 2_000, "a sentence, not a dump"


def test_nothing_of_a_wrong_call_is_kept(place: Place, wrong: list[tuple[list[str], str]]):
    run = place.api().run("wrong/media")
    assert scan(run) == {0: {"before": 1}, 1: {"after": 1}}
    assert list(run.files()) == [], "no file of a call that failed is stored"


def test_media_that_are_nearly_right_are_kept(place: Place):
    ended = place.run(CALLS.replace('"wrong"', '"near"'), json.dumps(KEPT))
    told = json.loads(ended.stdout.strip().splitlines()[-1])
    assert told == [[["nothing"], "was accepted"]] * len(KEPT)
    rows = scan(place.api().run("near/media"))
    assert [row.get("ok") for row in rows.values()] == [None, *[1] * len(KEPT), None]
    assert all("bad" in row for row in list(rows.values())[1:-1])
