"""The examples of docs/integrations.md that need a client of wandb."""

import re
from pathlib import Path

import pytest

from tests.clients.training import ROOT, Environment

pytestmark = pytest.mark.clients
_EXAMPLE = re.compile(r"<!-- not run: .*tests/clients runs it -->\n```python\n(.*?)```", re.DOTALL)


def test_the_example_of_tensorboard_is_mirrored(clients: Environment, work: Path) -> None:
    (example,) = _EXAMPLE.findall((ROOT / "docs" / "integrations.md").read_text(encoding="utf-8"))
    script = work / "example.py"
    script.write_text(example)
    training = clients.train(work, script)
    (run,) = training.api.runs("mirrored")
    rows = training.rows(f"mirrored/{run.id}")
    assert [row["global_step"] for row in rows] == list(range(0, 100, 10))
    assert [row["train/loss"] for row in rows] == pytest.approx([1 / (step + 1) for step in range(0, 100, 10)])
