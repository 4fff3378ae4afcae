"""Scripts in the styles of nanoGPT and CleanRL."""

from pathlib import Path

import pytest

from tests.clients.training import SCRIPTS, Environment

pytestmark = pytest.mark.clients


def test_a_script_like_nanogpt_runs_as_it_is(clients: Environment, work: Path) -> None:
    training = clients.train(work, SCRIPTS / "nanogpt_style.py", "truth")
    truth = training.pickle()
    (run,) = training.api.runs("owt")
    assert training.rows(f"owt/{run.id}") == truth["rows"]
    assert run.config == truth["config"]
    assert run.name == truth["config"]["wandb_run_name"]
    assert "step 20: train loss" in training.output


def test_a_script_like_cleanrl_has_its_tensorboard_mirrored(clients: Environment, work: Path) -> None:
    training = clients.train(work, SCRIPTS / "cleanrl_style.py", "--seed", "3", "--truth", "truth")
    (run,) = training.api.runs("cleanRL")
    rows = training.rows(f"cleanRL/{run.id}", "charts/episodic_return", "losses/value_loss", "global_step")
    found = [(row["global_step"], row["charts/episodic_return"], row["losses/value_loss"]) for row in rows[1:]]
    assert found == training.pickle()
    assert run.config["seed"] == 3
    assert run.name.startswith("TwoArmedBandit-v0__cleanrl_style__3__")
    assert "|env_id|TwoArmedBandit-v0|" in run.summary["hyperparameters/text_summary"]
    histograms = training.column(f"cleanRL/{run.id}", "values")
    assert [sum(each["values"]) for each in histograms] == [200, 200, 200]
    assert "code/cleanrl_style.py" in {file.name for file in run.files()}
