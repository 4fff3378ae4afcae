"""A run, as it is read back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stepwell.api import value
from stepwell.api.connection import DeadlineError
from stepwell.api.table import to_pandas
from stepwell.proto.v1 import model_pb2, query_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.api.connection import Connection

_OF_EVERY_ROW = ("_step", "_runtime", "_timestamp")


class Run:
    """What a server knows of a run when it was asked; `load` asks again.

    Parameters
    ----------
    connection
        The server.
    reply
        What it said.
    is_local
        Whether the server is this process, reading a directory.
    """

    def __init__(self, connection: Connection, reply: query_pb2.Run, is_local: bool) -> None:
        self._connection = connection
        self._is_local = is_local
        self._reply = reply

    def load(self) -> Run:
        """Ask the server for the newest state."""
        self._reply = self._connection.call("GetRun", query_pb2.GetRunRequest(path=self._reply.path))
        return self

    @property
    def id(self) -> str:
        """Id within the project."""
        return self._reply.path.run

    @property
    def name(self) -> str:
        """Display name; the id if it has none."""
        return self._reply.name

    @property
    def entity(self) -> str:
        """Owner of the project."""
        return self._reply.path.entity

    @property
    def project(self) -> str:
        """Project."""
        return self._reply.path.project

    @property
    def path(self) -> list[str]:
        """`[entity, project, id]`."""
        return [self.entity, self.project, self.id]

    @property
    def url(self) -> str | None:
        """Address of its page; None for a directory."""
        if self._is_local:
            return None
        entity, project, run = (quote(part, safe="") for part in self.path)
        return f"{self._connection.url}/{entity}/{project}/runs/{run}/charts"

    @property
    def state(self) -> str:
        """`running`, `finished`, `failed`, or `crashed` (no sign of life for 60 s)."""
        return self._reply.state

    @property
    def exit_code(self) -> int | None:
        """Exit code; None as long as the primary writer has not ended in order."""
        return self._reply.exit_code if self._reply.HasField("exit_code") else None

    @property
    def created_at(self) -> str:
        """When it began, as ISO 8601 in UTC."""
        return _iso(self._reply.created_us)

    @property
    def heartbeat_at(self) -> str:
        """Its last sign of life, as ISO 8601 in UTC."""
        return _iso(self._reply.heartbeat_us)

    @property
    def runtime(self) -> float:
        """Seconds from the first to the last row."""
        return self._reply.runtime_s

    @property
    def config(self) -> dict[str, Any]:
        """Configuration; a new dict each time."""
        return value.unpack(self._reply.config) or {}

    @property
    def summary(self) -> dict[str, Any]:
        """One value per key: set by hand, or the last one logged; a new dict each time."""
        return value.unpack(self._reply.summary) or {}

    @property
    def tags(self) -> list[str]:
        """Tags."""
        return list(self._reply.tags)

    @property
    def notes(self) -> str:
        """Notes."""
        return self._reply.notes

    @property
    def group(self) -> str:
        """Group of runs that it belongs to."""
        return self._reply.group

    @property
    def job_type(self) -> str:
        """What it does."""
        return self._reply.job_type

    @property
    def labels(self) -> list[str]:
        """What tells its writers apart, the primary one first."""
        return [each.label for each in self._reply.labels]

    @property
    def rows(self) -> int:
        """Rows over all labels; calls of one step and label are one row."""
        return self._reply.rows

    @property
    def lost_rows(self) -> int:
        """Rows that found no room at the writer and are lost."""
        return self._reply.lost_rows

    @property
    def sampled_rows(self) -> int:
        """Rows that found no room at the writer and came as a sample."""
        return self._reply.sampled_rows

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802  wandb's name
        """The highest step with a row; -1 without rows."""
        return self._reply.last_step if self._reply.HasField("last_step") else -1

    def last_step(self, label: str | None = None) -> int | None:
        """Return the highest step of a label (None: of all of them), None without rows."""
        if label is None:
            return self._reply.last_step if self._reply.HasField("last_step") else None
        request = query_pb2.SampleRowsRequest(path=self._reply.path, label=label, samples=1)
        steps = [row.step for row in self._sampled(request)]
        return max(steps, default=None)

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        label: str | None = None,
    ) -> Any:
        """Return a sample of the rows. The same call gives the same rows, as long as none were added.

        Parameters
        ----------
        samples
            How many rows, 1 to 1,000,000. The first and the last one, and those with the lowest and the highest value
            of each key, come on top where they are not among them.
        keys
            Keys to return; rows that have none of them are left out. By default all.
        x_axis
            Key by which the rows are sorted.
        pandas
            Return a DataFrame if pandas is installed.
        label
            Whose rows; by default those of the primary label.

        Returns
        -------
        pandas.DataFrame or list of dict
            A row per step with `_step`, `_runtime` (s), `_timestamp` (s since 1970) and the keys.
        """
        wanted = _wanted(keys, x_axis)
        request = query_pb2.SampleRowsRequest(path=self._reply.path, keys=wanted, samples=samples)
        if label is not None:
            request.label = label
        found = [self._as_dict(row) for row in self._sampled(request)]
        if x_axis != "_step":
            found = sorted((row for row in found if x_axis in row), key=lambda row: row[x_axis])
        frame = to_pandas(found, [*_OF_EVERY_ROW, *wanted]) if pandas else None
        return found if frame is None else frame

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
        label: str | None = None,
    ) -> Iterator[dict[str, Any]]:
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

        Yields
        ------
        dict
            `_step`, `_runtime` (s), `_timestamp` (s since 1970), and the values; nested dicts are flat, their keys
            joined by dots.
        """
        request = query_pb2.ScanRowsRequest(path=self._reply.path, keys=_wanted(keys))
        if label is not None:
            request.label = label
        if min_step is not None:
            request.min_step = min_step
        if max_step is not None:
            request.max_step = max_step
        return self._scan(request)

    def _scan(self, request: query_pb2.ScanRowsRequest) -> Iterator[dict[str, Any]]:
        """Go on behind the last row when the deadline strikes while the reader takes its time."""
        while True:
            first = request.min_step if request.HasField("min_step") else None
            try:
                for batch in self._connection.stream("ScanRows", request):
                    for row in value.rows(batch.payload):
                        yield self._as_dict(row)
                        request.min_step = row.step + 1
            except DeadlineError:
                if request.HasField("min_step") and request.min_step != first:
                    continue
                raise
            return

    def _sampled(self, request: query_pb2.SampleRowsRequest) -> list[value.Row]:
        batches = self._connection.stream("SampleRows", request)
        return [row for batch in batches for row in value.rows(batch.payload)]

    def _as_dict(self, row: value.Row) -> dict[str, Any]:
        started = self._reply.created_us / 1e6
        own = {"_step": row.step, "_runtime": row.time - started, "_timestamp": row.time}
        return {**own, **row.values}

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"


def run_path(path: str, entity: str) -> model_pb2.RunPath:
    """Return the path of `project/id` or `entity/project/id`.

    Raises
    ------
    ValueError
        If it is neither.
    """
    parts = path.strip("/").split("/")
    if len(parts) == 4 and parts[2] == "runs":  # as in the address of a page
        del parts[2]
    if len(parts) not in {2, 3} or not all(parts):
        raise ValueError(f"{path!r} is no path of a run; expected project/id or entity/project/id")
    *owner, project, run = parts
    return model_pb2.RunPath(entity=owner[0] if owner else entity, project=project, run=run)


def _wanted(keys: Sequence[str] | None, *more: str) -> list[str]:
    if isinstance(keys, str):
        keys = [keys]
    return list(dict.fromkeys(key for key in [*keys, *more] if key not in _OF_EVERY_ROW)) if keys else []


def _iso(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
