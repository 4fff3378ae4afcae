"""Charts: a table, and the name of the preset that draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.media.records.media import Media
from stepwell.settings.strictness import tell_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.media.table import Table


class Chart(Media):
    """A table drawn by a preset. The functions of `stepwell.plot` make it.

    Parameters
    ----------
    table
        What is drawn.
    preset
        Name of the preset, `owner/name`. It need not exist yet: it is looked up when the chart is looked at.
    fields
        Which column of the table stands for which field of the preset.
    string_fields
        Texts of the preset: titles and the like.
    split_table
        Show the table in a section of its own.

    Raises
    ------
    TypeError
        If a part is of another type.

    Notes
    -----
    A chart of a column that is not in the table is kept, with a warning when it is logged.
    """

    _type = "chart"

    def __init__(
        self,
        table: Table,
        preset: str,
        fields: Mapping[str, str],
        string_fields: Mapping[str, Any] | None = None,
        split_table: bool = False,
    ) -> None:
        from stepwell.media.table import Table

        if not isinstance(table, Table):
            raise TypeError(f"the chart {preset!r} needs a Table, not {type(table).__name__}")
        if not preset or type(preset) is not str:
            raise TypeError(f"the name of a preset is a text such as 'wandb/line/v0', not {preset!r}")
        self.table = table
        self.preset = preset
        self.remarks: list[tuple[str, str]] = []
        self.fields = {str(field): self._column(field, column) for field, column in fields.items()}
        self.string_fields = {str(name): str(text) for name, text in (string_fields or {}).items() if text is not None}
        self.split_table = bool(split_table)

    def record(self, key: str) -> dict[str, Any]:
        """Return what is stored in the row; the table is handed to the writer of the run."""
        tell_all(key, self.remarks)
        return {
            "_type": self._type,
            "preset": self.preset,
            "fields": self.fields,
            "string_fields": self.string_fields,
            "table": self.table.record(f"{key}_table"),
            "split_table": self.split_table,
        }

    def __repr__(self) -> str:
        return f"Chart({self.preset!r}, {self.fields}, {len(self.table.data):,} rows)"

    def _column(self, field: str, column: Any) -> str:
        if not isinstance(column, (str, int)):
            raise TypeError(f"the field {field!r} of the chart {self.preset!r} is the name of a column, not {column!r}")
        known = [str(name) for name in self.table.columns]
        if str(column) not in known:
            problem = f"has a chart of the column {str(column)!r}, which the table does not have"
            self.remarks.append((problem, f"it is kept; the columns are {', '.join(map(repr, known)) or 'none'}"))
        return str(column)
