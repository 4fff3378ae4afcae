"""Fixtures of the tests of the package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.recorder import Recorder


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """Return a writer in an empty directory, which tells what values become."""
    recorder = Recorder(tmp_path / "recorded")
    yield recorder
    recorder.close()
