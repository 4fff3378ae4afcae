"""The runs of a project, fetched in pages as they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from stepwell.api.run import Run
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from stepwell.api.connection import Connection


class Runs(Sequence[Run]):
    """A sequence of runs, the newest first.

    Parameters
    ----------
    connection
        The server.
    entity, project
        Whose runs.
    per_page
        How many to fetch at once.
    is_local
        Whether the server is this process, reading a directory.
    """

    def __init__(self, connection: Connection, entity: str, project: str, per_page: int, is_local: bool) -> None:
        self.entity = entity
        self.project = project
        self._connection = connection
        self._per_page = per_page
        self._is_local = is_local
        self._runs: list[Run] = []
        self._total = 0
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
        return self._runs[chosen] if isinstance(chosen, int) else [self._runs[each] for each in chosen]

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project} ({self._total})>"

    def _fetch(self) -> bool:
        """Fetch the next page; False if there is none."""
        request = query_pb2.ListRunsRequest(
            entity=self.entity, project=self.project, limit=self._per_page, offset=len(self._runs)
        )
        reply: Any = self._connection.call("ListRuns", request)
        self._runs += [Run(self._connection, run, self._is_local) for run in reply.runs]
        self._total = reply.total if reply.runs else len(self._runs)
        return bool(reply.runs)
