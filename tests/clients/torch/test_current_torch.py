"""Parts of torch that 1.13 does not have: small types, transforms of functions, compiled models."""

from pathlib import Path

import pytest

from tests.clients.training import Environment, Training

pytestmark = pytest.mark.large
SCRIPT = Path(__file__).parent / "scripts" / "current_values.py"

VALUES = {
    "float8_e4m3fn": [1.5, -2.0],
    "float8_e5m2": [1.5, -2.0],
    "float8_e8m0fnu": [2.0, 0.5],
    "uint16": [65535],
    "uint32": [4294967295],
    "buffer": [1.5, -2.0],
    "blocks": [[1.0, 0.0], [0.0, 1.0]],
}


@pytest.fixture(scope="module")
def training(large_clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return large_clients.train(tmp_path_factory.mktemp("current"), SCRIPT)


def test_types_of_a_current_torch_come_to_their_numbers(training: Training) -> None:
    run = training.api.run("current/values")
    row = next(iter(run.scan_history()))
    assert {name: run.config[name] for name in VALUES} == VALUES
    one = {name: value[0] if len(value) == 1 else value for name, value in VALUES.items()}
    assert {name: row[name] for name in VALUES} == one
    assert run.media(row["table"]).data == [[value] for value in VALUES.values()]


@pytest.mark.parametrize("transform", ["vmap", "grad", "jvp", "functionalize", "both"])
def test_tensors_within_a_transform_are_logged_with_their_numbers(training: Training, transform: str) -> None:
    (row,) = training.rows("current/values", f"{transform}.all")
    assert row == {
        f"{transform}.all": [0.0, 1.0, 2.0],
        f"{transform}.list": [[0.0, 1.0, 2.0]],
        f"{transform}.short": [0.0, 1.0, 2.0],
        f"{transform}.mask": [False, False, True],
        f"{transform}.constant": [1.0, 2.0],
    }


def test_a_ragged_tensor_is_refused_by_name_and_is_its_text_in_the_config(training: Training) -> None:
    run = training.api.run("current/values")
    assert "'ragged' has a value of type torch.nested" in run.summary["refused"]
    assert run.config["ragged"].startswith("NestedTensor(")


def test_a_compiled_model_is_watched_and_compiled_once(training: Training) -> None:
    run = training.api.run("current/compiled")
    rows = list(run.scan_history(keys=["loss"]))
    assert [row["_step"] for row in rows] == list(range(20))
    for key in ("parameters/weight", "gradients/weight"):
        assert [row["_step"] for row in run.scan_history(keys=[key])] == [2, 5, 8, 11, 14, 17]
    assert run.summary["graphs"] == 1
    assert training.column("current/compiled", "doubled") == [0.0, 4.0, 8.0]
