"""The part of a run that is read which concerns artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stepwell._native import LimitError
from stepwell.api import payload
from stepwell.api.artifacts.catalogue import Catalogue
from stepwell.api.change_writer import change_writer
from stepwell.api.run_rows import RunRows
from stepwell.settings.strictness import tell
from stepwell.writing.artifact_notes import split, used

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.api.artifacts.artifact import StoredArtifact
    from stepwell.api.file import File
    from stepwell.api.run import Run


# What is left out of a note that is too large.
_LONG_CHARS = 300_000


class RunArtifacts(RunRows):
    """What a run has logged and used."""

    @property
    def artifact_notes(self) -> dict[str, Any]:
        """What the run has noted of artifacts; see `stepwell.writing.artifact_notes`."""
        return split(payload.unpack(self._reply.config) or {})[1]

    def write_notes(self, notes: Mapping[str, Any]) -> None:
        """Write notes of that kind; a description or metadata that is too large is left out, and told."""
        with change_writer(self._connection, self._reply.path, self._label) as writer:
            try:
                writer.config(notes, [])
            except LimitError:
                writer.config({key: _without_long(note) for key, note in notes.items()}, [])

    @property
    def known_files(self) -> dict[str, File]:
        """Its files by name, as they were when they were first asked for."""
        return self._files.by_name()

    @property
    def _label(self) -> str:
        return self._reply.labels[0].label if self._reply.labels else ""

    def logged_artifacts(self, per_page: int = 100) -> list[StoredArtifact]:
        """Return the artifacts that the run has logged."""
        return self._catalogue.logged(cast("Run", self))

    def used_artifacts(self, per_page: int = 100) -> list[StoredArtifact]:
        """Return the artifacts that the run has used, and that are still there."""
        return self._catalogue.used(cast("Run", self))

    def use_artifact(self, artifact: StoredArtifact, use_as: str | None = None) -> StoredArtifact:
        """Note that the run has used an artifact."""
        self.write_notes(used(artifact.id))
        return artifact

    @property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self._connection, self.entity, self.project, cast("type[Run]", type(self)))


def _without_long(note: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note without what is long in it, and say so."""
    long = [what for what in ("description", "metadata", "tags") if len(repr(note.get(what))) > _LONG_CHARS]
    if long:
        problem = f"was given {' and '.join(long)} of more than 8 MiB, or that do not compress to 4 MiB"
        tell(f"artifact {note['name']}", problem, "what was said of it before is kept")
    return {what: value for what, value in note.items() if what not in long}
