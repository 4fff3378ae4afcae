"""Rows as Arrow tables and back, exactly: the form of docs/export.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.api.columns.layout import KeyLayout, cells_of, column_sorts, layout_of
from stepwell.api.columns.optional_imports import imported
from stepwell.values.json_form import loads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepwell.api.columns.columns import Columns

# Metadata of a field: which key it belongs to, and whether its text is JSON.
_KEY, _ENCODING = b"stepwell:key", b"stepwell:encoding"
_PLAIN, _JSON = b"plain", b"json"
_PURPOSE = "a table of Arrow"


def table_of_columns(columns: Columns) -> Any:
    """Return columns as a pyarrow.Table.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    return ArrowLayout(layout_of({key: column_sorts(column) for key, column in columns.items()})).table(columns)


class ArrowLayout:
    """Makes tables of one schema.

    Parameters
    ----------
    keys
        How the values of each key lie.
    metadata
        Metadata of the schema.
    """

    def __init__(self, keys: Mapping[str, KeyLayout], metadata: Mapping[bytes, bytes] | None = None) -> None:
        self._arrow = imported("pyarrow", _PURPOSE)
        self._keys = keys
        self.schema = self._schema().with_metadata(metadata)

    def table(self, columns: Mapping[str, Any]) -> Any:
        """Return columns as a table; a key that is not among them is missing in every row."""
        arrays: list[Any] = []
        rows = len(next(iter(columns.values())))
        for key, layout in self._keys.items():
            arrays += self._arrays(layout, columns.get(key), rows)
        return self._arrow.Table.from_arrays(arrays, schema=self.schema)

    def _schema(self) -> Any:
        arrow = self._arrow
        names = set(self._keys)
        fields = []
        for key, layout in self._keys.items():
            said = {_KEY: key.encode()}
            if layout.typed is not None:
                fields.append(arrow.field(key, self._type(layout.typed), metadata={**said, _ENCODING: _PLAIN}))
            if layout.has_json:
                name = key
                while layout.typed is not None and name in names:
                    name += ":json"
                names.add(name)
                fields.append(arrow.field(name, arrow.string(), metadata={**said, _ENCODING: _JSON}))
        return arrow.schema(fields)

    def _type(self, sort: str) -> Any:
        arrow = self._arrow
        scalars = {
            "int": arrow.int64(),
            "float": arrow.float64(),
            "bool": arrow.bool_(),
            "string": arrow.string(),
            "binary": arrow.binary(),
        }
        return scalars[sort] if sort in scalars else arrow.list_(scalars[sort.removesuffix("s")])

    def _arrays(self, layout: KeyLayout, column: Any, rows: int) -> list[Any]:
        arrow = self._arrow
        if column is None:
            types = [None if layout.typed is None else self._type(layout.typed), arrow.string()]
            kept = [layout.typed is not None, layout.has_json]
            return [arrow.nulls(rows, each) for each, keep in zip(types, kept, strict=True) if keep]
        if not layout.has_json and {"i": "int", "f": "float"}.get(column.dtype.kind) == layout.typed:
            import numpy

            mask = column.mask if isinstance(column, numpy.ma.MaskedArray) else None
            # `from_pandas=False`: a NaN is a value.
            return [arrow.array(numpy.ma.getdata(column), mask=mask, from_pandas=False)]
        typed, texts = layout.cells(cells_of(column))
        arrays = []
        if layout.typed is not None:
            arrays.append(arrow.array(typed, self._type(layout.typed), from_pandas=False))
        if layout.has_json:
            arrays.append(arrow.array(texts, arrow.string()))
        return arrays


def rows_of_table(table: Any) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of a table in this form, as `scan_history` gave them.

    Parameters
    ----------
    table
        A pyarrow.Table, from `Columns.to_arrow` or read from an exported file.
    """
    fields = [(field.metadata or {}) for field in table.schema]
    keys = [said.get(_KEY, field.name.encode()).decode() for said, field in zip(fields, table.schema, strict=True)]
    is_json = [said.get(_ENCODING) == _JSON for said in fields]
    for batch in table.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            row: dict[str, Any] = {}
            for key, text, cell in zip(keys, is_json, cells, strict=True):
                if cell is not None:
                    # The column of JSON comes after the typed one, and its value counts.
                    row[key] = loads(cell) if text else cell
            yield row
