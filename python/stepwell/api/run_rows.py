"""The rows of a run: samples, scans and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stepwell.api.columns.columns import OF_EVERY_ROW
from stepwell.api.columns.history import History, HistoryScan, wanted_keys
from stepwell.api.columns.pandas_frames import to_pandas
from stepwell.api.files import RunFiles
from stepwell.api.run_facts import RunFacts
from stepwell.errors import UsageError
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stepwell.api.columns.columns import Columns
    from stepwell.api.server.connection import Connection

_SERIES_COLUMNS = ("x", "mean", "min", "max", "first", "last")


class RunRows(RunFacts):
    """What a run is, and the ways to read its rows."""

    def __init__(self, connection: Connection, reply: query_pb2.Run) -> None:
        super().__init__(connection, reply)
        self._files = RunFiles(connection, reply.path)

    def last_step(self, label: str | None = None) -> int | None:
        """Return the highest step of a label (None: of all of them), None without rows."""
        if label is None:
            return self._reply.last_step if self._reply.HasField("last_step") else None
        return max((row["_step"] for row in self.reader.sampled(1, None, "_step", label)), default=None)

    @property
    def reader(self) -> History:
        """What reads the rows in batches, for exports."""
        return History(self._connection, self._reply, self._files)

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
        label: str | None = None,
    ) -> Any:
        """Return a sample of the rows. The same call gives the same rows, as long as none were added.

        Parameters
        ----------
        samples
            How many rows, 1 to 1,000,000. The first and the last one, and those with the lowest and the
            highest value of each key, come on top where they are not among them.
        keys
            Keys to return; rows that have none of them are left out. By default all.
        x_axis
            Key by which the rows are sorted; rows without it are left out.
        pandas
            Return a DataFrame if pandas is installed.
        stream
            `default`. There are no system metrics: `system` has no rows.
        label
            Whose rows; by default those of the primary label.

        Returns
        -------
        pandas.DataFrame or list of dict
            A row per step with `_step`, `_runtime` (s), `_timestamp` (s since 1970) and the keys.
        """
        if stream not in {"default", "system", "events"}:
            raise UsageError(f"stream must be 'default' or 'system', not {stream!r}")
        found = self.reader.sampled(samples, keys, x_axis, label) if stream == "default" else []
        frame = to_pandas(found, [*OF_EVERY_ROW, *wanted_keys(keys, x_axis)]) if pandas else None
        return found if frame is None else frame

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
        label: str | None = None,
        *,
        use_cache: bool = True,
    ) -> HistoryScan:
        """Iterate over every row in step order, with the exact values.

        Parameters
        ----------
        keys
            Keys to return; rows that have none of them are left out. By default all.
        page_size
            Ignored.
        min_step
            Lowest step, included.
        max_step
            Highest step, not included.
        label
            Whose rows; by default those of the primary label.
        use_cache
            Ignored.

        Yields
        ------
        dict
            `_step`, `_runtime` (s), `_timestamp` (s since 1970), and the values; nested dicts are flat, their
            keys joined by dots.
        """
        return HistoryScan(self.reader.scanned(keys, min_step, max_step, label))

    beta_scan_history = scan_history

    def scan_columns(
        self,
        keys: Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        label: str | None = None,
    ) -> Columns:
        """Return every row, as columns: quicker than `scan_history`, with the same values and parameters.

        Returns
        -------
        Columns
            One numpy array per key; `to_pandas`, `to_arrow` and `to_polars` make tables of them.
        """
        return self.reader.columns(keys, min_step, max_step, label)

    def series(
        self, key: str, buckets: int = 1_000, x_axis: str = "_step", label: str | None = None
    ) -> dict[str, NDArray[Any]]:
        """Return the numbers of a key as a chart shows them, computed by the server.

        Parameters
        ----------
        key
            The key.
        buckets
            Buckets of equal width from the first to the last x, 1 to 16,384.
        x_axis
            Key of x, whose numbers need not rise; steps without it are left out.
        label
            Whose numbers; by default those of the primary label, and with `*` those of all labels together.

        Returns
        -------
        dict of numpy.ndarray
            `x`, the middles of the buckets that have points, and `mean`, `min`, `max`, `first`, `last` and
            `count` of each. A series of at most twice as many points as buckets comes as its points.

        Raises
        ------
        CommError
            If the server cannot be reached, or refuses the number of buckets.
        """
        path = self._reply.path
        selector = query_pb2.SeriesSelector(run=path.run, key=key, label=label)
        request = query_pb2.GetSeriesRequest(
            entity=path.entity, project=path.project, series=[selector], x=x_axis, buckets=buckets
        )
        found = self._connection.call("GetSeries", request).series[0]
        columns = {name: np.frombuffer(getattr(found, name), "<f8") for name in _SERIES_COLUMNS}
        if found.exact:
            # Each point is a bucket of its own.
            columns |= dict.fromkeys(_SERIES_COLUMNS[2:], columns["mean"])
            return {**columns, "count": np.ones(len(columns["x"]), np.uint32)}
        return {**columns, "count": np.frombuffer(found.count, "<u4")}

    def to_pandas(self, keys: Sequence[str] | None = None, **choice: Any) -> Any:
        """Return every row as a DataFrame; parameters are those of `scan_columns`."""
        return self.scan_columns(keys, **choice).to_pandas()

    def to_arrow(self, keys: Sequence[str] | None = None, **choice: Any) -> Any:
        """Return every row as a pyarrow.Table; parameters are those of `scan_columns`."""
        return self.scan_columns(keys, **choice).to_arrow()

    def to_polars(self, keys: Sequence[str] | None = None, **choice: Any) -> Any:
        """Return every row as a polars.DataFrame; parameters are those of `scan_columns`."""
        return self.scan_columns(keys, **choice).to_polars()
