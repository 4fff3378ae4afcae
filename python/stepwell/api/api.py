"""`Api`: the way in to what was written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.api.artifacts.calls import ArtifactCalls
from stepwell.api.presets import PresetCalls
from stepwell.api.run import Run, run_path
from stepwell.api.run_facts import User
from stepwell.api.runs import Runs
from stepwell.api.server.connection import Connection
from stepwell.api.server.local_server import servers
from stepwell.errors import CommError, UnsupportedError
from stepwell.proto.v1 import query_pb2
from stepwell.settings.foreign_settings import API_KEY
from stepwell.settings.settings_file import settings_of_process

if TYPE_CHECKING:
    from types import TracebackType

    from stepwell.api.artifacts.artifact import StoredArtifact

_TIMEOUT_SECONDS = 30.0
# What wandb's Api has and this one does not, and what to do instead.
_ABSENT = {
    "artifact_type": "artifact_collections(project, type) lists what there is of a type",
    "artifact_types": "artifact_collections(project, type) lists what there is of a type",
    "client": "there is no GraphQL; a server answers the routes of docs/http-api.md",
    "create_run": "begin a run with stepwell.init(project=…, id=…)",
    "sweep": "there are no sweeps",
    "reports": "there are no reports",
    "team": "there are no accounts",
    "create_team": "there are no accounts",
    "user": "there are no accounts",
    "users": "there are no accounts",
    "create_user": "there are no accounts",
    "job": "there are no jobs",
    "list_jobs": "there are no jobs",
    "queued_run": "there are no queues",
    "run_queue": "there are no queues",
    "create_run_queue": "there are no queues",
    "registries": "there is no registry",
    "registry": "there is no registry",
    "automations": "there are no automations",
    "integrations": "there are no integrations",
}


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

    @property
    def id(self) -> str:
        """`entity/name`, which is what `Api.runs` takes."""
        return f"{self.entity}/{self.name}"

    @property
    def path(self) -> list[str]:
        """`[entity, name]`."""
        return [self.entity, self.name]


class UnsupportedMethodError(UnsupportedError, AttributeError):
    """A method that wandb's Api has and this one does not."""


class Api(PresetCalls, ArtifactCalls):
    """Reads runs from a directory or a server.

    A directory is read by a server inside this process, which is kept until it ends; a run that is being
    written can be read at the same time. What was on disk before a call is seen by the call.

    Parameters
    ----------
    path_or_url
        A directory, or the address of a server (`http://host:port`). By default STEPWELL_URL, else
        STEPWELL_DIR, else `./stepwell`.
    timeout
        Deadline of a call, in s; by default 30.
    api_key
        Accepted for scripts written for wandb, without effect.
    overrides
        What `entity` and `project` mean where none is named; other names of wandb's have no effect. As in
        wandb it may come first.

    Raises
    ------
    UsageError
        If the address is none.
    CommError
        If there is no such directory; that of the settings is made, for nothing was logged yet. A server is
        only asked when something is read.
    """

    api_key = API_KEY  # which programs look for; nobody asks for it

    def __init__(
        self,
        path_or_url: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        *,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(path_or_url, Mapping):
            path_or_url, overrides = None, path_or_url
        text = None if path_or_url is None else os.fspath(path_or_url)
        given = {} if text is None else {"url" if "://" in text else "dir": text}
        meant = {name: (overrides or {}).get(name) for name in ("entity", "project")}
        settings = settings_of_process({**meant, **given})
        self.directory = None if settings.url and "dir" not in given else Path(settings.dir)
        self.default_entity = settings.entity
        self._default_project = settings.project
        address = settings.url if self.directory is None else servers.address(self.directory, may_make=not given)
        self._connection = Connection(address or "", _TIMEOUT_SECONDS if timeout is None else timeout, self.directory)

    @property
    def url(self) -> str:
        """Address of the server that is asked."""
        return self._connection.url

    @property
    def settings(self) -> dict[str, Any]:
        """What is meant where none is named: `entity`, `project` and `base_url`."""
        return {"entity": self.default_entity, "project": self._default_project, "base_url": self.url}

    @property
    def viewer(self) -> User:
        """Who asks: the owner that is meant where none is named."""
        return User(self.default_entity)

    def create_project(self, name: str, entity: str | None = None) -> None:
        """Do nothing: a project comes into being with its first run."""

    def flush(self) -> None:
        """Wait, for a directory, until all that is on disk is read. Nothing is remembered between calls."""
        self._connection.catch_up()

    def project(self, name: str, entity: str | None = None) -> Project:
        """Return one project.

        Raises
        ------
        CommError
            If nobody has written to it, or the server cannot be reached.
        """
        owner, _, own = name.rpartition("/")
        wanted = entity or owner or self.default_entity
        for found in self.projects(wanted):
            if found.name == own:
                return found
        raise CommError(f"there is no project {wanted}/{own}", not_found=True)

    def projects(self, entity: str | None = None, per_page: int = 200) -> list[Project]:
        """Return the projects, the latest active first.

        Parameters
        ----------
        entity
            Only those of this owner.
        per_page
            Ignored: all are fetched at once.
        """
        self._connection.catch_up()
        reply: Any = self._connection.call("ListProjects", query_pb2.ListProjectsRequest())
        return [
            Project(each.entity, each.name, each.runs, each.running, each.last_activity_us / 1e6)
            for each in reply.projects
            if entity is None or each.entity == entity
        ]

    def runs(
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | None = None,
        order: str = "-created_at",
        per_page: int = 50,
        include_sweeps: bool = True,
        lazy: bool = True,
    ) -> Runs:
        """Return the runs of a project. A project that nobody has written to has none.

        Parameters
        ----------
        path
            `project` or `entity/project`; by default the project of the settings.
        filters
            Which ones, as MongoDB would be asked: `{"config.lr": {"$gt": 0.1}, "state": "finished"}`. Fields
            are `config.KEY`, `summary_metrics.KEY`, `state`, `tags`, `name` (the id), `display_name`,
            `created_at`, `heartbeat_at`, `group`, `job_type`, `notes`, `runtime`, `exit_code`, `last_step`,
            `rows`; operators `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`, `$exists`, `$regex`,
            `$not`, and between filters `$and`, `$or`, `$nor`, `$not`.
        order
            A field with `+` (rising) or `-` before it: `-summary_metrics.accuracy`. Runs without it come
            last.
        per_page
            How many to fetch at once, as they are looked at.
        include_sweeps, lazy
            Ignored.

        Raises
        ------
        ValueError
            If the path is neither, or the filters hold what JSON cannot.
        CommError
            If the server cannot be reached, or does not know a field or an operator; it names it.
        """
        parts = (self._default_project if path is None else path.strip("/")).split("/")
        if len(parts) > 2 or not all(parts):
            raise ValueError(f"{path!r} is no path of a project; expected project or entity/project")
        if per_page < 1:
            raise ValueError(f"per_page must be at least 1, not {per_page}")
        try:
            asked = json.dumps(filters, allow_nan=False) if filters else ""
        except (TypeError, ValueError) as error:
            raise ValueError(f"the filters {filters!r} cannot be sent: {error}") from None
        self._connection.catch_up()
        entity = parts[0] if len(parts) == 2 else self.default_entity
        return Runs(self._connection, entity, parts[-1], per_page, asked, order)

    def run(self, path: str) -> Run:
        """Return one run.

        Parameters
        ----------
        path
            `project/id` or `entity/project/id`; an id alone means the project of the settings. With `runs/`
            before the id, as in addresses, or the address of the run's page.

        Raises
        ------
        ValueError
            If the path is neither.
        CommError
            If there is no such run, or the server cannot be reached.
        """
        wanted = run_path(path if "/" in path.strip("/") else f"{self._default_project}/{path}", self.default_entity)
        self._connection.catch_up()
        try:
            reply = self._connection.call("GetRun", query_pb2.GetRunRequest(path=wanted))
        except CommError as error:
            # `a/runs/id` is a run of the project `runs` if there is one, and else one of the project `a`.
            parts = path.strip("/").split("/")
            if not error.not_found or len(parts) != 3 or parts[1] != "runs":
                raise
            return self.run("/".join([self.default_entity, *parts]))
        return Run(self._connection, reply)

    def from_path(self, path: str) -> Project | Run | StoredArtifact:
        """Return the project, run or artifact of a path: `ENTITY/PROJECT`, with `/ID` or `/NAME:ALIAS`."""
        parts = path.strip("/").split("/")
        if ":" in parts[-1]:
            return self.artifact(path)
        return self.project(path) if len(parts) < 3 else self.run(path)

    def close(self) -> None:
        """Give up the connection. The server over a directory runs on until the process ends."""
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        if name in _ABSENT:
            raise UnsupportedMethodError(f"Api.{name} is not there: {_ABSENT[name]}")
        raise AttributeError(f"Api has no {name!r}")

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Api {self.directory or self.url}>"
