"""`watch` on real models of torch: each histogram equals numpy's of the same tensor."""

from pathlib import Path

import pytest

from tests.clients.training import Environment

pytestmark = pytest.mark.torch
SCRIPT = Path(__file__).parent / "scripts" / "watch_models.py"


def test_watched_models_are_logged_as_histograms(torch_clients: Environment, tmp_path: Path):
    training = torch_clients.train(tmp_path, SCRIPT)
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


def test_what_cannot_be_logged_of_a_model_does_not_end_its_training(torch_clients: Environment, tmp_path: Path):
    training = torch_clients.train(tmp_path, SCRIPT.with_name("watch_any_model.py"))
    rows = list(training.api.run("watch/any").scan_history())
    assert [row["loss"] for row in rows] == [1.0, 1.0, 1.0, 2.0]
    names = {"line.weight", "line.bias", "turn", "scale", "nan", "short"}
    for row in rows[:3]:
        assert {key for key in row if key.startswith("parameters/")} == {f"parameters/{name}" for name in names}
        assert {key for key in row if key.startswith("gradients/")} == {f"gradients/{name}" for name in names}
    turn = rows[0]["parameters/turn"]
    assert (turn["bins"][0], turn["bins"][-1], sum(turn["values"])) == (0.0, 5.0, 4), "magnitudes"
    assert "gradients/graph_1weight" in rows[3]
    told = [line for line in training.output.splitlines() if "WARNING watch" in line]
    named = [line.split("'")[1] for line in told]
    assert named[:3] == ["parameters/void", "parameters/graph_1*", "parameters/graph_2weight"]
    assert sorted(named[3:]) == ["gradients/graph_2bias", "gradients/graph_2weight"]
