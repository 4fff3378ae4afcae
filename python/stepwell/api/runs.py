"""The runs of a project, fetched in pages as they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from stepwell.api.columns.optional_imports import imported
from stepwell.api.columns.pandas_frames import to_pandas
from stepwell.api.run import LISTED_VALUES, Run
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection


class Runs(Sequence[Run]):
    """A sequence of runs: all, or those that `filters` (JSON) choose; without an `order` the newest first."""

    def __init__(
        self, connection: Connection, entity: str, project: str, per_page: int, filters: str = "", order: str = ""
    ) -> None:
        self.entity = entity
        self.project = project
        self._connection = connection
        self._per_page = per_page
        self._filters = filters
        self._order = order
        self._runs: list[Run] = []
        self._total = 0
        # How many `next` has returned.
        self._taken = 0
        self._fetch()

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        chosen = range(self._total)[index]
        last = chosen if isinstance(chosen, int) else max(chosen, default=-1)
        while len(self._runs) <= last and self._fetch():
            pass
        if isinstance(chosen, int):
            return self._runs[chosen]
        return [self._runs[each] for each in chosen if each < len(self._runs)]

    @property
    def more(self) -> bool:
        """Whether there are runs that were not fetched yet."""
        return len(self._runs) < self._total

    def __next__(self) -> Run:
        """Return the run after the one that was returned last."""
        if self._taken >= len(self):
            raise StopIteration
        self._taken += 1
        return self[self._taken - 1]

    next = __next__  # wandb's name

    @property
    def objects(self) -> list[Run]:
        """The runs as a list; all of them are fetched for it."""
        return self[:]

    def to_pandas(self) -> Any:
        """Return a DataFrame, a row per run: `id`, `name`, `state`, …, `config.KEY` and `summary.KEY`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        imported("pandas", "Runs.to_pandas()")
        return to_pandas([_as_row(run) for run in self])

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Literal["default", "pandas", "polars"] = "default",  # noqa: A002  wandb's name
        stream: str = "default",
    ) -> Any:
        """Return samples of the rows of all runs, in one list or table with a column `run_id`.

        Parameters
        ----------
        samples, keys, x_axis, stream
            As in `Run.history`, for each run.
        format
            A list of dicts, a pandas.DataFrame, or a polars.DataFrame.

        Raises
        ------
        ValueError
            If the format is another.
        ImportError
            If its package is not installed.
        """
        if format not in {"default", "pandas", "polars"}:
            raise ValueError(f"format must be 'default', 'pandas' or 'polars', not {format!r}")
        package = None if format == "default" else imported(format, f"Runs.histories(format={format!r})")
        rows = [
            {"run_id": run.id, **row}
            for run in self
            for row in run.history(samples, keys, x_axis, pandas=False, stream=stream)
        ]
        if package is None:
            return rows
        if format == "polars":
            return package.DataFrame(rows, infer_schema_length=None, strict=False)
        return to_pandas(rows, ["run_id"])

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project} ({self._total})>"

    def _fetch(self) -> bool:
        """Fetch the next page; False if there is none."""
        request = query_pb2.ListRunsRequest(
            entity=self.entity,
            project=self.project,
            limit=self._per_page,
            offset=len(self._runs),
            filters=self._filters,
            order=self._order,
            summary_limit=LISTED_VALUES,
        )
        reply: Any = self._connection.call("ListRuns", request)
        known = {run.id for run in self._runs}
        # A run that began meanwhile moves the others on: one that is on the next page again is the same.
        self._runs += [Run(self._connection, run, is_listed=True) for run in reply.runs if run.path.run not in known]
        self._total = reply.total if reply.runs else len(self._runs)
        return bool(reply.runs)


def _as_row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "created_at": run.created_at,
        "runtime": run.runtime,
        "rows": run.rows,
        "group": run.group,
        "job_type": run.job_type,
        "tags": run.tags,
        "notes": run.notes,
    }
    row |= {f"config.{key}": each for key, each in run.config.items()}
    return row | {f"summary.{key}": each for key, each in run.summary.flat().items()}
