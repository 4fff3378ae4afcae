"""Waiting until the server over a directory has read what was on disk when it was asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stepwell.errors import CommError
from stepwell.process import session
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell.api.server.connection import Connection

_LOOK_SECONDS = 0.01
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
        if run.directory == str(directory.expanduser().absolute()):
            run.flush(_SPOOL_SECONDS)
    called_us = time.time_ns() // 1000
    deadline = time.monotonic() + timeout
    while connection.call("GetStatus", query_pb2.GetStatusRequest()).caught_up_us < called_us:
        if time.monotonic() > deadline:
            raise CommError(f"reading {directory} takes longer than {timeout:g} s; allow more with Api(timeout=…)")
        time.sleep(_LOOK_SECONDS)
