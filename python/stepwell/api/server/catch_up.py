"""Waiting until the server over a directory has read what this and other processes have logged there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stepwell.errors import CommError
from stepwell.process import session
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell.api.server.connection import Connection

_POLL_SECONDS = 0.01
# Rows of this process are on disk within 50 ms as a rule; this is the limit.
_FLUSH_TIMEOUT_SECONDS = 2.0


def catch_up(connection: Connection, directory: Path, timeout: float) -> None:
    """Write out the rows of this process, then wait until the server has read every spool of the directory.

    Raises
    ------
    CommError
        If that takes longer than `timeout` seconds.
    """
    for run in session.unfinished():
        if run.directory == str(directory.expanduser().absolute()):
            run.flush(_FLUSH_TIMEOUT_SECONDS)
    flushed_us = time.time_ns() // 1000
    deadline = time.monotonic() + timeout
    while (status := connection.call("GetStatus", query_pb2.GetStatusRequest())).caught_up_us < flushed_us:
        if time.monotonic() > deadline:
            read = status.backlog_read_bytes / 1e6
            total = read + status.backlog_left_bytes / 1e6
            raise CommError(
                f"reading {directory} takes longer than {timeout:g} s: {read:,.0f} of {total:,.0f} MB are read; "
                "allow more with Api(timeout=…)"
            )
        time.sleep(_POLL_SECONDS)
