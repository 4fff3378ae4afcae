"""Charts: what their tables hold, compared with scikit-learn, and what a wrong call says."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

import stepwell
from stepwell import plot
from stepwell.media.table import Table
from stepwell.plot.chart import Chart
from tests.support.recorder import Recorder

CASES = json.loads((Path(__file__).parents[3] / "web/tests/presets/cases.json").read_text(encoding="utf-8"))


def table(**columns: list[Any]) -> Table:
    return Table(columns=list(columns), data=[list(row) for row in zip(*columns.values(), strict=True)])


def by_class(chart: Chart) -> dict[Any, list[list[float]]]:
    """Return the points of each class of a curve."""
    points: dict[Any, list[list[float]]] = {}
    for label, *values in chart.table.data:
        points.setdefault(label, []).append(values)
    return points


def test_charts_of_a_table_name_its_columns():
    points = table(x=[1, 2], y=[3, 4], run=["a", "b"])
    for chart, preset, fields, texts in [
        (plot.line(points, "x", "y", title="T"), "line/v0", {"x": "x", "y": "y"}, {"title": "T"}),
        (plot.line(points, "x", "y", "run"), "line/v0", {"x": "x", "y": "y", "stroke": "run"}, {"title": ""}),
        (plot.scatter(points, "x", "y", title=None), "scatter/v0", {"x": "x", "y": "y"}, {}),
        (plot.bar(points, "run", "y", "Bars"), "bar/v0", {"label": "run", "value": "y"}, {"title": "Bars"}),
        (plot.histogram(points, "y", title=None), "histogram/v0", {"value": "y"}, {}),
    ]:
        assert (chart.preset, chart.fields, chart.string_fields) == (f"wandb/{preset}", fields, texts)
        assert chart.table is points
        assert not chart.split_table
    assert plot.scatter(points, "x", "y", split_table=True).split_table


@pytest.mark.parametrize(
    "make",
    [
        lambda points: plot.line(points, "x", "y"),
        lambda points: plot.scatter(points, "y", "x"),
        lambda points: plot.bar(points, "y", "x"),
        lambda points: plot.histogram(points, "y"),
        lambda points: plot.line(points, "x", "height", stroke="y"),
        lambda points: plot.plot_table("carey/new_chart", points, {"x": "y"}),
    ],
)
def test_a_column_that_is_missing_is_named_with_those_that_are_there(recorder: Recorder, make: Any):
    chart = make(table(x=[1], height=[3]))
    with pytest.warns(RuntimeWarning, match=r"'k'.* column 'y', which the table does not have; .* are 'x', 'heig"):
        record = recorder.record(chart)
    assert "y" in record["fields"].values()


def test_a_chart_needs_a_table():
    with pytest.raises(TypeError, match="'wandb/line/v0' needs a Table, not list"):
        plot.line([[1, 2]], "x", "y")
    with pytest.raises(TypeError, match=r"the field 'x' .* not 1\.5"):
        plot.plot_table("a/b", table(x=[1]), {"x": 1.5})
    with pytest.raises(TypeError, match="preset"):
        plot.plot_table("", table(x=[1]), {"x": "x"})


def test_plot_table_takes_any_preset():
    heights = table(step=[0, 1], height=[1.5, 2.5])
    chart = stepwell.plot_table(
        vega_spec_name="carey/new_chart", data_table=heights, fields={"x": "step", "value": "height"}
    )
    assert (chart.preset, chart.fields, chart.string_fields) == (
        "carey/new_chart", {"x": "step", "value": "height"}, {}
    )  # fmt: skip
    # The example in wandb's own documentation has its title among the fields.
    chart = plot.plot_table("wandb/line/v0", heights, {"x": "step", "y": "height", "title": "MY TITLE"})
    assert (chart.fields, chart.string_fields) == ({"x": "step", "y": "height"}, {"title": "MY TITLE"})
    chart = plot.plot_table("w/l", heights, {"title": "MY TITLE"}, {"title": "Title"}, split_table=True)
    assert (chart.fields, chart.string_fields, chart.split_table) == ({}, {"title": "Title"}, True)
    assert stepwell.visualize("a/b", heights).fields == {"step": "step", "height": "height"}


def test_line_series_pairs_x_and_y():
    chart = plot.line_series([0, 1, 2], [[1, 2, 3], np.array([4.0, 5.0, 6.0])], keys=["a", "b"], title="T", xname="e")
    assert chart.table.columns == ["step", "lineKey", "lineVal"]
    expected = [[0, "a", 1], [1, "a", 2], [2, "a", 3], [0, "b", 4.0], [1, "b", 5.0], [2, "b", 6.0]]
    assert chart.table.data == expected
    assert chart.string_fields == {"title": "T", "xname": "e"}
    own = plot.line_series([[0, 1], range(3)], [[1, 2], [3, 4, 5]])
    assert own.table.data == [[0, "line_0", 1], [1, "line_0", 2], [0, "line_1", 3], [1, "line_1", 4], [2, "line_1", 5]]
    arrays = plot.line_series(np.arange(4).reshape(2, 2), np.ones((2, 2)))
    assert arrays.table.data == [[0, "line_0", 1.0], [1, "line_0", 1.0], [2, "line_1", 1.0], [3, "line_1", 1.0]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([[0, 1]], [[1, 2], [3, 4]]), "1 sequences of x values and 2 of y values"),
        (([0, 1], [[1, 2]], ["a", "b"]), "2 keys and 1 lines"),
    ],
)
def test_line_series_names_the_lengths_that_do_not_match(arguments: tuple[Any, ...], said: str):
    with pytest.raises(ValueError, match=said):
        plot.line_series(*arguments)


def test_a_line_that_lacks_x_values_ends_with_them(recorder: Recorder):
    chart = plot.line_series([0, 1], [[1, 2, 3], [4, 5]])
    assert chart.table.data == [[0, "line_0", 1], [1, "line_0", 2], [0, "line_1", 4], [1, "line_1", 5]]
    with pytest.warns(RuntimeWarning, match=r"'k' has a line 'line_0' .* 2 x values and 3 y values"):
        recorder.record(chart)


def random_scores(seed: int, classes: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(classes * 3, 300))
    truth = np.concatenate([np.arange(classes), generator.integers(0, classes, count)])
    scores = generator.random((len(truth), classes)) + np.eye(classes)[truth] * generator.random()
    return truth, scores.round(1) if ties else scores


@pytest.mark.parametrize("seed", range(20))
def test_roc_points_are_those_of_scikit_learn(seed: int):
    truth, scores = random_scores(seed, classes=2 + seed % 3, ties=seed % 2 == 0)
    chart = plot.roc_curve(truth, scores)
    assert chart.preset == "wandb/area-under-curve/v0"
    assert chart.fields == {"x": "fpr", "y": "tpr", "class": "class"}
    assert chart.table.columns == ["class", "fpr", "tpr"]
    points = by_class(chart)
    assert list(points) == np.unique(truth).tolist()
    for each, found in points.items():
        fpr, tpr, _ = metrics.roc_curve(truth, scores[:, each], pos_label=each)
        assert found == np.column_stack([fpr, tpr]).round(3).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_precision_is_the_best_at_a_recall_or_above_it(seed: int):
    truth, scores = random_scores(seed, classes=2 + seed % 3, ties=seed % 2 == 0)
    chart = plot.pr_curve(truth, scores)
    assert chart.table.columns == ["class", "precision", "recall"]
    assert chart.fields == {"x": "recall", "y": "precision", "class": "class"}
    recalls = np.linspace(0, 1, 21)[::-1]
    for each, found in by_class(chart).items():
        precision, recall, _ = metrics.precision_recall_curve(truth, scores[:, each], pos_label=each)
        best = [precision[recall >= wanted].max() for wanted in recalls]
        assert found == np.column_stack([best, recalls]).round(3).tolist()


def test_a_curve_per_class_by_name():
    truth = [0, 1, 2, 1, 0, 2]
    scores = np.eye(3)[truth]
    names = ["cat", "dog", "bird"]
    assert list(by_class(plot.roc_curve(truth, scores, names))) == names
    assert list(by_class(plot.pr_curve(truth, scores, labels=names, classes_to_plot=[2, 0]))) == ["cat", "bird"]
    assert list(by_class(plot.roc_curve(truth, scores, classes_to_plot=[1]))) == [1]
    assert len(plot.pr_curve(truth, scores, interp_size=5).table.data) == 15


def test_texts_are_classes_and_labels_say_their_columns():
    truth = ["dog", "cat", "dog", "cat"]
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])
    by_label = by_class(plot.roc_curve(truth, scores, labels=["dog", "cat"]))
    assert by_label["dog"] == by_label["cat"] == [[0.0, 0.0], [0.0, 0.5], [0.0, 1.0], [1.0, 1.0]]
    assert list(by_class(plot.roc_curve(truth, scores[:, ::-1]))) == ["cat", "dog"]


def test_one_score_per_example_is_that_of_the_higher_class():
    truth, scores = [0, 1, 1, 0, 1], [0.1, 0.8, 0.9, 0.85, 0.7]
    fpr, tpr, _ = metrics.roc_curve(truth, scores)
    for given in (scores, np.array(scores)[:, None]):
        assert by_class(plot.roc_curve(truth, given)) == {1: np.column_stack([fpr, tpr]).round(3).tolist()}
    assert list(by_class(plot.pr_curve([False, True], [0.1, 0.9]))) == [True]
    with pytest.raises(ValueError, match="one score per example tells two classes apart, and there are 3"):
        plot.roc_curve([0, 1, 2], [0.1, 0.2, 0.3])


def test_a_class_without_examples_has_no_curve_and_shifts_no_column():
    truth = [0, 2, 0, 2]
    scores = np.array([[0.9, 0.0, 0.1], [0.2, 0.0, 0.8], [0.7, 0.0, 0.3], [0.1, 0.0, 0.9]])
    points = by_class(plot.roc_curve(truth, scores, labels=["a", "b", "c"]))
    assert list(points) == ["a", "c"]
    assert points["c"] == [[0.0, 0.0], [0.0, 0.5], [0.0, 1.0], [1.0, 1.0]]
    alone = by_class(plot.roc_curve([1, 1], [[0.5, 0.5], [0.4, 0.6]]))
    assert all(math.isnan(fpr) for fpr, _ in alone[1])


def test_a_long_curve_keeps_every_point_that_can_be_told_apart():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 200_000)
    scores = generator.random(200_000) + truth / 4
    points = by_class(plot.roc_curve(truth, scores))[1]
    fpr, tpr, _ = metrics.roc_curve(truth, scores)
    all_points = np.column_stack([fpr, tpr]).round(3).tolist()
    assert len(points) < 3000 < len(all_points)
    assert points == [point for index, point in enumerate(all_points) if index == 0 or point != all_points[index - 1]]


@pytest.mark.parametrize("curve", [plot.pr_curve, plot.roc_curve])
@pytest.mark.parametrize(
    ("truth", "scores", "labels", "error", "said"),
    [
        ([0, 1, 1], [[0.5, 0.5]], None, ValueError, "3 true classes and 1 predictions"),
        ([0, 1, 2], np.ones((3, 2)), None, ValueError, "3 true classes and 2 columns of scores"),
        ([[0, 1], [1, 0]], np.ones((2, 2)), None, ValueError, "one per example"),
        ([0, 1], np.ones((2, 2, 2)), None, ValueError, "examples × classes"),
        (["a", "b"], [["x", "y"], ["x", "y"]], None, TypeError, "expected real numbers"),
        (None, [[1.0]], None, TypeError, "needs the true classes"),
    ],
)
def test_a_curve_says_what_is_wrong(curve: Any, truth: Any, scores: Any, labels: Any, error: Any, said: str):
    with pytest.raises(error, match=said):
        curve(truth, scores, labels)


@pytest.mark.parametrize("curve", [plot.pr_curve, plot.roc_curve])
def test_a_curve_is_made_of_the_examples_that_have_scores(recorder: Recorder, curve: Any):
    truth, scores = [0, 1, 1, 0, 1], np.array([0.1, 0.8, np.nan, 0.85, np.inf])
    chart = curve(truth, scores)
    assert chart.table.data == curve([0, 1, 0, 1], [0.1, 0.8, 0.85, np.inf]).table.data
    with pytest.warns(RuntimeWarning, match="'k'.*NaN; 1 examples are left out"):
        recorder.record(chart)
    for none in (curve([], []), curve([0, 1], [np.nan, np.nan])):
        assert none.table.data == []
        assert ("has a chart of no examples", "it is empty") in none.remarks


@pytest.mark.parametrize("curve", [plot.pr_curve, plot.roc_curve])
def test_a_class_without_a_name_is_called_by_its_number(recorder: Recorder, curve: Any):
    chart = curve([0, 2, 0, 2], np.eye(3)[[0, 2, 2, 0]], labels=["a", "b"])
    assert list(by_class(chart)) == ["a", "2"]
    with pytest.warns(RuntimeWarning, match="'k'.*class 2, which has no name; there are 2 names"):
        recorder.record(chart)


def test_a_class_without_a_name_has_a_row_of_its_own(recorder: Recorder):
    chart = plot.confusion_matrix(preds=[0, 2, -1], y_true=[0, 1, 2], class_names=["a", "b"])
    assert [row[1] for row in chart.table.data[:4]] == ["a", "b", "-1", "2"]
    assert [row for row in chart.table.data if row[2]] == [["a", "a", 1], ["b", "2", 1], ["2", "-1", 1]]
    with pytest.warns(RuntimeWarning, match="'k' has classes without a name, -1"):
        recorder.record(chart)


def counts(chart: Chart) -> list[list[int]]:
    """Return the matrix of a confusion matrix."""
    size = math.isqrt(len(chart.table.data))
    return np.array([row[2] for row in chart.table.data]).reshape(size, size).tolist()


def test_the_confusion_matrix_is_that_of_scikit_learn_in_both_orders():
    generator = np.random.default_rng(1)
    truth, predicted = generator.integers(0, 4, (2, 100)).tolist()
    scores = np.eye(4)[predicted]
    names = ["a", "b", "c", "d"]
    expected = metrics.confusion_matrix(truth, predicted).tolist()
    for chart in (
        plot.confusion_matrix(predicted, truth, names),
        plot.confusion_matrix(scores, truth, names),
        plot.confusion_matrix(scores.tolist(), truth, class_names=names),
        plot.confusion_matrix(probs=scores, y_true=np.array(truth), class_names=names),
        plot.confusion_matrix(preds=predicted, y_true=truth, class_names=names),
        plot.confusion_matrix(None, truth, predicted, names),
        plot.confusion_matrix([names[each] for each in predicted], [names[each] for each in truth], names),
    ):
        assert counts(chart) == expected
        assert chart.table.columns == ["Actual", "Predicted", "nPredictions"]
        assert [row[0] for row in chart.table.data[::4]] == names
        assert [row[1] for row in chart.table.data[:4]] == names
    assert chart.preset == "wandb/confusion_matrix/v1"
    assert chart.fields == {name: name for name in chart.table.columns}


def test_classes_without_names_are_numbered():
    chart = plot.confusion_matrix(preds=[3, 5], y_true=[3, 3])
    assert chart.table.data == [
        ["Class_1", "Class_1", 1], ["Class_1", "Class_2", 1], ["Class_2", "Class_1", 0], ["Class_2", "Class_2", 0]
    ]  # fmt: skip
    assert len(plot.confusion_matrix(probs=[[1.0, 0.0, 0.0]], y_true=[1]).table.data) == 9
    assert {row[0] for row in plot.confusion_matrix(preds=["b"], y_true=["a"]).table.data} == {"a", "b"}


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (([1, 2], [1]), ValueError, "2 predictions and 1 true classes"),
        (([[0.5, 0.5]], [0], [1]), ValueError, "either probs or preds"),
        ((), TypeError, "needs predictions and the true classes"),
        (([0],), TypeError, "needs predictions and the true classes"),
    ],
)
def test_a_confusion_matrix_says_what_is_wrong(arguments: tuple[Any, ...], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        plot.confusion_matrix(*arguments)


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_a_specification_is_filled_as_the_dashboard_fills_it(case: dict[str, Any]):
    assert plot.fill(case["spec"], case["chart"], case["rows"]) == case["filled"]
    assert plot.fill(json.dumps(case["spec"]), case["chart"], iter(case["rows"])) == case["filled"]


def test_a_specification_is_filled_with_a_chart():
    cells = Table(
        columns=["x", 2],
        data=[[1, np.float32(0.5)], [2, math.nan], [3, stepwell.Histogram([1])], [4, np.datetime64("2020-01-01")]],
        allow_mixed_types=True,
    )
    spec = {"mark": "line", "encoding": {"x": {"field": "${field:x}"}, "y": {"field": "${field:y}"}}}
    filled = plot.fill(spec, plot.line(cells, "x", 2))
    assert filled["encoding"] == {"x": {"field": "x"}, "y": {"field": "2"}}
    rows = filled["datasets"]["wandb"]
    assert rows[:3] == [{"x": 1, "2": 0.5}, {"x": 2, "2": None}, {"x": 3, "2": None}]
    json.dumps(filled, allow_nan=False)
    assert "datasets" not in spec
    with pytest.raises(TypeError, match="rows"):
        plot.fill(spec, {"fields": {}})
    with pytest.raises(TypeError, match="list"):
        plot.fill("[]", plot.line(cells, "x", 2))
