"""Values of an artifact: what its records of media stand for, as objects that can be logged again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepwell.api.run import Run


def read_value(run: Run, record: dict[str, Any]) -> Any:
    """Return what a record stands for: a `Table`, an `Image`, a list of these; else what `Run.media` gives.

    Cells of a table that are images are `Image`s too; other media in it are records.
    """
    if isinstance(record.get("items"), list):
        return [read_value(run, each) for each in record["items"]]
    found = run.media(record)
    if record["_type"] == "image-file":
        from stepwell.media.image import Image

        return Image(found, caption=record.get("caption"), boxes=record.get("boxes"))
    if record["_type"] == "table-file":
        from stepwell.media.table import Table

        rows = [[_read_cell(run, cell) for cell in row] for row in found.data]
        return Table(columns=found.columns, data=rows, allow_mixed_types=True)
    return found


def _read_cell(run: Run, cell: Any) -> Any:
    if isinstance(cell, list):
        return [_read_cell(run, each) for each in cell]
    is_image = isinstance(cell, dict) and str(cell.get("_type")).startswith("image")
    return read_value(run, cell) if is_image else cell
