"""Checks of the examples about charts, presets, matplotlib and Plotly."""

import json
from collections import Counter
from typing import Any

import numpy as np

from tests.docs_examples.logged import Logged, LoggedRun


def table_of(run: LoggedRun, chart: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Return columns and rows of a chart's table."""
    assert chart["_type"] == "chart"
    table = run.json(chart["table"])
    return table["columns"], table["data"]


def check_plots(logged: Logged) -> None:
    run = logged.of("plots")
    (line,) = run.values("my_custom_plot_id")
    assert (line["preset"], line["fields"]) == ("wandb/line/v0", {"x": "x", "y": "y"})
    assert line["string_fields"]["title"] == "Custom Y vs X Line Plot"
    assert table_of(run, line) == (["x", "y"], [[0, 1.5], [1, 0.5], [2, 2.5], [3, 1.0]])

    (scatter,) = run.values("my_custom_id")
    assert (scatter["preset"], scatter["fields"]) == ("wandb/scatter/v0", {"x": "class_x", "y": "class_y"})
    assert table_of(run, scatter)[1] == [[0.1, 0.3], [0.6, 0.2], [0.9, 0.8]]

    (bar,) = run.values("my_bar_chart_id")
    assert (bar["preset"], bar["fields"]) == ("wandb/bar/v0", {"label": "label", "value": "value"})
    assert table_of(run, bar)[1] == [["cat", 3], ["dog", 5], ["bird", 2]]

    (histogram,) = run.values("my_histogram")
    assert (histogram["preset"], histogram["fields"]) == ("wandb/histogram/v0", {"value": "scores"})
    assert table_of(run, histogram)[1] == [[0.1], [0.15], [0.5], [0.52], [0.9]]

    arrays = logged.arrays("scores.npz")
    check_pr(run, arrays["truth"], arrays["predictions"])
    check_roc(run, arrays["truth"], arrays["predictions"])
    check_confusion(run)
    (series,) = run.values("series")
    assert series["preset"] == "wandb/lineseries/v0"
    columns, rows = table_of(run, series)
    drawn = {(row[columns.index("step")], row[columns.index("lineKey")], row[columns.index("lineVal")]) for row in rows}
    assert drawn == {(0, "up", 1), (1, "up", 2), (2, "up", 3), (0, "down", 3), (1, "down", 2), (2, "down", 1)}


def check_pr(run: LoggedRun, truth: np.ndarray, predictions: np.ndarray) -> None:
    from sklearn.metrics import precision_recall_curve

    (chart,) = run.values("pr")
    assert chart["preset"] == "wandb/area-under-curve/v0"
    columns, rows = table_of(run, chart)
    assert columns == ["class", "precision", "recall"]
    for label in (0, 1, 2):
        curve = [(recall, precision) for name, precision, recall in rows if str(name) == str(label)]
        assert sorted(recall for recall, _ in curve) == [round(point / 20, 3) for point in range(21)]
        precisions, recalls, _ = precision_recall_curve(truth == label, predictions[:, label])
        for recall, precision in curve:
            best = precisions[recalls >= recall - 1e-9].max()
            assert abs(precision - best) < 6e-4, (label, recall)


def check_roc(run: LoggedRun, truth: np.ndarray, predictions: np.ndarray) -> None:
    from sklearn.metrics import roc_curve

    every, chosen = run.values("roc")
    names = {"0": 0, "1": 1, "2": 2, "chat": 0, "chien": 1, "oiseau": 2}
    for chart, expected in ((every, {0, 1, 2}), (chosen, {0, 2})):
        columns, rows = table_of(run, chart)
        assert columns == ["class", "fpr", "tpr"]
        assert {names[str(name)] for name, _, _ in rows} == expected
        for label in expected:
            found = [(fpr, tpr) for name, fpr, tpr in rows if names[str(name)] == label]
            fpr, tpr, _ = roc_curve(truth == label, predictions[:, label])
            assert found == [(round(x, 3), round(y, 3)) for x, y in zip(fpr.tolist(), tpr.tolist(), strict=True)]
    assert {row[0] for row in table_of(run, chosen)[1]} == {"chat", "oiseau"}


def check_confusion(run: LoggedRun) -> None:
    (chart,) = run.values("conf_mat")
    assert chart["preset"] == "wandb/confusion_matrix/v1"
    columns, rows = table_of(run, chart)
    assert columns == ["Actual", "Predicted", "nPredictions"]
    predictions, truth, names = [0, 1, 2, 2, 0, 1], [0, 1, 2, 1, 0, 0], ["cat", "dog", "bird"]
    expected = Counter((names[actual], names[predicted]) for predicted, actual in zip(predictions, truth, strict=True))
    assert len(rows) == 9
    assert {(actual, predicted): count for actual, predicted, count in rows if count} == expected


def check_presets(logged: Logged) -> None:
    run = logged.of("presets")
    (chart,) = run.values("custom")
    assert (chart["preset"], chart["fields"]) == ("carey/new_chart", {"x": "step", "value": "height"})
    assert table_of(run, chart) == (["step", "height"], [[step, step**0.5] for step in range(5)])


def check_matplotlib_figures(logged: Logged) -> None:
    run = logged.of("matplotlib")
    (chart,) = run.values("chart")
    assert chart["_type"] == "plotly-file"
    figure = run.json(chart)
    assert decoded(figure["data"][0]["y"]) == [1, 2, 3, 4]
    assert "some interesting numbers" in json.dumps(figure["layout"]["yaxis"])
    assert run.values("figure")[0]["_type"] == "plotly-file"
    (picture,) = run.values("picture")
    assert picture["_type"] == "image-file"
    assert (picture["width"], picture["height"]) == (200, 100)
    assert len(np.unique(run.pixels(picture))) > 2


def check_plotly_figures(logged: Logged) -> None:
    run = logged.of("plotly")
    for key in ("figure", "wrapped"):
        (record,) = run.values(key)
        assert record["_type"] == "plotly-file"
        (trace,) = run.json(record)["data"]
        assert (decoded(trace["x"]), decoded(trace["y"]), trace["name"]) == ([1, 2, 3], [3.5, 1.5, 2.5], "line")


def decoded(values: Any) -> list[Any]:
    """Return the numbers of a list or of Plotly's typed array."""
    if isinstance(values, dict):
        import base64

        found: list[Any] = np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"])).tolist()
        return found
    return list(values)
