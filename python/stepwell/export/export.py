"""One run into one file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from stepwell.errors import UsageError
from stepwell.export.comma_separated import write_csv
from stepwell.export.json_lines import write_jsonl
from stepwell.export.parquet import write_parquet
from stepwell.export.rows import ExportRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepwell.api import Run

Format = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path
        The file.
    rows
        Rows in it.
    bytes
        Its size.
    """

    path: Path
    rows: int
    bytes: int


def export_run(
    run: Run,
    path: str | os.PathLike[str],
    format: Format | None = None,  # noqa: A002  the name of the flag
    keys: Sequence[str] | None = None,
    label: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Write the rows of a run to a file, which is there only once it is whole. Parent directories are made.

    Parameters
    ----------
    run
        The run, from `Api`.
    path
        The file. One that is there is replaced.
    format
        `parquet`, `csv` or `jsonl`; by default what the ending of the name says.
    keys
        Keys to take; rows that have none of them are left out. By default all.
    label
        Whose rows; by default those of every label, told apart by a column `_label` if there are several
        (`__label` where the run has a key of that name).
    progress
        Is called with how many rows were gone over; Parquet and CSV go over them twice.

    Raises
    ------
    UsageError
        If the format is another.
    ImportError
        If the format is Parquet and pyarrow is not installed.
    CommError
        If the server cannot be reached.
    """
    path = Path(path)
    chosen = format or path.suffix.removeprefix(".").lower()
    if chosen not in FORMATS:
        raise UsageError(f"{chosen!r} is no format of an export; expected one of {', '.join(FORMATS)}")
    if label is not None and label not in run.labels:
        raise UsageError(f"the run has no label {label!r}; it has {', '.join(map(repr, run.labels)) or 'none'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    rows = ExportRows(run, keys, label, progress)
    try:
        if chosen == "parquet":
            written = write_parquet(partial, run, rows)
        else:
            written = write_csv(partial, rows) if chosen == "csv" else write_jsonl(partial, rows)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Exported(path, written, path.stat().st_size)
