"""The content of media records, as the objects that one works with."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.api.columns.pandas_frames import to_pandas
from stepwell.values.json_form import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepwell.api.file import File
    from stepwell.api.files import RunFiles


@dataclass(frozen=True)
class TableContent:
    """The content of a table.

    Attributes
    ----------
    columns
        Names of the columns.
    data
        Rows of cells; media are records.
    column_types
        What the table said of its columns.
    """

    columns: list[Any]
    data: list[list[Any]]
    column_types: list[Any]

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self.data)

    def rows(self) -> list[dict[Any, Any]]:
        """Return the rows as dicts."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.data]

    def get_column(self, name: Any) -> list[Any]:
        """Return the cells of a column.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        index = self.columns.index(name)
        return [row[index] for row in self.data]

    def to_pandas(self) -> Any:
        """Return a DataFrame, or None if pandas is not installed."""
        return to_pandas(self.rows(), self.columns)


def read_table(content: bytes) -> TableContent:
    """Return the content of a `table-file`.

    Raises
    ------
    ValueError
        If it is none.
    """
    found = json.loads(content)
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise ValueError("this is no table: expected JSON with `columns` and `data`")
    data = [[from_json(cell) for cell in row] for row in found["data"]]
    return TableContent(found.get("columns", []), data, found.get("column_types", []))


def read_media(record: Mapping[str, Any], files: RunFiles) -> Any:
    """Return what a record stands for: see `stepwell.api.Run.media`.

    Raises
    ------
    ValueError
        If it is no record.
    CommError
        If its file is not there.
    ImportError
        If Pillow or numpy is needed and not installed.
    """
    if not hasattr(record, "get") or not isinstance(record.get("_type"), str):
        raise ValueError(f"{record!r} is no media record; expected a dict with _type, as rows and summaries hold it")
    kind = record["_type"]
    if isinstance(record.get("items"), list):
        return [read_media(each, files) for each in record["items"]]
    if kind == "histogram":
        import numpy

        return numpy.asarray(record["values"]), numpy.asarray(record["bins"])
    if kind == "chart":
        return read_media(record["table"], files)
    if not isinstance(record.get("path"), str):
        raise ValueError(f"a record of type {kind!r} names no file")
    return _read(kind, files.named(record["path"]))


def _read(kind: str, file: File) -> Any:
    content = file.read()
    ending = file.name.rpartition(".")[2]
    if kind == "table-file":
        return read_table(content)
    if kind == "image-file":
        from PIL import Image

        return Image.open(io.BytesIO(content))
    if ending == "npy":
        import numpy

        return numpy.load(io.BytesIO(content), allow_pickle=False)
    if ending == "json":
        return json.loads(content)
    return content.decode("utf-8") if kind == "html-file" else content
