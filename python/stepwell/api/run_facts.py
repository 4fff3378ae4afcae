"""Identity, state and counts of a run that is read: everything about it that cannot be changed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection
    from stepwell.proto.v1 import query_pb2

# The years 1 and 9999.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_000_000


class RunFacts:
    """Identity, state and counts of a run."""

    def __init__(self, connection: Connection, reply: query_pb2.Run) -> None:
        self._connection = connection
        self._reply = reply

    @property
    def id(self) -> str:
        """Id within the project."""
        return self._reply.path.run

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
        if self._connection.directory is not None:
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
    def user(self) -> str:
        """Who owns it: the entity, as there are no accounts."""
        return self.entity

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


def _iso(time_us: int) -> str:
    # A clock or an import may have said anything; a date has four digits for its year.
    time_us = min(max(time_us, _FIRST_US), _LAST_US)
    return datetime.fromtimestamp(time_us / 1e6, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
