"""The confusion matrix: how often which class was predicted as which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stepwell.plot.chart import Chart

if TYPE_CHECKING:
    import numpy.typing as npt


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[str] | None = None,
    title: str | None = "Confusion Matrix Curve",
    split_table: bool = False,
) -> Chart:
    """Count how often which class was predicted as which.

    Both orders of arguments work: `confusion_matrix(predictions, ground_truth, class_names)`, and the names
    below.

    Parameters
    ----------
    probs
        Predicted scores, n × classes, of which the highest one counts; or, as the first argument, n predicted
        classes.
    y_true
        True classes of n examples.
    preds
        Predicted classes, instead of `probs`.
    class_names
        Names of all classes: classes are indices of them, or the names themselves; others are named by their
        text, with a warning when the chart is logged. By default all classes that occur (with `probs`: all
        columns), named by their text or `Class_1`, `Class_2`, …
    title
        Title of the chart.
    split_table
        Show the table in a section of its own.

    Returns
    -------
    Chart
        Its table has the columns Actual, Predicted and nPredictions, a row for each pair of classes.

    Raises
    ------
    ValueError
        If there are not as many predictions as true classes; it names both numbers.
    TypeError
        If one of the two is missing.
    """
    import numpy

    from stepwell.media.table import Table

    if probs is not None and preds is not None and class_names is None and _are_names(preds):
        class_names, preds = list(preds), None
    if probs is not None and preds is not None:
        raise ValueError("confusion_matrix takes either probs or preds, not both")
    predictions = probs if preds is None else preds
    if predictions is None or y_true is None:
        raise TypeError("confusion_matrix needs predictions and the true classes")
    predicted, truth = _array(predictions), _array(y_true).reshape(-1)
    columns = predicted.shape[1] if predicted.ndim == 2 and predicted.shape[1] > 1 else None
    predicted = predicted.reshape(-1) if columns is None else predicted.argmax(axis=1)
    if len(predicted) != len(truth):
        raise ValueError(
            f"confusion_matrix: there are {len(predicted)} predictions and {len(truth)} true classes; expected as many"
        )
    found = set(predicted.tolist()) | set(truth.tolist())
    if class_names is not None:
        names = list(map(str, class_names))
        places: dict[Any, int] = {name: place for place, name in enumerate(names)}
        places.update((place, place) for place in range(len(names)))
    else:
        classes = sorted(found if columns is None else found | set(range(columns)))
        names = [each if isinstance(each, str) else f"Class_{place + 1}" for place, each in enumerate(classes)]
        places = {each: place for place, each in enumerate(classes)}
    unknown = sorted(found - places.keys(), key=str)
    places.update((each, len(names) + place) for place, each in enumerate(unknown))
    names += map(str, unknown)
    counts = numpy.zeros((len(names), len(names)), dtype=int)
    numpy.add.at(counts, ([places[each] for each in truth.tolist()], [places[each] for each in predicted.tolist()]), 1)
    rows = [[one, other, int(counts[i, j])] for i, one in enumerate(names) for j, other in enumerate(names)]
    fields = {name: name for name in ("Actual", "Predicted", "nPredictions")}
    table = Table(columns=list(fields), data=rows)
    chart = Chart(table, "wandb/confusion_matrix/v1", fields, {"title": title}, split_table)
    if unknown:
        chart.remarks.append((f"has classes without a name, {unknown[0]!r} for one", "they are called by their text"))
    return chart


def _are_names(values: Any) -> bool:
    return not hasattr(values, "shape") and len(values) > 0 and all(isinstance(value, str) for value in values)


def _array(values: Any) -> npt.NDArray[Any]:
    import numpy

    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return numpy.asarray(values)
