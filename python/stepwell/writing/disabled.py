"""Writer of the mode `disabled`: keeps nothing but the summary and the current row."""

# ruff: noqa: D102  the methods are those of `stepwell._native.Writer`, and documented there

from __future__ import annotations

import operator
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from stepwell._native import flatten
from stepwell.writing.aggregates import Aggregates

if TYPE_CHECKING:
    from stepwell._native import Content, WriterStatus


class DisabledWriter:
    """Keeps nothing but last values and those set by hand, so that `run.summary` and `run.step` work."""

    def __init__(self, start_step: int) -> None:
        self.start_time = time.time()
        self.step = start_step
        self._aggregates = Aggregates()
        self._hand: dict[str, Any] = {}
        self._deleted: set[str] = set()
        self._row: dict[str, Any] = {}

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        if not isinstance(data, Mapping):
            raise TypeError(f"log() takes a dict of keys and values, got {type(data).__name__}")
        keys: list[object] = list(data)
        for key in keys:
            if not isinstance(key, str):
                raise TypeError(f"keys must be str, got {type(key).__name__} ({key!r})")
        at = self.step if step is None else operator.index(step)
        for key, value in flatten(dict(data)):
            self._aggregates.see(key, value)
        if at < self.step:
            return
        self._row = {**(self._row if at == self.step else {}), **data}
        self.step = at
        if commit or (commit is None and step is None):
            self.step, self._row = at + 1, {}

    def log_columns(self, columns: Mapping[str, Any], steps: Any = None) -> None:
        rows = max((len(column) for column in columns.values()), default=0)
        for row in range(rows):
            values = {key: column[row] for key, column in columns.items()}
            self.log(values, step=None if steps is None else int(steps[row]))

    def collected(self) -> dict[str, Any]:
        return dict(self._row)

    def put_file(self, path: str, content: Content) -> None:
        pass

    def convert(self, key: str, value: Any) -> Any:
        return value

    def set_config(self, values: Mapping[str, Any], deleted: Sequence[str] = ()) -> None:
        pass

    def set_summary(self, values: Mapping[str, Any], deleted: Sequence[str] = ()) -> None:
        self._hand = {key: value for key, value in {**self._hand, **values}.items() if key not in deleted}
        self._deleted = (self._deleted - values.keys()) | set(deleted)

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: Sequence[str] = (),
        goal: str | None = None,
        overwrite: bool = False,
    ) -> None:
        self._aggregates.define(name, summary, goal)

    def set_info(
        self,
        name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        group: str | None = None,
        job_type: str | None = None,
    ) -> None:
        pass

    def summary(self) -> dict[str, Any]:
        logged: dict[str, Any] = {}
        for key in self._aggregates:
            if key not in self._deleted and key not in self._hand:
                logged.update(self._aggregates.summary(key))
        return {**logged, **self._hand}

    def flush(self, level: Literal["spooled", "synced", "acked"], timeout: float) -> bool:
        return True

    def status(self) -> WriterStatus:
        return {
            "accepted": 0,
            "spooled": 0,
            "acked": 0,
            "queued_bytes": 0,
            "sampled_rows": 0,
            "lost_rows": 0,
            "rejected_rows": 0,
            "refused_values": 0,
            "waiting_files": 0,
            "lost_files": 0,
            "connection": "disabled",
        }
