"""The artifacts of a project: what its runs have logged and used, in versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.api.artifacts.artifact import StoredArtifact
from stepwell.errors import CommError, UnsupportedError
from stepwell.proto.v1 import query_pb2
from stepwell.writing.artifact_notes import LOGGED, MARK, USED, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepwell.api.run import Run
    from stepwell.api.server.connection import Connection

_FILTER = f'{{"config.{MARK}": {{"$exists": true}}}}'
_PER_CALL = 500


@dataclass(frozen=True)
class Catalogue:
    """What is known of the artifacts of one project.

    Attributes
    ----------
    connection
        The server.
    entity, project
        The project.
    read
        Makes a run of what the server says of one.
    """

    connection: Connection
    entity: str
    project: str
    read: Callable[[Connection, query_pb2.Run], Run]

    def runs(self) -> Iterator[Run]:
        """Yield the runs that have notes on artifacts."""
        offset, total = 0, 1
        while offset < total:
            request = query_pb2.ListRunsRequest(
                entity=self.entity, project=self.project, limit=_PER_CALL, offset=offset, filters=_FILTER
            )
            request.summary_limit = 1
            reply: Any = self.connection.call("ListRuns", request)
            for each in reply.runs:
                yield self.read(self.connection, each)
            offset, total = offset + _PER_CALL, reply.total

    def types(self) -> dict[str, str]:
        """Return the type of every artifact by name."""
        return {note["name"]: note["type"] for run in self.runs() for _, note in _logged(run)}

    def versions(self, name: str) -> list[StoredArtifact]:
        """Return the versions of an artifact, the oldest first.

        What was logged with the content of an earlier version is that version. One whose files have not all
        come yet is left out.
        """
        found = [(run, folder, note) for run in self.runs() for folder, note in _logged(run) if note["name"] == name]
        versions: dict[str, StoredArtifact] = {}
        # Aliases in the order in which they were given and, without an artifact, taken away.
        changes: list[tuple[float, str, StoredArtifact | None]] = []
        for run, folder, note in sorted(found, key=lambda each: (each[2]["time"], each[0].id, each[1])):
            files = {
                name.removeprefix(f"{folder}/"): file
                for name, file in run.known_files.items()
                if name.startswith(f"{folder}/")
            }
            named = {path for values in note["values"].values() for path in values}
            if len(files) < note["count"] or not named <= run.known_files.keys():
                continue
            found_here = StoredArtifact(self, run, note, folder, files)
            artifact = versions.setdefault(found_here.digest, found_here)
            if artifact is found_here:
                artifact.number = len(versions) - 1
            artifact.places.append(place_of(run.path, folder))
            changes += [(given, alias, artifact) for alias, given in note["aliases"].items()]
            changes += [(taken, alias, None) for alias, taken in note.get("removed", {}).items() if alias != "latest"]
            changes.append((note["time"], "latest", artifact))
        owners = {alias: artifact for _, alias, artifact in sorted(changes, key=lambda change: change[0])}
        for each in versions.values():
            each.take_aliases([alias for alias, owner in owners.items() if owner is each])
        return list(versions.values())

    def collection(self, name: str, kind: str) -> Collection:
        """Return an artifact of a type with all its versions."""
        return Collection(self, name, kind)

    def version(self, name: str, alias: str) -> StoredArtifact:
        """Return the version of an artifact that has an alias, or is called `v3`.

        Raises
        ------
        CommError
            If there is none.
        """
        versions = self.versions(name)
        for each in versions:
            if alias == each.version or alias in each.aliases:
                return each
        has = "; ".join(" ".join([each.version, *each.aliases]) for each in versions)
        raise CommError(
            f"there is no artifact {self.entity}/{self.project}/{name}:{alias}, "
            f"{f'only {has}' if has else 'and nobody has logged that name'}",
            not_found=True,
        )

    def logged(self, run: Run) -> list[StoredArtifact]:
        """Return the artifacts that a run has logged."""
        return self.of_places([(place_of(run.path, folder), note["name"]) for folder, note in _logged(run)])

    def used(self, run: Run) -> list[StoredArtifact]:
        """Return the artifacts that a run has used, and that are still there."""
        found = []
        for key in run.artifact_notes:
            if key.startswith(USED):
                where = key.removeprefix(USED)
                entity, project, *_, folder = where.split("/")
                other = replace(self, entity=entity, project=project)
                found += other.of_places([(where, folder.partition("@")[0])])
        return found

    def users(self, artifact: StoredArtifact) -> list[Run]:
        """Return the runs that have used an artifact."""
        return [run for run in self.runs() if any(f"{USED}{each}" in run.artifact_notes for each in artifact.places)]

    def of_places(self, places: list[tuple[str, str]]) -> list[StoredArtifact]:
        """Return the artifacts that were logged in places, with the names that they have there."""
        versions = {name: self.versions(name) for name in dict.fromkeys(name for _, name in places)}
        return [each for where, name in places for each in versions[name] if where in each.places]


@dataclass(frozen=True)
class Collection:
    """All versions of an artifact.

    Attributes
    ----------
    catalogue
        What knows them.
    name, type
        Its name and its type.
    """

    catalogue: Catalogue
    name: str
    type: str

    def artifacts(self, per_page: int = 50) -> list[StoredArtifact]:
        """Return the versions, the newest first."""
        return self.catalogue.versions(self.name)[::-1]

    versions = artifacts

    @property
    def id(self) -> str:
        """What tells it apart from all others: `ENTITY/PROJECT/NAME`."""
        return f"{self.catalogue.entity}/{self.catalogue.project}/{self.name}"

    @property
    def description(self) -> str | None:
        """That of its newest version."""
        return next((each.description for each in self.artifacts()), None)

    @property
    def tags(self) -> list[str]:
        """Those of its versions, each once."""
        return list(dict.fromkeys(tag for each in self.artifacts() for tag in each.tags))

    def delete(self) -> NoReturn:
        """Raise UnsupportedError: its files belong to the runs that logged it."""
        raise UnsupportedError(f"artifact {self.name} is a part of the runs that logged it; Run.delete() removes both")

    @property
    def aliases(self) -> list[str]:
        """The aliases of all versions."""
        return [alias for each in self.artifacts() for alias in each.aliases]


def _logged(run: Run) -> list[tuple[str, dict[str, Any]]]:
    """Return the folders of what a run has logged, and its notes on them."""
    return [(key.removeprefix(LOGGED), note) for key, note in run.artifact_notes.items() if key.startswith(LOGGED)]
