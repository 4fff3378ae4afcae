"""Containers of OmegaConf, ml_collections, pydantic, attrs and absl: the same dict in every place."""

from typing import Any

import pytest

from tests.clients.training import SCRIPTS, Environment, Training

pytestmark = pytest.mark.clients

EXPECTED: dict[str, dict[str, Any]] = {
    "attrs": {"a": 1, "n": [1, 2]},
    "pydantic": {"a": 1, "n": [1, 2], "secret": "**********"},
    "structure": {"a": 1, "n": [1, 2], "colour": "red"},
    "config_dict": {"a": 1, "n": [1, 2]},
    "frozen": {"a": 1, "n": [1, 2]},
    "absl": {"a": 1, "n": ["1", "2"]},
    "incomplete": {"a": 1, "missing": None, "n": [1, None], "same": 1},
}


@pytest.fixture(scope="module")
def training(clients: Environment, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return clients.train(tmp_path_factory.mktemp("containers"), SCRIPTS / "containers.py")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_container_comes_to_the_same_in_every_place(training: Training, name: str) -> None:
    run, expected = training.api.run(f"containers/{name}"), EXPECTED[name]
    config = dict(run.config)
    assert config.pop("inner") == {"in": [expected]}
    assert config == expected
    assert run.tags == ["one", "two"]
    row, table = run.scan_history()
    assert row["row"] == [expected]
    assert run.media(table["table"]).data == [[expected]]
    assert run.summary["value"] == [expected]


def test_what_is_missing_is_said_by_name(training: Training) -> None:
    assert "'config.missing' cannot be read (MissingMandatoryValue); None is kept" in training.output
