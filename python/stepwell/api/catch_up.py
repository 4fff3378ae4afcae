"""Waits until the server over a directory has read what was on disk when it was asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from stepwell.client import session
from stepwell.errors import CommError
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell.api.connection import Connection

_LOOK_SECONDS = 0.01
# The follower looks at the spools several times in this time.
_STABLE_SECONDS = 0.5
# Rows of a run of this process are on disk within 50 ms.
_SPOOL_SECONDS = 2.0


def catch_up(connection: Connection, directory: Path, timeout: float) -> None:
    """Wait until the server has read everything that was in the spools when this was called.

    Raises
    ------
    CommError
        If that takes longer than `timeout` seconds.
    """
    for run in session.unfinished():
        if run.dir == str(directory.expanduser().absolute()):
            run.flush(_SPOOL_SECONDS)
    deadline = time.monotonic() + timeout
    wait = _until_stable if "caught_up_us" not in query_pb2.GetStatusReply.DESCRIPTOR.fields_by_name else _until_said
    if not wait(connection, deadline):
        raise CommError(f"reading {directory} takes longer than {timeout:g} s; allow more with Api(timeout=…)")


def _until_said(connection: Connection, deadline: float) -> bool:
    """Wait until the server says that it has seen everything up to now."""
    called_us = time.time_ns() // 1000
    while True:
        status: Any = connection.call("GetStatus", query_pb2.GetStatusRequest())
        if status.caught_up_us >= called_us:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)


def _until_stable(connection: Connection, deadline: float) -> bool:
    """Wait until nothing changes any more: the sign of a server that does not say how far it is."""
    last, unchanged_since = None, time.monotonic()
    while time.monotonic() < deadline:
        projects: Any = connection.call("ListProjects", query_pb2.ListProjectsRequest()).projects
        seen = []
        for project in projects:
            request = query_pb2.ListRunsRequest(entity=project.entity, project=project.name)
            seen += [(run.path.run, run.rows, run.state) for run in connection.call("ListRuns", request).runs]
        if seen != last:
            last, unchanged_since = seen, time.monotonic()
        elif time.monotonic() - unchanged_since > _STABLE_SECONDS:
            return True
        time.sleep(_LOOK_SECONDS)
    return False
