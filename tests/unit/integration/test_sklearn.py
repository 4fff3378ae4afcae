"""Charts of classifiers, with the functions and keys of `wandb.sklearn`."""

from pathlib import Path

import pytest

import stepwell
from stepwell import Api

TRUE, PREDICTED = [0, 1, 1, 0], [0, 1, 0, 0]
PROBABILITIES = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]]


class Model:
    coef_ = ((0.5, -1.0, 2.0),)


def test_a_classifier_has_its_charts(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        names = ["cat", "dog"], False, "Forest", ["a", "b", "c"]
        stepwell.sklearn.plot_classifier(Model(), None, None, None, TRUE, PREDICTED, PROBABILITIES, *names)
        stepwell.sklearn.plot_feature_importances(object())
        assert run.step == 4
    said = capsys.readouterr().err
    assert "Forest: summary metrics" in said
    assert "feature_importances: the model has no list" in said
    charts = ("feature_importances", "confusion_matrix", "roc", "precision_recall")
    read = Api(tmp_path).run("p/r")
    logged = {key for row in read.scan_history() for key in row if not key.startswith("_")}
    assert all(any(key.startswith(chart) for key in logged) for chart in charts), logged


def test_without_a_run_it_says_so():
    with pytest.raises(stepwell.Error, match=r"before stepwell\.sklearn: roc"):
        stepwell.sklearn.plot_roc(TRUE, PROBABILITIES)
