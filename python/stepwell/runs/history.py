"""The row that is being collected, as wandb's `run.history` gives access to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.errors import UsageError
from stepwell.values.nested import nest

if TYPE_CHECKING:
    from stepwell.runs.run import Run


class HistoryRow(MutableMapping[str, Any]):
    """What was logged for the current step so far; writing to it is `log(…, commit=False)`.

    What is collected may be on disk already, so a key cannot be removed.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, key: str) -> Any:
        return self.as_dict()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._run.log({key: value}, commit=False)

    def __delitem__(self, key: str) -> NoReturn:
        raise UsageError(f"history.row: {key!r} was logged and may be on disk; it cannot be removed, only replaced")

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __len__(self) -> int:
        return len(self.as_dict())

    def __repr__(self) -> str:
        return repr(self.as_dict())

    def update(self, *values: Any, **more: Any) -> None:
        """Add several values in one piece."""
        self._run.log(dict(*values, **more), commit=False)

    def as_dict(self) -> dict[str, Any]:
        """Return a copy as a plain dict."""
        return nest(self._run.collected())


class History:
    """The rows of a run, as far as they can be changed: the one that is being collected."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._row = HistoryRow(run)

    @property
    def row(self) -> HistoryRow:
        """The row that is being collected: changes of it are logged at once; the next `log` completes it."""
        return self._row

    @row.setter
    def row(self, values: Mapping[str, Any]) -> None:
        self._row.update(values)

    def add(
        self, row: Mapping[str, Any] | None = None, step: int | None = None, timestamp: float | None = None
    ) -> None:
        """Add values to the row that is being collected, and write it.

        Parameters
        ----------
        row
            Values by key.
        step
            Step of the row; with it the row stays open for more values of the same step, as with `log`.
        timestamp
            Time of the row, in seconds since 1970; by default now.
        """
        self._run.log({**(row or {}), **({} if timestamp is None else {"_timestamp": timestamp})}, step=step)
