"""Fixtures of the tests of the package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stepwell.settings import strictness
from tests.support.recorder import Recorder


@pytest.fixture(autouse=True)
def _nothing_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the tests before were told, which is told once, and whether they were strict."""
    monkeypatch.setattr(strictness, "_told", set())
    monkeypatch.setattr(strictness, "_strict", False)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """Return a writer in an empty directory, which tells what values become."""
    recorder = Recorder(tmp_path / "recorded")
    yield recorder
    recorder.close()
