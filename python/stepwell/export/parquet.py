"""Parquet files: typed columns, zstd, and what is known of the run in the metadata of the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepwell.api.columns.arrow import ArrowLayout, rows_of_table
from stepwell.api.columns.layout import layout_of
from stepwell.api.columns.optional_imports import imported
from stepwell.values.json_form import to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from stepwell.api import Run
    from stepwell.export.rows import ExportRows

_ABOUT = b"stepwell"
_SCHEMA_BYTES = 1 << 30
_PURPOSE = "export to Parquet"


def write_parquet(path: Path, run: Run, rows: ExportRows) -> int:
    """Write the rows of a run; return how many.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    parquet = imported("pyarrow.parquet", _PURPOSE)
    about = json.dumps(about_run(run), separators=(",", ":"), allow_nan=False).encode()
    layout = ArrowLayout(layout_of(rows.sorts()), {_ABOUT: about})
    written = 0
    with parquet.ParquetWriter(path, layout.schema, compression="zstd") as file:
        for part in rows.parts():
            file.write_table(layout.table(part))
            written += part.rows
    return written


def read_parquet(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of an exported file, exactly as `scan_history` gave them.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    parquet = imported("pyarrow.parquet", _PURPOSE)
    # Many long keys make a schema that is larger than what Arrow reads unasked.
    limits = {"thrift_string_size_limit": _SCHEMA_BYTES, "thrift_container_size_limit": _SCHEMA_BYTES}
    return rows_of_table(parquet.read_table(path, **limits))


def about_run(run: Run) -> dict[str, Any]:
    """Return what is known of a run besides its rows, as JSON can hold it."""
    about = {
        "entity": run.entity,
        "project": run.project,
        "run": run.id,
        "name": run.name,
        "state": run.state,
        "exit_code": run.exit_code,
        "created_at": run.created_at,
        "runtime": run.runtime,
        "tags": run.tags,
        "notes": run.notes,
        "group": run.group,
        "job_type": run.job_type,
        "labels": run.labels,
        "rows": run.rows,
        "lost_rows": run.lost_rows,
        "sampled_rows": run.sampled_rows,
        "config": run.config,
        "summary": run.summary.flat(),
        "files": {file.name: file.sha256 for file in run.files()},
    }
    found: dict[str, Any] = to_json(about)
    return found
