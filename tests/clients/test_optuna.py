"""optuna-integration's callback: a search as one run, and as a run for each trial."""

import pytest

from tests.clients.training import SCRIPTS, Environment, Training

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def training(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return clients.train(tmp_path_factory.mktemp("optuna"), SCRIPTS / "optuna_search.py", "truth")


def test_a_search_is_one_run_with_a_row_for_each_trial(training: Training) -> None:
    expected = [{**trial["params"], "loss": trial["value"]} for trial in training.json()["one"]]
    assert training.rows("search/one") == expected
    assert training.api.run("search/one").config["direction"] == ["MINIMIZE"]


def test_each_trial_can_be_a_run(training: Training) -> None:
    runs = {run.name.split("/")[1]: run for run in training.api.runs("trials")}
    assert sorted(runs) == ["0", "1", "2"]
    for number, trial in enumerate(training.json()["many"]):
        run = runs[str(number)]
        assert {key: run.config[key] for key in trial["params"]} == trial["params"]
        assert run.summary["loss"] == trial["value"]
        inner = [row["inner"] for row in run.scan_history(keys=["inner"])]
        assert inner == [trial["value"] / (step + 1) for step in range(3)]
