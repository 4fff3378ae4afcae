"""Tensors of torch with bits, classes and layouts of their own: the same numbers in every place."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.training import Environment, Training

SCRIPT = Path(__file__).parent / "scripts" / "tensor_values.py"

EXPECTED: dict[str, Any] = {
    "conjugate": ["1-2j", "3+1j"],
    "negative": [-2.0, 1.0],
    "one_negative": -2.0,
    "half_complex": ["1+2j", "3+0j"],
    "extended": [1.5, 2.5],
    "graph": 4.0,
    "parameter": [1.0, 1.0],
    "brain": 1.5,
    "sparse": [[1.0, 0.0], [0.0, 1.0]],
    "rows": [[1.0, 0.0], [0.0, 1.0]],
    "small": [1, -2],
    "dict": {"a": [1.0, 1.0]},
    "dtype": "torch.float32",
}


@pytest.fixture(scope="module")
def training(each_torch: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return each_torch.train(tmp_path_factory.mktemp("tensors"), SCRIPT)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_tensor_comes_to_the_same_in_every_place(training: Training, name: str) -> None:
    run = training.api.run("tensors/values")
    (row,) = run.scan_history()
    assert run.config[name] == EXPECTED[name]
    assert row[f"row_{name}"] == run.summary[f"summary_{name}"] == [EXPECTED[name]]
    assert run.media(row[f"cell_{name}"]).data == [[EXPECTED[name]]]


def test_a_tensor_without_numbers_is_refused_by_name(training: Training) -> None:
    assert "'empty' has a value of type torch.Tensor" in training.api.run("tensors/values").summary["refused"]
