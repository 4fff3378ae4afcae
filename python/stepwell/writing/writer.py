"""How a run writes: the native writer, or nothing at all when the mode is `disabled`."""

# ruff: noqa: D102  the methods are those of `stepwell._native.Writer`, and documented there

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol

from stepwell._native import Defaults, flatten
from stepwell.writing.tally import Tally

if TYPE_CHECKING:
    from stepwell._native import Content, FinishReport, WriterStatus


class LogRow(Protocol):
    """The signature of `log`."""

    def __call__(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...


class Writer(Protocol):
    """What a run asks of a writer; `stepwell._native.Writer` is one."""

    @property
    def step(self) -> int: ...
    @property
    def start_time(self) -> float: ...
    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...
    def log_columns(self, columns: Mapping[str, Any], steps: Any = None) -> None: ...
    def collected(self) -> dict[str, Any]: ...
    def preview(self) -> dict[str, list[float]]: ...
    def put_file(self, path: str, content: Content) -> None: ...
    def convert(self, key: str, value: Any) -> Any: ...
    def set_config(self, values: Mapping[str, Any], deleted: Sequence[str] = ()) -> None: ...
    def set_summary(self, values: Mapping[str, Any], deleted: Sequence[str] = ()) -> None: ...
    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: Sequence[str] = (),
        goal: str | None = None,
        overwrite: bool = False,
    ) -> None: ...
    def set_info(
        self,
        name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        group: str | None = None,
        job_type: str | None = None,
    ) -> None: ...
    def summary(self) -> dict[str, Any]: ...
    def flush(self, level: Literal["spooled", "synced", "acked"], timeout: float) -> bool: ...
    def status(self) -> WriterStatus: ...
    def finish(self, exit_code: int, timeout: float) -> FinishReport: ...


@dataclass(frozen=True)
class WriterOptions:
    """Who writes, to which run, and where to: the arguments of `stepwell._native.Writer`."""

    directory: str
    entity: str
    project: str
    run: str
    label: str
    rank: int | None
    primary: bool
    attempt: int
    runtime_offset: float
    host: str
    destination: str
    start_step: int
    on_full: Literal["sample", "block", "raise"]
    strict_steps: bool
    queue_bytes: int
    spool_bytes: int
    summary_follows_log: bool = False
    max_keys: int = Defaults.MAX_KEYS

    def path(self) -> tuple[str, str, str, str]:
        """Return which run this is: directory, entity, project, id."""
        return self.directory, self.entity, self.project, self.run

    def open(self, silent: bool = False, warn: Callable[[str], None] | None = None) -> Writer:
        """Begin a stream.

        Parameters
        ----------
        silent
            Whether it never writes to standard error.
        warn
            Is told what happens to values of `log` while they are logged.
        """
        from stepwell import _native

        _native.set_fallback(_convert)
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return _native.Writer(**given, silent=silent, warn=warn)


def _convert(key: str, value: Any) -> Any:
    """Convert the first value that the native encoder does not know; the next goes there directly."""
    from stepwell import _native
    from stepwell.values import convert as encode

    _native.set_fallback(encode.convert)
    return encode.convert(key, value)


class DisabledWriter:
    """Keeps nothing but last values and those set by hand, so that `run.summary` and `run.step` work."""

    def __init__(self, start_step: int) -> None:
        self.start_time = time.time()
        self.step = start_step
        self._tally = Tally()
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
            self._tally.see(key, value)
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

    def preview(self) -> dict[str, list[float]]:
        return {}

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
        self._tally.define(name, summary, goal)

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
        for key in self._tally:
            if key not in self._deleted and key not in self._hand:
                logged.update(self._tally.summary(key))
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

    def finish(self, exit_code: int, timeout: float) -> FinishReport:
        return {
            "complete": True,
            "rows": 0,
            "sampled_rows": 0,
            "lost_rows": 0,
            "rejected_rows": 0,
            "refused_rows": 0,
            "refused_values": 0,
            "is_there": True,
            "unsent_rows": 0,
            "files": 0,
            "unsent_files": 0,
            "lost_files": 0,
            "message": "",
        }
