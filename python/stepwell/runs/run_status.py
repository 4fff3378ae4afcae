"""Progress of the sending of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunStatus:
    """How far the sending of a run is.

    Attributes
    ----------
    sync_items_total
        Rows that were logged.
    sync_items_pending
        Rows of these that are not where they go: on the server, or on disk for a local run.
    """

    sync_items_total: int
    sync_items_pending: int
