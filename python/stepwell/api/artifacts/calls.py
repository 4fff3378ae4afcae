"""The part of `Api` that concerns artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.api.artifacts.catalogue import Catalogue, Collection
from stepwell.api.run import Run
from stepwell.errors import CommError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.api.artifacts.artifact import StoredArtifact
    from stepwell.api.server.connection import Connection

_SCHEME = "wandb-artifact://"


class ArtifactCalls:
    """The calls of `Api` that find artifacts by name.

    A name is `NAME`, `NAME:ALIAS` or `NAME:v3`, with `PROJECT/` or `ENTITY/PROJECT/` before it where that is
    not the project of the settings; without an alias `latest` is meant.
    """

    _connection: Connection
    _default_project: str
    default_entity: str

    def artifact(self, name: str, type: str | None = None) -> StoredArtifact:  # noqa: A002  wandb's name
        """Return one version of an artifact.

        Raises
        ------
        ValueError
            If it is of another type than was given.
        CommError
            If there is none, or the server cannot be reached.
        """
        catalogue, own = self._named(name)
        base, _, alias = own.partition(":")
        found = catalogue.version(base, alias or "latest")
        if type is not None and found.type != type:
            raise ValueError(f"artifact {found.qualified_name} is of type {found.type!r}, not {type!r}")
        return found

    def artifacts(
        self, type_name: str, name: str, per_page: int = 50, tags: Sequence[str] | None = None
    ) -> list[StoredArtifact]:
        """Return the versions of an artifact, the newest first; with `tags` those that have all of them."""
        catalogue, own = self._named(name)
        return [
            each
            for each in catalogue.versions(own.partition(":")[0])[::-1]
            if each.type == type_name and set(tags or ()) <= set(each.tags if tags else ())
        ]

    artifact_versions = artifacts

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002  as above
        """Return whether there is such a version of an artifact."""
        try:
            self.artifact(name, type)
        except ValueError:
            return False
        except CommError as error:
            if error.not_found:
                return False
            raise
        return True

    def artifact_collections(self, project_name: str, type_name: str, per_page: int = 50) -> list[Collection]:
        """Return the artifacts of a type, each with all its versions."""
        catalogue, _ = self._named(f"{project_name.strip('/')}/any")
        return [Collection(catalogue, name, kind) for name, kind in catalogue.types().items() if kind == type_name]

    def artifact_collection(self, type_name: str, name: str) -> Collection:
        """Return an artifact with all its versions.

        Raises
        ------
        CommError
            If there is none of this name and type.
        """
        catalogue, own = self._named(name)
        if catalogue.types().get(own) != type_name:
            raise CommError(f"there is no artifact {name!r} of type {type_name!r}", not_found=True)
        return Collection(catalogue, own, type_name)

    def artifact_collection_exists(self, name: str, type: str) -> bool:  # noqa: A002  as above
        """Return whether an artifact of this name and type was ever logged."""
        catalogue, own = self._named(name)
        return catalogue.types().get(own) == type

    def _named(self, path: str) -> tuple[Catalogue, str]:
        """Return the catalogue of the project that a path names, and the rest of it."""
        *owner, name = path.removeprefix(_SCHEME).strip("/").split("/")
        if len(owner) > 2 or not name:
            raise ValueError(
                f"{path!r} is no name of an artifact; expected NAME:ALIAS, PROJECT/NAME:ALIAS or with ENTITY/"
            )
        self._connection.catch_up()
        entity = owner[0] if len(owner) == 2 else self.default_entity
        project = owner[-1] if owner else self._default_project
        return Catalogue(self._connection, entity, project, Run), name
