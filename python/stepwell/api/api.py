"""`Api`: the way in to what was written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.api.catch_up import catch_up
from stepwell.api.connection import Connection
from stepwell.api.local_server import servers
from stepwell.api.run import Run, run_path
from stepwell.api.runs import Runs
from stepwell.client.settings import Settings, settings_files
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes
    ----------
    entity, name
        Owner and name.
    runs, running
        How many runs it has, and how many of them are running.
    last_activity
        When it last heard of one, in seconds since 1970.
    """

    entity: str
    name: str
    runs: int
    running: int
    last_activity: float


class Api:
    """Reads runs from a directory or a server.

    A directory is read by a server inside this process, which is kept until it ends; a run that is being written
    can be read at the same time. What was on disk before a call is seen by the call.

    Parameters
    ----------
    path_or_url
        A directory, or the address of a server (`http://host:port`). By default STEPWELL_URL, else STEPWELL_DIR, else
        `./stepwell`.
    timeout
        Deadline of a call, in s.

    Raises
    ------
    UsageError
        If the address is none.
    CommError
        If there is no such directory. A server is only asked when something is read.
    """

    def __init__(self, path_or_url: str | os.PathLike[str] | None = None, timeout: float = 30.0) -> None:
        text = None if path_or_url is None else os.fspath(path_or_url)
        given = {} if text is None else {"url" if "://" in text else "dir": text}
        settings = Settings.resolve(given, None, os.environ, settings_files(os.environ))
        self.directory = None if settings.url and "dir" not in given else Path(settings.dir)
        self.default_entity = settings.entity
        self._timeout = timeout
        address = settings.url if self.directory is None else servers.address(self.directory)
        self._connection = Connection(address or "", timeout)

    @property
    def url(self) -> str:
        """Address of the server that is asked."""
        return self._connection.url

    def projects(self, entity: str | None = None) -> list[Project]:
        """Return the projects, the latest active first; of one owner, if `entity` is given."""
        self._catch_up()
        reply: Any = self._connection.call("ListProjects", query_pb2.ListProjectsRequest())
        return [
            Project(each.entity, each.name, each.runs, each.running, each.last_activity_us / 1e6)
            for each in reply.projects
            if entity is None or each.entity == entity
        ]

    def runs(self, path: str, per_page: int = 50) -> Runs:
        """Return the runs of a project, the newest first. A project that nobody has written to has none.

        Parameters
        ----------
        path
            `project` or `entity/project`.
        per_page
            How many to fetch at once, as they are looked at.

        Raises
        ------
        ValueError
            If the path is neither.
        CommError
            If the server cannot be reached.
        """
        parts = path.strip("/").split("/")
        if len(parts) > 2 or not all(parts):
            raise ValueError(f"{path!r} is no path of a project; expected project or entity/project")
        self._catch_up()
        entity = parts[0] if len(parts) == 2 else self.default_entity
        return Runs(self._connection, entity, parts[-1], per_page, self.directory is not None)

    def run(self, path: str) -> Run:
        """Return one run.

        Parameters
        ----------
        path
            `project/id` or `entity/project/id`.

        Raises
        ------
        ValueError
            If the path is neither.
        CommError
            If there is no such run, or the server cannot be reached.
        """
        wanted = run_path(path, self.default_entity)
        self._catch_up()
        reply = self._connection.call("GetRun", query_pb2.GetRunRequest(path=wanted))
        return Run(self._connection, reply, self.directory is not None)

    def close(self) -> None:
        """Give up the connection. The server over a directory runs on until the process ends."""
        self._connection.close()

    def _catch_up(self) -> None:
        if self.directory is not None:
            catch_up(self._connection, self.directory, self._timeout)

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Api {self.directory or self.url}>"
