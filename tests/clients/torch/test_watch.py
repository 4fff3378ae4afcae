"""`watch` on real models of torch: each histogram equals numpy's of the same tensor."""

from pathlib import Path

import pytest

from tests.clients.training import Environment

SCRIPT = Path(__file__).parent / "scripts" / "watch_models.py"


def test_watched_models_are_logged_as_histograms(each_torch: Environment, tmp_path: Path):
    training = each_torch.train(tmp_path, SCRIPT)
    truth = training.pickle()
    rows = {row["_step"]: row for row in training.api.run("watch/models").scan_history()}
    logged = {
        step: {key: value for key, value in row.items() if key.startswith(("gradients/", "parameters/"))}
        for step, row in rows.items()
    }
    assert {step: row.keys() for step, row in logged.items() if row} == {
        step: row.keys() for step, row in truth.items()
    }
    assert len(truth[2]) == 2 * 3 + 1
    for step, row in truth.items():
        for key, (counts, edges) in row.items():
            assert logged[step][key]["values"] == counts, (step, key)
            assert logged[step][key]["bins"] == pytest.approx(edges, rel=1e-5, abs=1e-6), (step, key)


def test_what_cannot_be_logged_of_a_model_does_not_end_its_training(each_torch: Environment, tmp_path: Path):
    training = each_torch.train(tmp_path, SCRIPT.with_name("watch_any_model.py"))
    rows = list(training.api.run("watch/any").scan_history())
    assert [row["loss"] for row in rows] == [1.0, 1.0, 1.0, 2.0]
    names = {"line.weight", "line.bias", "turn", "scale", "nan", "short"}
    for row in rows[:3]:
        assert {key for key in row if key.startswith("parameters/")} == {f"parameters/{name}" for name in names}
        assert {key for key in row if key.startswith("gradients/")} == {f"gradients/{name}" for name in names}
    turn = rows[0]["parameters/turn"]
    assert (turn["bins"][0], turn["bins"][-1], sum(turn["values"])) == (0.0, 5.0, 4), "magnitudes"
    assert "gradients/graph_1weight" in rows[3]
    told = [line for line in training.output.splitlines() if "is not logged by watch" in line]
    assert [line.split("'")[1] for line in told] == [
        "parameters/void",
        "parameters/graph_1*",
        "parameters/graph_2weight",
    ], "one for each reason"


def test_strict_makes_an_error_of_what_cannot_be_logged(each_torch: Environment, tmp_path: Path):
    script = tmp_path / "strict.py"
    script.write_text(
        "import torch, wandb\n"
        "run = wandb.init(project='watch', settings={'strict': True})\n"
        "try:\n"
        "    run.watch(torch.jit.script(torch.nn.Linear(4, 1)), log='all')\n"
        "except ValueError as error:\n"
        "    print('refused', error)\n"
        "run.finish()\n"
    )
    assert "refused 'parameters/*' is not logged by watch" in each_torch.train(tmp_path, script).output
