"""Files in a working directory, and a run to save them with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import stepwell
from stepwell import Api


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    for name in ("a.txt", "b.txt", "deep/c.txt", "deep/er/d.bin", "model [1].pt", "Makefile"):
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    monkeypatch.chdir(work)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[stepwell.Run]:
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"silent": True}) as run:
        yield run


def stored(tmp_path: Path) -> dict[str, str]:
    """Return the files of the run with their contents."""
    return {file.name: file.read().decode() for file in Api(str(tmp_path / "runs")).run("p/r").files()}
