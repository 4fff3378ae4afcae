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
