"""Charts of classifiers of scikit-learn, with the functions and the keys of `wandb.sklearn`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stepwell.integration.importance import importance_chart
from stepwell.process import session
from stepwell.process.terminal import termwarn

# Where models keep how much each feature matters.
_IMPORTANCES = ("feature_importances_", "feature_log_prob_", "coef_")


def plot_confusion_matrix(
    y_true: Any = None, y_pred: Any = None, labels: Sequence[str] | None = None, *_: Any, **__: Any
) -> None:
    """Log `confusion_matrix`: how often which class was predicted as which.

    Parameters
    ----------
    y_true, y_pred
        Classes, and what was predicted.
    labels
        Names of the classes.
    """
    from stepwell import plot

    names = None if labels is None else [str(label) for label in labels]
    _log("confusion_matrix", plot.confusion_matrix(y_true=y_true, preds=y_pred, class_names=names))


def plot_roc(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    plot_macro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log `roc`: a curve per class, as `plot.roc_curve` draws it; averages are not drawn."""
    from stepwell import plot

    _log("roc", plot.roc_curve(y_true, y_probas, labels, classes_to_plot))


def plot_precision_recall(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log `precision_recall`: a curve per class, as `plot.pr_curve` draws it; averages are not drawn."""
    from stepwell import plot

    _log("precision_recall", plot.pr_curve(y_true, y_probas, labels, classes_to_plot))


def plot_feature_importances(
    model: Any = None, feature_names: Sequence[str] | None = None, title: str = "", max_num_features: int = 50
) -> None:
    """Log `feature_importances`: a bar for each feature, the greatest first.

    A model that has none, or several for each feature, gets a warning and no chart.

    Parameters
    ----------
    model
        A fitted model.
    feature_names
        Names of the features; by default their numbers.
    title
        Accepted for scripts written for wandb, without effect.
    max_num_features
        How many bars there are.
    """
    import numpy

    found = next((getattr(model, name) for name in _IMPORTANCES if hasattr(model, name)), None)
    values = numpy.squeeze(numpy.asarray([] if found is None else found))
    if values.ndim != 1 or not len(values):
        termwarn("feature_importances: the model has no list of one number for each feature; nothing is logged")
        return
    names = range(len(values)) if feature_names is None else feature_names
    scores = sorted(zip(map(str, names), values.tolist(), strict=False), key=lambda score: -score[1])
    _log("feature_importances", importance_chart(scores[:max_num_features]))


def plot_classifier(
    model: Any,
    X_train: Any,  # noqa: N803  wandb's name
    X_test: Any,  # noqa: N803  wandb's name
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """Log all of the above for a classifier; what else wandb draws of it is left out, which is said."""
    plot_feature_importances(model, feature_names)
    plot_confusion_matrix(y_test, y_pred, labels)
    plot_roc(y_test, y_probas, labels)
    plot_precision_recall(y_test, y_probas, labels)
    termwarn(
        f"{model_name}: summary metrics, class proportions, calibration and learning curves are not drawn", repeat=False
    )


def _log(key: str, chart: Any) -> None:
    session.current(f"sklearn: {key}").log({key: chart})
