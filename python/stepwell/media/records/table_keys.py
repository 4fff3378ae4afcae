"""Keys of tables, as wandb has them: they are checked, and each table is stored with all that it holds."""

from __future__ import annotations

from typing import Any, NoReturn

from stepwell.errors import UnsupportedError


class TableKeys:
    """The part of a table that would join it to others."""

    columns: list[Any]

    def set_pk(self, col_name: Any) -> None:
        """Accept that a column names the rows; it has no effect.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        if col_name not in self.columns:
            raise ValueError(f"Table: there is no column {col_name!r}")

    def set_fk(self, col_name: Any, table: Any, table_col: Any) -> None:
        """Accept that a column names rows of another table; it has no effect. Errors: see `set_pk`."""
        self.set_pk(col_name)
        table.set_pk(table_col)

    def index_ref(self, index: int) -> int:
        """Return the number of a row."""
        return index

    def join(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedError: tables are not joined here."""
        raise UnsupportedError("Table.join is not there: join the rows, and log the result as a Table")
