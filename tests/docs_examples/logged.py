"""Rows, files and summary that an example has logged, read back through `Api`."""

import json
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from stepwell import Api
from tests.support.places import exactly


@dataclass
class Logged:
    """The runs of one example.

    Attributes
    ----------
    api
        Where it wrote to.
    directory
        Where it ran; what it left there for the checker.
    """

    api: Api
    directory: Path

    def run(self, run: str, entity: str = "local") -> Any:
        """Return a run of the project `docs`."""
        return self.api.run(f"{entity}/docs/{run}")

    def rows(self, run: str, entity: str = "local") -> list[dict[str, Any]]:
        """Return the rows in step order, without what every row has."""
        return [own(row) for row in self.run(run, entity).scan_history()]

    def steps(self, run: str) -> list[int]:
        """Return the steps in order."""
        return [row["_step"] for row in self.run(run).scan_history()]

    def of(self, run: str) -> "LoggedRun":
        """Return a run with its files."""
        return LoggedRun(self.run(run), self.directory)

    def arrays(self, name: str) -> Any:
        """Return what the example saved with numpy."""
        return np.load(self.directory / name)


@dataclass
class LoggedRun:
    """A run with its files."""

    run: Any
    directory: Path

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows in step order, without what every row has."""
        return [own(row) for row in self.run.scan_history()]

    def values(self, key: str) -> list[Any]:
        """Return the values of a key in step order."""
        return [row[key] for row in self.rows if key in row]

    def content(self, record: dict[str, Any]) -> bytes:
        """Download the file of a record and return its bytes; they have the size that the record says."""
        downloaded = self.run.file(record["path"]).download(root=str(self.directory / "downloads"), replace=True)
        name = getattr(downloaded, "name", downloaded)
        data = Path(name).read_bytes()
        assert len(data) == record["size"]
        return data

    def json(self, record: dict[str, Any]) -> Any:
        """Return the JSON of a record's file."""
        return json.loads(self.content(record))

    def pixels(self, record: dict[str, Any]) -> np.ndarray:
        """Return the pixels of an image's file: H×W or H×W×C."""
        from PIL import Image

        with Image.open(BytesIO(self.content(record))) as image:
            return np.asarray(image)


def own(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without step and times."""
    return {key: value for key, value in row.items() if key not in ("_step", "_runtime", "_timestamp")}


def without_file(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what tells its file."""
    return {key: value for key, value in record.items() if key not in ("path", "sha256", "size")}


def assert_same(found: Any, expected: Any) -> None:
    """Compare values by type and bits."""
    assert exactly(found) == exactly(expected)
