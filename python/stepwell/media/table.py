"""Tables of anything that can be logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from stepwell.media.encoding.reading import raise_with_key
from stepwell.media.recognition import recognised
from stepwell.media.records.cell import MIXED, NULL, NUMBER, PLAIN, are_nan, kind_of, kind_of_dtype, kinds_of, stored
from stepwell.media.records.frame import columns_of, is_frame
from stepwell.media.records.media import Media, attach, said
from stepwell.media.records.rows import ColumnName, cells_of, names_of, rows_of
from stepwell.media.records.table_keys import TableKeys
from stepwell.settings.strictness import tell_all

if TYPE_CHECKING:
    import numpy
    import pandas

_DEFAULT_COLUMNS = ("Input", "Output", "Expected")
_LOG_MODES = ("IMMUTABLE", "MUTABLE", "INCREMENTAL")
_EXTENSION = "table.json"


class Table(TableKeys, Media):
    """Rows and columns; a cell is anything that can be logged, media too.

    A table is stored as it is when it is logged; what is added afterwards takes another `log`.

    Parameters
    ----------
    columns
        Names of the columns. Default: `Input`, `Output` and `Expected`, or those of the DataFrame.
    data
        Rows: a list of lists, an array with at least two dimensions, or a DataFrame. Arrays in cells are
        stored whole.
    rows
        The same as `data`.
    dataframe
        A DataFrame of pandas or polars; its index is left out.
    dtype
        The type of every column, or a list with one for each: `int`, `float`, `str`, `bool`, `list`, `dict`,
        a class of media, a dtype of numpy; None is what the first value says.
    optional
        Whether cells may be None, for all columns or for each.
    allow_mixed_types
        Let the cells of a column be of several types.
    log_mode
        `IMMUTABLE`, `MUTABLE` or `INCREMENTAL`, as wandb has them. All three store the table with all its
        rows each time it is logged, so none of them loses rows.

    Attributes
    ----------
    columns
        Names of the columns.
    data
        Rows: lists of cells.
    MAX_ROWS
        The greatest number of rows that are stored, the first ones, with a warning when it is logged; a
        script may raise it.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or the cells of a column are of several.
    ValueError
        For a row of the wrong length.
    """

    _type = "table-file"
    MAX_ROWS: ClassVar[int] = 200_000
    MAX_ARTIFACT_ROWS: ClassVar[int] = 200_000

    def __init__(
        self,
        columns: Sequence[ColumnName] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: bool | Sequence[bool] = True,
        allow_mixed_types: bool = False,
        log_mode: Literal["IMMUTABLE", "MUTABLE", "INCREMENTAL"] | None = "IMMUTABLE",
    ) -> None:
        if log_mode is not None and log_mode not in _LOG_MODES:
            raise ValueError(f"Table: log_mode must be one of {', '.join(_LOG_MODES)}, not {log_mode!r}")
        if sum(each is not None for each in (data, rows, dataframe)) > 1:
            raise TypeError("Table: give only one of data, rows and dataframe")
        self.log_mode = log_mode
        self._allow_mixed_types = allow_mixed_types
        self.columns: list[ColumnName] = list(_DEFAULT_COLUMNS) if columns is None else names_of(columns)
        self.data: list[list[Any]] = []
        if dataframe is not None and not is_frame(dataframe):
            raise TypeError(f"Table: dataframe must be a DataFrame, not {type(dataframe).__name__}")
        given = next((each for each in (data, rows, dataframe) if each is not None), ())
        if is_frame(given):
            found, values = columns_of(given)
            if columns is not None and (missing := [name for name in self.columns if name not in found]):
                raise ValueError(f"Table: the DataFrame has no column {missing[0]!r}; it has {_list(found)}")
            self.columns = found if columns is None else self.columns
            self.data = [list(row) for row in zip(*(values[found.index(name)] for name in self.columns), strict=True)]
        else:
            self.data = rows_of(given)
        width = len(self.columns)
        # Of each column the kind of its cells, as far as it is known, and whether cells may be empty.
        self._kinds = [kind_of_dtype(each) for each in _for_each("dtype", dtype, width)]
        self._optional = [bool(each) for each in _for_each("optional", optional, width)]
        for row in self.data:
            self._check_length(row)
        for index in range(width):
            self._check_column(index, [row[index] for row in self.data])

    def add_data(self, *data: Any) -> None:
        """Add one row.

        Parameters
        ----------
        data
            Its cells, one for each column.

        Raises
        ------
        ValueError
            If there are more or fewer cells than columns.
        TypeError
            If a cell is of another type than its column.
        """
        row = list(data)
        self._check_length(row)
        for index, cell in enumerate(row):
            self._check_column(index, [cell], len(self.data))
        self.data.append(row)

    def add_row(self, *row: Any) -> None:
        """Add one row, as `add_data` does."""
        self.add_data(*row)

    def add_column(self, name: ColumnName, data: Any, optional: bool = False) -> None:
        """Add a column.

        Parameters
        ----------
        name
            Its name.
        data
            A list or an array with one value for each row. A table without rows and columns takes any number.
        optional
            Whether cells may be None.

        Raises
        ------
        ValueError
            If there is a column of that name, or there are more or fewer values than rows.
        TypeError
            If the values are of several types.
        """
        if name in self.columns:
            raise ValueError(f"Table: there is a column {name!r} already")
        values = cells_of(name, data)
        if (self.data or self.columns) and len(values) != len(self.data):
            raise ValueError(
                f"Table: column {name!r} must have {len(self.data)} values, one for each row, not {len(values)}"
            )
        self.columns.append(name)
        self._kinds.append(None)
        self._optional.append(optional)
        try:
            self._check_column(len(self.columns) - 1, values)
        except TypeError:
            self.columns.pop(), self._kinds.pop(), self._optional.pop()
            raise
        self.data = self.data or [[] for _ in values]
        for row, value in zip(self.data, values, strict=True):
            row.append(value)

    def add_computed_columns(self, fn: Callable[[int, dict[ColumnName, Any]], Mapping[str, Any]]) -> None:
        """Add columns that are computed from the rows.

        Parameters
        ----------
        fn
            Called with the number of a row and its cells by column; returns the new cells by column.
        """
        computed = [fn(index, dict(zip(self.columns, row, strict=True))) for index, row in self.iterrows()]
        for name in computed[0] if computed else ():
            self.add_column(name, [cells[name] for cells in computed], optional=True)

    @overload
    def get_column(self, name: ColumnName, convert_to: None = None) -> list[Any]: ...
    @overload
    def get_column(self, name: ColumnName, convert_to: Literal["numpy"]) -> numpy.ndarray[Any, Any]: ...
    def get_column(self, name: ColumnName, convert_to: Literal["numpy"] | None = None) -> Any:
        """Return the cells of a column: a list, or with `convert_to="numpy"` an array.

        Raises
        ------
        ValueError
            If there is no such column, or it is to be converted to something else.
        """
        index = self._index(name)
        cells = [row[index] for row in self.data]
        if convert_to is None:
            return cells
        if convert_to != "numpy":
            raise ValueError(f'Table: convert_to must be "numpy" or None, not {convert_to!r}')
        import numpy as np

        try:
            return np.array(cells)
        except ValueError:  # cells of several shapes
            array = np.empty(len(cells), dtype=object)
            array[:] = cells
            return array

    def get_index(self) -> list[int]:
        """Return the numbers of the rows: 0, 1, 2, …."""
        return list(range(len(self.data)))

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number and the cells of each row."""
        yield from enumerate(self.data)

    def get_dataframe(self) -> pandas.DataFrame:
        """Return the table as a DataFrame.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("Table: get_dataframe needs pandas: pip install stepwell[pandas]") from None
        return pd.DataFrame(self.data, columns=self.columns)

    def cast(self, col_name: ColumnName, dtype: Any, optional: bool = False) -> None:
        """Say of which type the cells of a column are; those that are there are checked.

        Parameters
        ----------
        col_name
            The column.
        dtype
            See `Table`.
        optional
            Whether cells may be None.

        Raises
        ------
        ValueError
            If there is no such column.
        TypeError
            If a cell is of another type; the column stays as it was.
        """
        index = self._index(col_name)
        before = self._kinds[index], self._optional[index]
        self._kinds[index], self._optional[index] = kind_of_dtype(dtype), optional
        try:
            self._check_column(index, [row[index] for row in self.data])
        except TypeError:
            self._kinds[index], self._optional[index] = before
            raise

    def record(self, key: str) -> dict[str, Any]:
        """Return `{"_type", "path", "ncols", "nrows", "columns"}`; the rows are copied to a file now.

        Where there are more than `MAX_ROWS`, `left_out` says how many are not in the file.
        """
        from stepwell import _native

        rows = self.data[: self.MAX_ROWS]
        left_out = len(self.data) - len(rows)
        if left_out:
            remedy = f"the first ones are kept, and {left_out:,} are left out. Raise Table.MAX_ROWS to keep more"
            tell_all(key, [(f"has a table of more than {len(rows):,} rows", remedy)])
        for row in rows:
            self._check_length(row)
        names, kinds = [str(name) for name in self.columns], []
        columns = []
        for index in range(len(names)):
            cells = [row[index] for row in rows]
            found = self._kinds_in(index, cells)
            kind = found.pop() if len(found) == 1 else MIXED if found else self._kinds[index] or NULL
            kinds.append(kind)
            columns.append([_recorded(key, cell, kind not in {NUMBER, MIXED}) for cell in cells])
        value = {"columns": names, "data": list(zip(*columns, strict=True)), "column_types": kinds}
        path = attach(_native.Content.from_value(key, value, _EXTENSION), "table", key)
        sizes = {"ncols": len(names), "nrows": len(rows), **said(left_out=left_out or None)}
        return {"_type": self._type, "path": path, **sizes, "columns": names}

    def __repr__(self) -> str:
        return f"Table({len(self.data):,} rows of {_list(self.columns)})"

    def _index(self, name: ColumnName) -> int:
        if name not in self.columns:
            raise ValueError(f"Table: there is no column {name!r}; there are {_list(self.columns)}")
        return self.columns.index(name)

    def _check_length(self, row: Sequence[Any]) -> None:
        if len(row) != len(self.columns):
            raise ValueError(
                f"Table: a row must have {len(self.columns)} cells, for {_list(self.columns)}, not {len(row)}"
            )

    def _check_column(self, index: int, cells: list[Any], first_row: int = 0) -> None:
        """Check new cells of a column, from `first_row` on, and learn its kind from the first."""
        name = self.columns[index]
        if not self._optional[index] and None in map(_none_if_null, cells):
            row = first_row + [_none_if_null(cell) for cell in cells].index(None)
            raise TypeError(f"Table: column {name!r} is not optional, and is None in row {row}")
        if self._allow_mixed_types:
            return
        found = self._kinds_in(index, cells)
        expected = self._kinds[index]
        if not found or found == {expected}:
            return
        if expected is None:
            if found == {NUMBER} and are_nan(cells):  # which may yet be missing ones among text
                return
            expected = next(kind for kind in map(kind_of, cells) if kind in found)
        if found != {expected}:
            row, kind = next(
                (at, kind) for at, kind in enumerate(map(kind_of, cells)) if kind in found and kind != expected
            )
            raise TypeError(
                f"Table: column {name!r} holds {expected} values, and row {first_row + row} has a {kind}. "
                "Several types in one column take allow_mixed_types=True"
            )
        self._kinds[index] = expected

    def _kinds_in(self, index: int, cells: list[Any]) -> set[str]:
        """Return the kinds that occur in a column; NaN is none where the column holds something else."""
        found = kinds_of(cells)
        if found == {NUMBER} and self._kinds[index] not in {None, NUMBER} and are_nan(cells):
            return set()
        return found


def _recorded(key: str, cell: Any, nan_is_missing: bool) -> Any:
    """Return a cell as it is stored, media as records: to the encoder a row of media would be a list."""
    if type(cell) in PLAIN:
        return None if nan_is_missing and cell != cell else cell
    try:
        medium = Table(dataframe=cell, allow_mixed_types=True) if is_frame(cell) else recognised(cell)
    except Exception as error:  # noqa: BLE001  whatever its library raises
        raise_with_key(key, cell, error)
    if medium is not None:
        return medium.record(key)
    found = stored(key, cell)
    return None if nan_is_missing and type(found) is float and found != found else found


def _none_if_null(cell: Any) -> Any:
    return None if cell is None or kind_of(cell) == NULL else True


def _for_each(name: str, given: Any, count: int) -> list[Any]:
    if not isinstance(given, (list, tuple)):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"Table: {name} must be one or have {count} items, one for each column, not {len(given)}")
    return list(given)


def _list(names: Sequence[ColumnName]) -> str:
    shown = ", ".join(repr(name) for name in names[:10])
    return f"[{shown}{', …' if len(names) > 10 else ''}]"
