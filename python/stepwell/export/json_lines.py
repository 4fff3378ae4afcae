"""JSON lines: one object per row, values in the forms of docs/http-api.md, bytes with their content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.values.json_form import dumps, loads

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from stepwell.export.rows import ExportRows


def write_jsonl(path: Path, rows: ExportRows) -> int:
    """Write rows; return how many."""
    written = 0
    with path.open("w", encoding="ascii") as file:
        for row in rows.rows():
            file.write(dumps(row) + "\n")
            written += 1
    return written


def read_jsonl(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of an exported file, exactly as `scan_history` gave them."""
    with Path(path).open(encoding="ascii") as file:
        for line in file:
            yield loads(line)
