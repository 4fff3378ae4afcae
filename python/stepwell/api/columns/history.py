"""The rows of a run: sampled, scanned row by row, and as columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stepwell.api.columns.columns import OF_EVERY_ROW, Batch, ColumnCollector, Columns
from stepwell.api.server.connection import DeadlineError
from stepwell.proto.v1 import query_pb2
from stepwell.settings.naming import LAST_STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.api.files import RunFiles
    from stepwell.api.server.connection import Connection


# Rows that are dicts at once.
_DICTS = 1_000


class HistoryScan(Iterator[dict[str, Any]]):
    """Rows one after the other; they are fetched as they are asked for."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._rows

    def __next__(self) -> dict[str, Any]:
        """Return the next row."""
        return next(self._rows)

    next = __next__  # wandb's name


class History:
    """The rows of one run."""

    def __init__(self, connection: Connection, run: query_pb2.Run, files: RunFiles) -> None:
        self._connection = connection
        self._path = run.path
        self._created = run.created_us / 1e6
        self._files = files

    def sampled(self, samples: int, keys: Sequence[str] | None, x_axis: str, label: str | None) -> list[dict[str, Any]]:
        """Return a sample of the rows: see `Run.history`."""
        request = query_pb2.SampleRowsRequest(
            path=self._path, keys=wanted_keys(keys, x_axis), samples=samples, in_columns=True
        )
        if label is not None:
            request.label = label
        found = [row for reply in self._connection.stream("SampleRows", request) for row in self._dicts(Batch(reply))]
        if x_axis == "_step":
            return found
        return sorted((row for row in found if x_axis in row), key=lambda row: _place(row[x_axis]))

    def scanned(
        self, keys: Sequence[str] | None, min_step: int | None, max_step: int | None, label: str | None
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the rows: see `Run.scan_history`."""
        for batch in self.batches(keys, min_step, max_step, label):
            yield from self._dicts(batch)

    def columns(
        self, keys: Sequence[str] | None, min_step: int | None, max_step: int | None, label: str | None
    ) -> Columns:
        """Return the rows as columns: see `Run.scan_columns`."""
        collector = self.collector()
        for batch in self.batches(keys, min_step, max_step, label):
            collector.add(batch)
        return self.completed(collector.finish(wanted_keys(keys)))

    def batches(
        self, keys: Sequence[str] | None, min_step: int | None, max_step: int | None, label: str | None
    ) -> Iterator[Batch]:
        """Iterate over the rows, some thousands at a time; parameters are those of `columns`."""
        request = self._scan(keys, min_step, max_step, label)
        for reply in self._replies(request):
            batch = Batch(reply)
            yield batch
            if int(batch.steps[-1]) == LAST_STEP:
                return
            request.min_step = int(batch.steps[-1]) + 1

    def _replies(self, request: query_pb2.ScanRowsRequest) -> Iterator[query_pb2.RowBatch]:
        """Scan from `min_step`, which the caller moves; go on there when a deadline strikes a slow reader."""
        while True:
            first = request.min_step if request.HasField("min_step") else None
            try:
                yield from self._connection.stream("ScanRows", request)
                return
            except DeadlineError:
                if not request.HasField("min_step") or request.min_step == first:
                    raise

    def collector(self) -> ColumnCollector:
        """Return what puts batches of this run together."""
        return ColumnCollector(self._created)

    def _scan(
        self, keys: Sequence[str] | None, min_step: int | None, max_step: int | None, label: str | None
    ) -> query_pb2.ScanRowsRequest:
        request = query_pb2.ScanRowsRequest(path=self._path, keys=wanted_keys(keys), in_columns=True)
        if label is not None:
            request.label = label
        # Beyond 64 bits there are no steps: such a bound leaves out nothing, or everything.
        first = -LAST_STEP - 1
        if min_step is not None and min_step > LAST_STEP:
            max_step = first
        elif min_step is not None and min_step > first:
            request.min_step = min_step
        if max_step is not None and max_step <= LAST_STEP:
            request.max_step = max(max_step, first)
        return request

    def _dicts(self, batch: Batch) -> Iterator[dict[str, Any]]:
        for _, sort, _, values in batch.columns:
            if sort == "other":
                values[:] = map(self._files.completed, values)
        # Some at a time: a dict takes more room than its row.
        for first in range(0, len(batch.steps), _DICTS):
            yield from batch.dicts(self._created, first, min(first + _DICTS, len(batch.steps)))

    def completed(self, columns: Columns) -> Columns:
        """Add `sha256` and `size` to the records of columns, and return them."""
        import numpy

        for array in columns.values():
            if array.dtype == object:
                data = numpy.ma.getdata(array)
                for index, each in enumerate(data):
                    if isinstance(each, (dict, list)):
                        data[index] = self._files.completed(each)
        return columns


def wanted_keys(keys: Sequence[str] | None, *more: str) -> list[str]:
    """Return the keys to ask for, each once, without those that every row has."""
    if isinstance(keys, str):
        keys = [keys]
    return list(dict.fromkeys(key for key in [*keys, *more] if key not in OF_EVERY_ROW)) if keys else []


def _place(x: Any) -> tuple[int, Any]:
    """Where an x stands: numbers first, then text; what has no order last, as it came."""
    if isinstance(x, (int, float)) and x == x:
        return 0, x
    return (1, x) if isinstance(x, str) else (2, 0)
