"""The environments that clients of wandb are installed in."""

import os
from pathlib import Path

import pytest

from tests.clients.training import ROOT, Environment


@pytest.fixture(scope="session")
def clients() -> Environment:
    """Return the environment of `requirements.txt`: all that PyPI has without torch."""
    return Environment(Path(os.environ.get("STEPWELL_CLIENTS", ROOT / ".venv/clients"), "bin/python"))


@pytest.fixture(scope="session")
def torch_clients() -> Environment:
    """Return the environment that `install-torch` makes."""
    venv = Path(os.environ.get("STEPWELL_TORCH_CLIENTS", ROOT / ".venv/torch"))
    return Environment(venv / "bin/python", venv / "debian")


@pytest.fixture(scope="session")
def large_clients() -> Environment:
    """Return the environment that `install-large` makes."""
    venv = Path(os.environ.get("STEPWELL_LARGE_CLIENTS", ROOT / ".venv/large"))
    torch = Path(os.environ.get("STEPWELL_TORCH_CLIENTS", ROOT / ".venv/torch"))
    return Environment(venv / "bin/python", torch / "debian")
