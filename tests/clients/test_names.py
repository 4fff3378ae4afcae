"""Names of wandb that installed clients use: each is there, or the documents say that it is not."""

import json
from pathlib import Path

import pytest

from tests.clients.training import ROOT, Environment

SCRIPT = Path(__file__).with_name("names_in_use.py")
DOCUMENT = ROOT / "docs" / "coming-from-wandb.md"


def missing_in(environment: Environment, work: Path, least: int) -> dict[str, list[str]]:
    """Return the names that are neither there nor in the documents, with the places where they are used."""
    found = json.loads(environment.train(work, SCRIPT).output.splitlines()[-1])
    assert found["used"] >= least
    documented = DOCUMENT.read_text(encoding="utf-8")
    return {name: places for name, places in found["missing"].items() if f"`{name}`" not in documented}


@pytest.mark.clients
def test_every_name_that_clients_use_is_there(clients: Environment, work: Path) -> None:
    assert missing_in(clients, work, 3) == {}


@pytest.mark.torch
def test_every_name_that_clients_with_torch_use_is_there(torch_clients: Environment, work: Path) -> None:
    assert missing_in(torch_clients, work, 20) == {}


@pytest.mark.large
def test_every_name_that_large_clients_use_is_there(large_clients: Environment, work: Path) -> None:
    assert missing_in(large_clients, work, 20) == {}
