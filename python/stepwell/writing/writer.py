"""Interface of writers: the methods of `stepwell._native.Writer` that a run asks for."""

# ruff: noqa: D102  the methods are those of `stepwell._native.Writer`, and documented there

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from stepwell._native import Content, FinishReport, WriterStatus


class LogRow(Protocol):
    """The signature of `log`."""

    def __call__(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...


class Writer(Protocol):
    """Writes one stream of a run."""

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
