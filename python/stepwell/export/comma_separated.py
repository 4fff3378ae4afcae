"""CSV files: numbers and text as they are, everything else as JSON.

A cell is empty where the row has no such key. Numbers are written as Python writes them (`1` is an integer,
`1.0` a float; `nan`, `inf`, `-inf`), truth values as `true` and `false`, None as `null`, lists and records as
JSON in the forms of docs/http-api.md. Text is written as it is, and as a JSON string where it could be taken
for one of these.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.values.json_form import dumps, loads

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from stepwell.export.rows import ExportRows

_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def write_csv(path: Path, rows: ExportRows) -> int:
    """Write rows; return how many."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        keys = list(rows.sorts())
        writer = csv.writer(file)
        writer.writerow(keys)
        for row in rows.rows():
            writer.writerow([cell(row[key]) if key in row else "" for key in keys])
            written += 1
    return written


def read_csv(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of an exported file, exactly as `scan_history` gave them."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        # A cell may be as long as a row: 8 MiB.
        csv.field_size_limit(1 << 27)
        reader = csv.reader(file)
        keys = next(reader)
        for cells in reader:
            yield {key: value_of(text) for key, text in zip(keys, cells, strict=True) if text}


def cell(value: Any) -> str:
    """Return the cell of a value."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # Carriage returns within text would be read back as the end of a line by some programs.
    if isinstance(value, str) and value and "\r" not in value and "\0" not in value and value_of(value) == value:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return dumps(value)
        return value
    return dumps(value)


def value_of(text: str) -> Any:
    """Return the value of a cell that is not empty."""
    if text in _FLOATS:
        return _FLOATS[text]
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return text
