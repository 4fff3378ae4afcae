"""True classes and predicted scores, one column of scores per class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class ScoredClass:
    """One class of a classification.

    Attributes
    ----------
    label
        Its name.
    is_true
        Whether an example belongs to it: n bools.
    scores
        How strongly the examples are predicted to: n floats.
    """

    label: Any
    is_true: npt.NDArray[Any]
    scores: npt.NDArray[Any]


def scored_classes(
    chart: str,
    y_true: Any,
    y_probas: Any,
    labels: Sequence[str] | None,
    classes_to_plot: Sequence[Any] | None,
    remarks: list[tuple[str, str]],
) -> Iterator[ScoredClass]:
    """Yield the classes that are to be plotted, in rising order.

    Parameters
    ----------
    chart
        Named in errors.
    y_true
        True classes of n examples: integers, bools or texts.
    y_probas
        Scores: n × classes; or n of the higher one of two classes. Examples with NaN are left out.
    labels
        Names of the classes 0, 1, 2, …; of classes that are texts, the order of the columns. A class without
        a name is called by its number.
    classes_to_plot
        Which of them; all by default.
    remarks
        Takes what is done about examples and classes that lack something.

    Raises
    ------
    ValueError
        If lengths or numbers of classes do not match; it names both.
    TypeError
        If one of the two is missing.
    """
    import numpy

    from stepwell.media.encoding.arrays import to_array

    if y_true is None or y_probas is None:
        raise TypeError(f"{chart} needs the true classes and the predicted scores")
    truth = _classes(chart, y_true)
    scores = to_array("the predicted scores", y_probas).astype(float, copy=False)
    if len(truth) != len(scores):
        raise ValueError(
            f"{chart}: there are {len(truth)} true classes and {len(scores)} predictions; expected as many"
        )
    known = ~numpy.isnan(scores).any(axis=tuple(range(1, scores.ndim)))
    if not known.all():
        remarks.append(("has a chart of scores that are NaN", f"{len(truth) - known.sum()} examples are left out"))
    if not known.any():
        remarks.append(("has a chart of no examples", "it is empty"))
        return
    truth, scores = truth[known], numpy.nan_to_num(scores[known])  # infinities have a place
    classes = numpy.unique(truth).tolist()
    columns = _columns(chart, classes, scores, labels)
    wanted = classes if classes_to_plot is None else list(classes_to_plot)
    for each in classes:
        if each in wanted and each in columns:
            yield ScoredClass(_label(each, labels, remarks), truth == each, columns[each])


def _classes(chart: str, y_true: Any) -> npt.NDArray[Any]:
    import numpy

    if hasattr(y_true, "detach"):
        y_true = y_true.detach().cpu()
    truth = numpy.asarray(y_true)
    if truth.ndim == 2 and 1 in truth.shape:
        truth = truth.reshape(-1)
    if truth.ndim != 1:
        raise ValueError(f"{chart}: the true classes must be one per example, not an array of shape {truth.shape}")
    return truth


def _columns(
    chart: str, classes: list[Any], scores: npt.NDArray[Any], labels: Sequence[str] | None
) -> dict[Any, npt.NDArray[Any]]:
    """Return the scores of each class."""
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim == 1:
        if len(classes) > 2:
            raise ValueError(
                f"{chart}: one score per example tells two classes apart, and there are {len(classes)}; "
                "pass one column of scores per class"
            )
        return {classes[-1]: scores}
    if scores.ndim != 2:
        raise ValueError(f"{chart}: the scores must be examples × classes, not an array of shape {scores.shape}")
    count = scores.shape[1]
    if all(isinstance(each, str) for each in classes) and labels is not None and set(classes) <= set(labels):
        places = [list(labels).index(each) for each in classes]
    elif len(classes) == count:
        places = list(range(count))
    elif all(isinstance(each, int) and 0 <= each < count for each in classes):
        places = [int(each) for each in classes]  # some classes have no example
    else:
        places = [count]
    if max(places) >= count:
        raise ValueError(f"{chart}: there are {len(classes)} true classes and {count} columns of scores")
    return {each: scores[:, place] for each, place in zip(classes, places, strict=True)}


def _label(each: Any, labels: Sequence[str] | None, remarks: list[tuple[str, str]]) -> Any:
    if labels is None or not isinstance(each, int):
        return each
    if not 0 <= each < len(labels):
        remarks.append((f"has a chart of the class {each}, which has no name", f"there are {len(labels)} names"))
        return str(each)
    return labels[each]
