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
    return Environment(Path(os.environ.get("STEPWELL_LARGE_CLIENTS", ROOT / ".venv/large"), "bin/python"))


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("torch_clients", marks=pytest.mark.torch),
        pytest.param("large_clients", marks=pytest.mark.large),
    ],
)
def each_torch(request: pytest.FixtureRequest) -> Environment:
    """Return the environment with torch 1.13, then that with a current one."""
    environment: Environment = request.getfixturevalue(request.param)
    return environment
