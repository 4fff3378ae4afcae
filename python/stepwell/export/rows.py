"""The rows that an export takes: those of every label, or of one, in parts that fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.api.columns.history import wanted_keys
from stepwell.api.columns.layout import sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stepwell.api import Columns, Run
    from stepwell.api.columns.columns import Batch

LABEL = "_label"
# Scalars of one part, about: some 100 MB as Python objects, a tenth of it as arrays.
_PART_SCALARS = 1_000_000


class ExportRows:
    """The rows of a run, to be gone over as often as needed.

    Parameters
    ----------
    run
        The run. What it logs after this is not among the rows.
    keys
        Keys to take; rows that have none of them are left out. By default all.
    label
        Whose rows; by default those of every label, one after the other.
    progress
        Is told how many rows were gone over.
    """

    def __init__(
        self, run: Run, keys: Sequence[str] | None, label: str | None, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._run = run
        self._keys = keys
        self._labels = run.labels if label is None else [label]
        self._reader = run.reader
        self._progress = progress
        # A row that comes while the export goes on must not bring a type that no column has.
        self._end = run.lastHistoryStep + 1  # beyond the greatest step: no bound
        # The key that says whose a row is; None if all are of one label.
        self._label_key = self._free_key() if len(self._labels) > 1 else None

    def _free_key(self) -> str:
        """Return a key that no row has: the name, after as many underscores as it needs."""
        key = LABEL
        while any(next(iter(self._run.scan_history([key], label=label)), None) for label in self._labels):
            key = f"_{key}"
        return key

    def sorts(self) -> dict[str, set[str]]:
        """Go over the rows and return the sorts of values by key: keys of every row first, then by name."""
        found: dict[str, set[str]] = {}
        rows = 0
        for _, batch in self._batches():
            for key, sort, _, values in batch.columns:
                found.setdefault(key, set()).update({sort} if sort != "other" else map(sort_of, values))
            rows += len(batch.steps)
            self._progress(rows)
        first: dict[str, set[str]] = {self._label_key: {"string"}} if self._label_key else {}
        first |= {"_step": {"int"}, "_runtime": {"float"}, "_timestamp": {"float"}}
        for key in [*wanted_keys(self._keys), *sorted(found)]:
            first[key] = first.get(key, set()) | found.get(key, set())
        return {key: sorts for key, sorts in first.items() if sorts}

    def parts(self) -> Iterator[Columns]:
        """Go over the rows and yield parts of them as columns."""
        rows = scalars = 0
        collector, of = self._reader.collector(), ""
        for label, batch in self._batches():
            if collector.rows and (scalars >= _PART_SCALARS or label != of):
                yield self._finish(collector, of)
                collector, scalars = self._reader.collector(), 0
            of = label
            collector.add(batch)
            scalars += len(batch.steps) * (3 + len(batch.columns))
            rows += len(batch.steps)
            self._progress(rows)
        if collector.rows:
            yield self._finish(collector, of)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Go over the rows one by one."""
        done = 0
        for label in self._labels:
            own: dict[str, Any] = {self._label_key: label} if self._label_key else {}
            for row in self._run.scan_history(self._keys, max_step=self._end, label=label):
                yield own | row
                done += 1
                if done % 1000 == 0:
                    self._progress(done)

    def _batches(self) -> Iterator[tuple[str, Batch]]:
        for label in self._labels:
            for batch in self._reader.batches(self._keys, None, self._end, label):
                yield label, batch

    def _finish(self, collector: Any, label: str) -> Columns:
        from stepwell.api.columns.columns import Columns, object_array

        columns = self._reader.completed(collector.finish(wanted_keys(self._keys)))
        if self._label_key is None:
            return columns
        return Columns({self._label_key: object_array([label] * columns.rows), **columns})
