"""Read-only properties of a run: its path, address, state, times and counts."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection
    from stepwell.proto.v1 import query_pb2

# The years 1 and 9999.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_000_000


class User(str):
    """An owner of runs by name; there are no accounts, so all names of it are one."""

    __slots__ = ()

    @property
    def username(self) -> str:
        """The name."""
        return str(self)

    name = entity = username


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
    def storage_id(self) -> str:
        """The same as `id`."""
        return self.id

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
        """Exit code; None as long as the primary writer has not exited normally."""
        return self._reply.exit_code if self._reply.HasField("exit_code") else None

    @property
    def created_at(self) -> str:
        """When it began, as ISO 8601 in UTC."""
        return iso_time(self._reply.created_us)

    @property
    def heartbeat_at(self) -> str:
        """Its last sign of life, as ISO 8601 in UTC."""
        return iso_time(self._reply.heartbeat_us)

    @property
    def runtime(self) -> float:
        """Seconds from the first to the last row."""
        return self._reply.runtime_s

    @property
    def user(self) -> User:
        """Who owns it: the entity, as there are no accounts."""
        return User(self.entity)

    @property
    def labels(self) -> list[str]:
        """Labels of its writers, such as ranks; that of the primary writer first."""
        return [each.label for each in self._reply.labels]

    @property
    def rows(self) -> int:
        """Rows over all labels; calls of one step and label are one row."""
        return self._reply.rows

    @property
    def lost_rows(self) -> int:
        """Rows that did not fit in the buffer of their writer and are lost."""
        return self._reply.lost_rows

    @property
    def sampled_rows(self) -> int:
        """Rows that did not fit in the buffer of their writer and of which a sample came."""
        return self._reply.sampled_rows

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802  wandb's name
        """The highest step with a row; -1 without rows."""
        return self._reply.last_step if self._reply.HasField("last_step") else -1

    @property
    def metadata(self) -> dict[str, Any]:
        """Nothing: what a machine is made of is not collected."""
        return {}

    @property
    def system_metrics(self) -> dict[str, Any]:
        """Nothing: how a machine fares is not collected."""
        return {}

    @property
    def commit(self) -> None:
        """None: what git knows of the code is not collected."""

    @property
    def sweep(self) -> None:
        """None: there are no sweeps."""

    # Names of wandb's own.
    username = user
    sweep_name = sweep
    createdAt = created_at  # noqa: N815
    heartbeatAt = heartbeat_at  # noqa: N815
    historyLineCount = rows  # noqa: N815


def iso_time(time_us: int) -> str:
    """Return a time in microseconds since 1970 as ISO 8601 in UTC."""
    # Times of a wrong clock or of an import may lie outside of the years that `datetime` holds.
    time_us = min(max(time_us, _FIRST_US), _LAST_US)
    return datetime.fromtimestamp(time_us / 1e6, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
