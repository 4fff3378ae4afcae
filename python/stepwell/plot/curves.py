"""Curves that judge the scores of a classification: precision over recall, and ROC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stepwell.plot.chart import Chart
from stepwell.plot.classification import scored_classes

if TYPE_CHECKING:
    import numpy.typing as npt

# Precision of the stored values: a thousandth is finer than a pixel.
_DIGITS = 3
# Above so many rows, points that rounding made equal to the one before are left out.
_MANY_ROWS = 10_000


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    interp_size: int = 21,
    title: str | None = "Precision-Recall Curve",
    split_table: bool = False,
) -> Chart:
    """Draw precision over recall, a curve per class.

    The precision at a recall is the best one at this recall or a higher one (`interpolated` precision), taken
    at `interp_size` recalls from 1 down to 0.

    Parameters
    ----------
    y_true
        True classes of n examples.
    y_probas
        Predicted scores: n × classes, their columns in the rising order of the classes; or n scores of the
        higher one of two classes. Examples with NaN are left out, with a warning when the chart is logged.
    labels
        Names of the classes 0, 1, 2, …; a class without one is called by its number, with a warning.
    classes_to_plot
        Which classes; by default all that occur in `y_true`.
    interp_size
        How many recalls, evenly from 0 to 1.
    title
        Title of the chart.
    split_table
        Show the table in a section of its own.

    Returns
    -------
    Chart
        Its table has the columns class, precision and recall, rounded to three digits.

    Raises
    ------
    ValueError
        If there are not as many true classes as predictions, or columns as classes.
    """
    import numpy

    recalls = numpy.linspace(0, 1, interp_size)[::-1]
    rows: list[list[Any]] = []
    remarks: list[tuple[str, str]] = []
    for each in scored_classes("pr_curve", y_true, y_probas, labels, classes_to_plot, remarks):
        precision, recall = _precision_recall(each.is_true, each.scores)
        best = numpy.maximum.accumulate(precision)[::-1][numpy.searchsorted(recall[::-1], recalls, side="left")]
        rows += _rows(each.label, best, recalls)
    axes = ("recall", "Recall"), ("precision", "Precision")
    return _chart(rows, *axes, ["precision", "recall"], title, split_table, remarks)


def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    title: str | None = "ROC Curve",
    split_table: bool = False,
) -> Chart:
    """Draw the rate of true positives over that of false positives, a curve per class.

    The points are those of `sklearn.metrics.roc_curve`: those between others of one straight line are left
    out. The parameters and errors are those of `pr_curve`.

    Returns
    -------
    Chart
        Its table has the columns class, fpr and tpr, rounded to three digits. A rate of nothing is NaN.
    """
    rows: list[list[Any]] = []
    remarks: list[tuple[str, str]] = []
    for each in scored_classes("roc_curve", y_true, y_probas, labels, classes_to_plot, remarks):
        rows += _rows(each.label, *_rates(each.is_true, each.scores))
    if len(rows) > _MANY_ROWS:
        rows = [row for index, row in enumerate(rows) if index == 0 or row != rows[index - 1]]
    axes = ("fpr", "False positive rate"), ("tpr", "True positive rate")
    return _chart(rows, *axes, ["fpr", "tpr"], title, split_table, remarks)


def _counts(is_true: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return how many true and false examples have at least each score that occurs, the highest first."""
    import numpy

    order = numpy.argsort(scores, kind="stable")[::-1]
    last_of_score = numpy.append(numpy.nonzero(numpy.diff(scores[order]))[0], len(scores) - 1)
    true = numpy.cumsum(is_true[order])[last_of_score]
    return true, last_of_score + 1 - true


def _precision_recall(is_true: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return both for each threshold, the lowest first, and at the end 1 and 0 for predicting nothing."""
    import numpy

    true, false = _counts(is_true, scores)
    precision, recall = true / (true + false), true / true[-1]
    return numpy.append(precision[::-1], 1.0), numpy.append(recall[::-1], 0.0)


def _rates(is_true: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the rates of false and true positives, from (0, 0) to (1, 1)."""
    import numpy

    true, false = _counts(is_true, scores)
    if len(true) > 2:
        corner = (numpy.diff(false, 2) != 0) | (numpy.diff(true, 2) != 0)
        kept = numpy.concatenate([[True], corner, [True]])
        true, false = true[kept], false[kept]
    true, false = numpy.append(0, true), numpy.append(0, false)
    with numpy.errstate(invalid="ignore"):
        return false / (false[-1] or numpy.nan), true / (true[-1] or numpy.nan)


def _rows(label: Any, *columns: npt.NDArray[Any]) -> list[list[Any]]:
    import numpy

    return [[label, *values] for values in numpy.column_stack(columns).round(_DIGITS).tolist()]


def _chart(
    rows: list[list[Any]],
    x: tuple[str, str],
    y: tuple[str, str],
    columns: list[str],
    title: str | None,
    split_table: bool,
    remarks: list[tuple[str, str]],
) -> Chart:
    from stepwell.media.table import Table

    table = Table(columns=["class", *columns], data=rows, allow_mixed_types=True)
    fields = {"x": x[0], "y": y[0], "class": "class"}
    texts = {"title": title, "x-axis-title": x[1], "y-axis-title": y[1]}
    chart = Chart(table, "wandb/area-under-curve/v0", fields, texts, split_table)
    chart.remarks += remarks
    return chart
