"""Recorder of what values become: their records and files, through a real writer."""

import json
from pathlib import Path
from typing import Any

from stepwell.settings.settings import Settings
from stepwell.writing.options import WriterOptions


class Recorder:
    """A writer in a directory of its own.

    Attributes
    ----------
    directory
        Where it writes to.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        settings = Settings(dir=str(directory), on_full="block", queue_bytes=1 << 20, spool_bytes=1 << 26)
        self._writer = WriterOptions.of(settings, ("local", "media", "r"), primary=True, host="here").open()

    def record(self, value: Any, key: str = "k") -> Any:
        """Return what is stored in place of a value."""
        return self._writer.convert(key, value)

    def log(self, values: dict[str, Any]) -> None:
        """Log a row."""
        self._writer.log(values)

    def files(self) -> list[bytes]:
        """Return the files that were stored so far, each content once."""
        assert self._writer.flush("spooled", 30)
        return [path.read_bytes() for path in (self.directory / "blobs").glob("*/*") if path.is_file()]

    def table(self, value: Any) -> dict[str, Any]:
        """Record a table, the first value of this recorder, and return its file."""
        self.record(value)
        (file,) = [file for file in self.files() if file.startswith(b'{"columns"')]
        return json.loads(file)  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the writer."""
        self._writer.finish(0, 30)
