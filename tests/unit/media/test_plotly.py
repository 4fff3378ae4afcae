"""Figures of Plotly and matplotlib: stored as Plotly reads them; what it cannot show becomes a picture."""

import base64
import io
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from PIL import Image as Pillow

mpl.use("Agg")
import matplotlib.pyplot as plt

import stepwell
from stepwell.media.image import Image
from stepwell.media.plotly import Plotly, from_matplotlib, is_figure
from tests.support.recorder import Recorder


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """End without figures."""
    yield
    plt.close("all")


def stored(media: Plotly) -> Any:
    """Return the JSON that would be stored."""
    return json.loads(media._content.read())


def numbers(column: Any) -> list[Any]:
    """Return the numbers of a column, which may be a typed array: base64 and the name of a type."""
    if isinstance(column, dict):
        return np.frombuffer(base64.b64decode(column["bdata"]), column["dtype"]).tolist()
    return list(column)


def test_a_figure_is_stored_as_plotly_writes_it():
    figure = go.Figure(go.Scatter(x=np.arange(50.0), y=np.arange(50) ** 2), layout={"title": {"text": "Squares"}})
    value = stored(Plotly(figure))
    assert value == json.loads(figure.to_json())
    again = plotly.io.from_json(json.dumps(value))
    assert again.layout.title.text == "Squares"
    assert numbers(again.data[0].y) == [x**2 for x in range(50)]
    assert numbers(again.data[0].x) == list(range(50))
    assert is_figure(figure)
    assert not is_figure({"data": []})


def test_nan_and_numpy_scalars_are_json():
    figure = go.Figure(go.Bar(x=["a", "b"], y=[np.float32(0.5), float("nan")]), layout={"width": np.int64(300)})
    text = Plotly(figure)._content.read().decode()
    value = json.loads(text, parse_constant=pytest.fail)
    assert value["layout"]["width"] == 300


def test_a_file_is_kept_byte_for_byte(tmp_path: Path):
    path = tmp_path / "figure.json"
    path.write_text('{ "data" : [ ],\n "layout": {} }')
    for given in (path, str(path)):
        assert Plotly(given)._content.read() == path.read_bytes()
    for wrong in ("{", "[]", '{"layout": {}}'):
        path.write_text(wrong)
        with pytest.raises(ValueError, match=r"figure\.json"):
            Plotly(path)
    with pytest.raises(FileNotFoundError):
        Plotly(tmp_path / "missing.json")
    for value in (3, [1, 2], {"data": []}, None):
        with pytest.raises(TypeError, match=f"not {type(value).__name__}"):
            Plotly(value)


def draw_line() -> Any:
    plt.plot([1, 2, 3, 4], [1, 4, 9, 16], label="squares")
    plt.ylabel("some interesting numbers")
    plt.legend()
    return plt


def test_matplotlib_becomes_plotly_with_its_numbers():
    figure = draw_line().gcf()
    for given in (plt, figure.axes[0], figure):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            media = from_matplotlib(given)
        assert isinstance(media, Plotly)
        value = plotly.io.from_json(json.dumps(stored(media)))
        (line,) = value.data
        assert (list(line.x), list(line.y)) == ([1, 2, 3, 4], [1, 4, 9, 16])
        assert value.layout.yaxis.title.text == "some interesting numbers"
    assert plt.gcf() is not figure, "pyplot begins a new one"
    assert isinstance(Plotly(figure), Plotly)
    assert isinstance(Plotly.make_plot_media(draw_line()), Plotly)


@pytest.mark.parametrize(
    ("draw", "kind", "y"),
    [
        (lambda axes: axes.scatter([1, 2], [3, 4]), "scatter", [3, 4]),
        (lambda axes: axes.bar(["a", "b"], [3, 4]), "bar", [3, 4]),
        (lambda axes: axes.step([1, 2], [3, 4]), "scatter", [3, 4]),
    ],
)
def test_points_and_bars_become_plotly(draw: Any, kind: str, y: list[float]):
    figure, axes = plt.subplots()
    draw(axes)
    media = from_matplotlib(figure)
    assert isinstance(media, Plotly)
    (trace,) = plotly.io.from_json(json.dumps(stored(media))).data
    assert (trace.type, list(trace.y)) == (kind, y)


def converted(draw: Any) -> Any:
    """Return the figure of Plotly that is made of what is drawn on axes."""
    figure, axes = plt.subplots()
    draw(axes)
    return plotly.io.from_json(json.dumps(stored(Plotly(figure))))


def test_every_bar_is_where_it_is():
    def draw(axes: Any) -> None:
        axes.bar([1, 2], [3, 4], width=0.5, label="lower", color=["red", "blue"])
        axes.bar([1, 2], [5, 6], width=0.5, bottom=[3, 4], label="upper")
        axes.bar([9], [1])
        axes.legend(title="parts")

    figure = converted(draw)
    lower, upper, single = figure.data
    assert (list(lower.x), list(lower.y), list(lower.base), list(lower.width)) == ([1, 2], [3, 4], [0, 0], [0.5, 0.5])
    assert (list(upper.x), list(upper.y), list(upper.base)) == ([1, 2], [5, 6], [3, 4])
    assert list(lower.marker.color) == ["#ff0000ff", "#0000ffff"]
    assert (list(single.x), list(single.y)) == ([9], [1])
    assert [(bars.name, bars.showlegend) for bars in (lower, upper)] == [("lower", True), ("upper", True)]
    assert not single.showlegend
    assert (figure.layout.barmode, figure.layout.legend.title.text) == ("overlay", "parts")


def test_bars_that_lie_have_their_left_edge():
    (bars,) = converted(lambda axes: axes.barh([0, 1], [3, 4], left=[1, 2])).data
    assert (bars.orientation, list(bars.x), list(bars.base), list(bars.y)) == ("h", [3, 4], [1, 2], [0, 1])


@pytest.mark.parametrize(("where", "shape"), [("pre", "vh"), ("mid", "hvh"), ("post", "hv")])
def test_steps_stay_steps(where: str, shape: str):
    (line,) = converted(lambda axes: axes.step([1, 2], [3, 4], where=where)).data
    assert line.line.shape == shape


def test_names_stand_in_the_legend_where_there_is_one():
    def draw(axes: Any) -> None:
        axes.scatter([1, 2], [3, 4], label="points")
        axes.plot([1, 2], [3, 4])
        axes.legend()

    line, points = converted(draw).data
    assert (points.name, points.showlegend, line.showlegend) == ("points", True, False)

    def draw_with_errors(axes: Any) -> None:
        axes.errorbar([1, 2], [3, 4], yerr=0.5, label="measured")
        axes.hist([1, 1, 2], bins=2, label="counted")
        axes.legend()

    shown = [trace.name for trace in converted(draw_with_errors).data if trace.showlegend]
    assert shown == ["measured", "counted"]
    assert not any(line.showlegend for line in converted(lambda axes: axes.plot([1, 2], [[3, 4], [5, 6]])).data)


def test_ticks_have_the_labels_that_they_had():
    figure = converted(lambda axes: (axes.bar(["a", "b"], [3, 4]), axes.yaxis.set_major_formatter("{x:.1f} s")))
    assert (list(figure.layout.xaxis.tickvals), list(figure.layout.xaxis.ticktext)) == ([0, 1], ["a", "b"])
    assert all(text.endswith(" s") for text in figure.layout.yaxis.ticktext)


@pytest.mark.parametrize(
    ("draw", "projection", "said"),
    [
        (lambda axes: axes.fill_between([1, 2], [1, 2], [2, 3]), None, "FillBetweenPolyCollection"),
        (lambda axes: axes.pcolormesh(np.ones((2, 2))), None, "QuadMesh"),
        (lambda axes: axes.pie([1, 2]), None, "Wedge"),
        (lambda axes: axes.axvspan(0, 1), None, "Rectangle"),
        (lambda axes: axes.axhline(1), None, "axhline"),
        (lambda axes: axes.annotate("here", (0, 0), (1, 1), arrowprops={}), None, "Annotation"),
        (lambda axes: axes.figure.suptitle("all of it"), None, "Text outside of axes"),
        (lambda axes: axes.figure.text(0.1, 0.1, "note"), None, "Text outside of axes"),
        (lambda axes: axes.plot([1, 2], label="a") and axes.figure.legend(), None, "Legend outside of axes"),
        (lambda axes: axes.twinx().plot([1, 2]), None, "axes over each other"),
        (lambda axes: axes.figure.add_axes((0.5, 0.5, 0.2, 0.2)), None, "axes over each other"),
        (lambda axes: axes.inset_axes([0.5, 0.5, 0.2, 0.2]), None, "Axes artists"),
        (lambda axes: axes.secondary_yaxis("right"), None, "SecondaryAxis"),
        (lambda axes: axes.set_title("left", loc="left"), None, "Text artists"),
        (lambda axes: axes.plot([1, 2]) and axes.legend(["a"]), None, "names that only the legend has"),
        (lambda axes: axes.axis("off"), None, "switched off"),
        (lambda axes: axes.plot([1, 2], visible=False), None, "hidden Line2D"),
        (lambda axes: axes.set_xscale("symlog"), None, "symlog scales"),
        (lambda axes: axes.set_xscale("log", base=2), None, "log scales"),
        (lambda axes: axes.xaxis.set_major_formatter(lambda at, _: f"{at} s"), None, "could not convert"),
        (lambda axes: axes.plot(range(9), marker="o", markevery=2), None, "markers at some points only"),
        (lambda axes: axes.contour(np.eye(3)), None, "QuadContourSet|LineCollection"),
        (lambda axes: axes.axline((0, 0), (1, 1)), None, "AxLine"),
        (lambda axes: axes.plot([1, 2], [1, 2], [1, 2]), "3d", "3d axes"),
        (lambda axes: axes.plot([1, 2], [1, 2]), "polar", "polar axes"),
    ],
)
def test_what_plotly_cannot_show_is_a_picture_with_one_warning(
    recorder: Recorder, draw: Any, projection: str | None, said: str
):
    figure = plt.figure()
    draw(figure.add_subplot(projection=projection))
    with pytest.warns(RuntimeWarning, match=f"'k'.*image.*{said}"):
        assert recorder.record(figure)["_type"] == "image-file"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert recorder.record(figure)["_type"] == "image-file", "said once"
    again = Plotly(figure)
    with pytest.warns(RuntimeWarning, match=f"'k'.*picture.*{said}"):
        assert recorder.record(again)["_type"] == "plotly-file"
    layout = plotly.io.from_json(again._content.read().decode()).layout
    picture = Pillow.open(io.BytesIO(base64.b64decode(layout.images[0].source.partition(",")[2])))
    assert picture.size == (layout.width, layout.height) == (640, 480)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("make", [from_matplotlib, Plotly, Image])
def test_a_figure_that_cannot_be_drawn_ends_no_training(recorder: Recorder, make: Any):
    figure, axes = plt.subplots()
    axes.set_title(r"$\nonsense{$")
    with pytest.warns(RuntimeWarning, match="'k' has a figure that matplotlib cannot draw; .*nonsense"):
        recorder.record(make(figure))


@pytest.mark.parametrize("title", ["", "all of it"])
@pytest.mark.parametrize("make", [from_matplotlib, Plotly])
def test_what_is_drawn_next_is_in_another_figure(make: Any, title: str):
    figure = draw_line().gcf()
    figure.suptitle(title)
    make(plt)
    assert plt.gcf() is not figure


def test_axes_that_touch_each_other_become_plotly():
    figure, grid = plt.subplots(2, 2, sharex=True)
    for axes in grid.flat:
        axes.plot([1, 2])
    plt.subplots_adjust(wspace=0, hspace=0)
    assert len(stored(Plotly(figure))["data"]) == 4


def test_a_figure_with_images_is_an_image():
    figure, axes = plt.subplots(figsize=(2, 1), dpi=50)
    axes.imshow(np.ones((3, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        media = from_matplotlib(figure)
    assert isinstance(media, Image)
    assert Pillow.open(io.BytesIO(media._content.read())).size == (100, 50)


def test_without_plotly_it_is_a_picture_that_says_why(tmp_path: Path):
    script = """
import sys, warnings
sys.modules["plotly"] = None
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from stepwell.media.plotly import from_matplotlib
plt.plot([1, 2])
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    images = [from_matplotlib(plt), from_matplotlib(plt)]
    for image in images:
        image.record("k")
    print(*(type(image).__name__ for image in images), len(said), said[0].message)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ended.stdout.startswith("Image Image 1 stepwell: ")
    assert "pip install stepwell[plotly]" in ended.stdout


def test_what_is_logged_is_recognised(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        run.log({"figure": go.Figure(go.Scatter(y=[1, 2])), "chart": draw_line()})
        run.log({"axes": draw_line().gca()}, step=0)
        run.log({"both": [Plotly(go.Figure()), Plotly(go.Figure())]})
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        first, second = found.scan_history()
        for key in ("figure", "chart", "axes"):
            assert first[key]["_type"] == "plotly-file"
            assert first[key]["path"].startswith(f"media/plotly/{key}_")
            assert first[key]["path"].endswith(".plotly.json")
        assert (second["both"]["_type"], second["both"]["count"]) == ("plotly-file", 2)
        with found.file(first["figure"]["path"]).download(root=str(tmp_path)) as file:
            figure = plotly.io.from_json(file.read())
        assert list(figure.data[0].y) == [1, 2]
