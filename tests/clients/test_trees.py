"""XGBoost and LightGBM with wandb's callbacks."""

import json

import pytest

from tests.clients.training import SCRIPTS, Environment, Training

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def xgboost(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return clients.train(tmp_path_factory.mktemp("xgboost"), SCRIPTS / "xgboost_trees.py", "truth")


@pytest.fixture(scope="module")
def lightgbm(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return clients.train(tmp_path_factory.mktemp("lightgbm"), SCRIPTS / "lightgbm_trees.py", "truth")


def test_xgboost_logs_every_evaluation_exactly(xgboost: Training) -> None:
    results = xgboost.json()["results"]
    assert xgboost.column("xgboost/trees", "epoch") == list(range(12))
    for data, metrics in results.items():
        for metric, values in metrics.items():
            assert xgboost.column("xgboost/trees", f"{data}-{metric}") == values


def test_xgboost_logs_parameters_best_values_and_the_importance_of_features(xgboost: Training) -> None:
    truth = xgboost.json()
    run = xgboost.api.run("xgboost/trees")
    assert run.config["max_depth"] == 3
    assert run.config["learner"]["gradient_booster"]["name"] == "gbtree"
    assert run.summary["best_iteration"] == truth["best_iteration"]
    assert run.summary["best_score"] == truth["best_score"]
    assert xgboost.api.run("xgboost/trees").summary["test-rmse"] == {"min": min(truth["results"]["test"]["rmse"])}
    (chart,) = xgboost.column("xgboost/trees", "Feature Importance")
    table = json.loads(xgboost.file("xgboost/trees", chart["table"]["path"]))
    assert chart["preset"] == "wandb/bar/v0"
    assert dict(table["data"]) == truth["gain"]
    model = json.loads(xgboost.file("xgboost/trees", "artifacts/trees_model.json/trees_model.json"))
    assert model["learner"]["learner_model_param"] == truth["model"]["learner"]["learner_model_param"]


def test_lightgbm_logs_every_evaluation_exactly(lightgbm: Training) -> None:
    results = lightgbm.json()["results"]
    assert lightgbm.column("lightgbm/trees", "iteration") == list(range(10))
    for data, metrics in results.items():
        for metric, values in metrics.items():
            assert lightgbm.column("lightgbm/trees", f"{data}_{metric}") == values
    run = lightgbm.api.run("lightgbm/trees")
    assert run.config["num_leaves"] == 7
    assert run.summary["test_auc"] == {"max": max(results["test"]["auc"])}


def test_lightgbm_logs_the_folds_of_a_cross_validation(lightgbm: Training) -> None:
    folds = lightgbm.json()["folds"]
    for name, values in folds.items():
        data, _, rest = name.partition(" ")
        assert lightgbm.column("lightgbm/folds", f"{data}_{rest}") == pytest.approx(values, rel=1e-12), name


def test_lightgbm_logs_a_summary_of_the_model(lightgbm: Training) -> None:
    (chart,) = lightgbm.column("lightgbm/trees", "Feature Importance")
    table = json.loads(lightgbm.file("lightgbm/trees", chart["table"]["path"]))
    assert table["data"] == [[name, score] for name, score in zip("abc", lightgbm.json()["importance"], strict=True)]
    best = lightgbm.api.run("lightgbm/trees").summary["best_iteration"]
    assert lightgbm.file("lightgbm/trees", f"artifacts/model_trees/model_ckpt_{best}.txt").startswith(b"tree\n")
