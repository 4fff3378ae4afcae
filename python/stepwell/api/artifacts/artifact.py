"""An artifact that was logged: one version of a named set of files."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.api.artifacts.entry import Entry, Reference
from stepwell.api.artifacts.values import read_value
from stepwell.api.run_facts import iso_time
from stepwell.errors import UnsupportedError
from stepwell.values.json_form import from_json
from stepwell.writing.artifact_notes import LOGGED, digest_of, is_value, place_of

if TYPE_CHECKING:
    import os

    from stepwell.api.artifacts.catalogue import Catalogue, Collection
    from stepwell.api.file import File
    from stepwell.api.run import Run


class StoredArtifact:
    """One version of a named set of files, as a run has logged it.

    `aliases`, `description`, `metadata` and `tags` can be changed; `save` writes the changes.

    Parameters
    ----------
    catalogue
        What knows the artifacts of its project.
    run
        The run that logged it first.
    note
        What that run noted: see `stepwell.writing.artifact_notes`.
    folder
        Path of its files within the run.
    files
        Those files by their paths below it.
    """

    def __init__(
        self, catalogue: Catalogue, run: Run, note: Mapping[str, Any], folder: str, files: Mapping[str, File]
    ) -> None:
        self._catalogue = catalogue
        self._run = run
        self._note = dict(note)
        self._said: dict[str, Any] | None = None
        self._files = files
        self.folder = folder
        self.type: str = note["type"]
        self.number = 0
        # Where it was logged; the same content may be logged anywhere.
        self.places: list[str] = []
        self.take_aliases([])

    # What it is.

    @property
    def version(self) -> str:
        """`v0` for the first content of this name in the project, `v1` for the next one."""
        return f"v{self.number}"

    @property
    def name(self) -> str:
        """`NAME:VERSION`."""
        return f"{self._note['name']}:{self.version}"

    @property
    def entity(self) -> str:
        """Owner of its project."""
        return self._run.entity

    @property
    def project(self) -> str:
        """Project of the run that logged it."""
        return self._run.project

    @property
    def qualified_name(self) -> str:
        """`ENTITY/PROJECT/NAME:VERSION`."""
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    def id(self) -> str:
        """What tells it apart from all others: the run and the folder."""
        return place_of(self._run.path, self.folder)

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents of its files, and its references, in hexadecimal digits."""
        values, every = self._note["values"], self._run.known_files
        # A file that was made of a value names others: their contents count in the place of its own.
        files = [
            (name, [every[path].sha256 for path in values.get(name, ())] or [file.sha256])
            for name, file in sorted(self._files.items())
        ]
        references = [(name, [address]) for name, address in sorted(self.references.items())]
        return digest_of([*files, *references, *((name, ["missing"]) for name in self.missing)])

    @property
    def references(self) -> dict[str, str]:
        """Addresses that it names; what lies there is not part of it."""
        return dict(self._note["references"])

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self._files.values())

    @property
    def file_count(self) -> int:
        """How many files it has."""
        return len(self._files)

    @property
    def created_at(self) -> str:
        """When it was logged, as ISO 8601 in UTC."""
        return iso_time(round(self._note["time"] * 1e6))

    @property
    def state(self) -> str:
        """`COMMITTED` if all of its files are there, `PENDING` if some could not be stored: see `missing`."""
        return "PENDING" if self.missing else "COMMITTED"

    @property
    def missing(self) -> list[str]:
        """Paths of files that could not be stored when it was logged."""
        return list(self._note.get("missing", ()))

    @property
    def manifest(self) -> Any:
        """Its files and references by path, as `manifest.entries`."""
        return SimpleNamespace(entries={name: self.get_entry(name) for name in [*self._files, *self.references]})

    @property
    def description(self) -> str | None:
        """Text for people."""
        found: str | None = self._what("description")
        return found

    @description.setter
    def description(self, text: str | None) -> None:
        self._what("description")
        self._note["description"] = text

    @property
    def metadata(self) -> dict[str, Any]:
        """What is known about it."""
        found: dict[str, Any] = self._what("metadata") or {}
        self._note["metadata"] = found
        return found

    @metadata.setter
    def metadata(self, values: Mapping[str, Any]) -> None:
        self._note["metadata"] = dict(values)

    @property
    def tags(self) -> list[str]:
        """Tags."""
        found: list[str] = self._what("tags") or []
        self._note["tags"] = found
        return found

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        self._note["tags"] = list(tags)

    # Names that wandb has for the same.
    source_name = name
    source_version = version
    source_entity = entity
    source_project = project
    source_qualified_name = qualified_name
    commit_hash = digest
    updated_at = created_at
    is_link = False

    ttl = history_step = None

    @property
    def url(self) -> str | None:
        """Address of the page of the run that logged it; None for a directory."""
        return self._run.url

    @property
    def collection(self) -> Collection:
        """All versions of its name."""
        return self._catalogue.collection(self._note["name"], self.type)

    def is_draft(self) -> bool:
        """Return False: it is logged."""
        return False

    def wait(self, timeout: float | None = None) -> StoredArtifact:
        """Return it: there is nothing to wait for."""
        return self

    # Its files.

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> list[Entry]:
        """Return its files, or those of these names."""
        return [self.get_entry(name) for name in self._files if names is None or name in names]

    def get_entry(self, name: str | os.PathLike[str]) -> Any:
        """Return a file, or a `Reference`, by its path within the artifact.

        Raises
        ------
        KeyError
            If it has none of this name.
        """
        path = Path(name).as_posix()
        if path in self.references:
            return Reference(path, self.references[path])
        if path not in self._files:
            raise KeyError(f"artifact {self.name} has no file {path!r}; it has: {', '.join(self._files)}")
        return Entry(path, self._root(None), self._files[path])

    get_path = get_entry

    def download(
        self,
        root: str | os.PathLike[str] | None = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: str | os.PathLike[str] | None = None,
        multipart: bool | None = None,
    ) -> str:
        """Write its files below `root`, by default `./artifacts/NAME:VERSION`; returns where that is.

        Files that are there with the same content are left.

        Parameters
        ----------
        root
            Directory; made if it is not there.
        path_prefix
            Only files whose paths begin so.
        allow_missing_references
            Leave out what is only named by its address.
        skip_cache, multipart
            Accepted for scripts written for wandb, without effect.

        Raises
        ------
        UnsupportedError
            If it names addresses.
        CommError
            If the server cannot be reached, a content has not come yet, or is damaged.
        """
        if self.references and not allow_missing_references:
            raise UnsupportedError(
                f"artifact {self.name} names {', '.join(self.references.values())}, which are not fetched: read them "
                "from there (artifact.references), and pass allow_missing_references=True for the rest"
            )
        if self.missing:
            warnings.warn(f"artifact {self.name} was logged without {', '.join(self.missing)}", stacklevel=2)
        place = self._root(root)
        place.mkdir(parents=True, exist_ok=True)
        prefix = "" if path_prefix is None else Path(path_prefix).as_posix()
        for each in self.files():
            if each.path.startswith(prefix):
                each.download(place)
        return str(place)

    def checkout(self, root: str | os.PathLike[str] | None = None) -> str:
        """Do the same as `download`, and remove what else is below `root`."""
        place = Path(self.download(root))
        for path in self._others(place):
            path.unlink()
        return str(place)

    def verify(self, root: str | os.PathLike[str] | None = None) -> None:
        """Compare what is below `root`, by default `./artifacts/NAME:VERSION`, with its files.

        Raises
        ------
        ValueError
            Naming a file that is missing, different, or too many.
        """
        for lost in self.missing:
            raise ValueError(f"artifact {self.name} was logged without {lost}, which could not be stored")
        place = self._root(root)
        for each in self.files():
            if not each.file.is_at(each.file.place(place, each.path)):
                raise ValueError(f"{each.path} below {place} is missing, or not that of artifact {self.name}")
        for path in self._others(place):
            raise ValueError(f"{path} does not belong to artifact {self.name}")

    def file(self, root: str | os.PathLike[str] | None = None) -> str:
        """Download its only file; returns where it is.

        Raises
        ------
        ValueError
            If it has several, or none.
        """
        if len(self._files) != 1:
            raise ValueError(f"artifact {self.name} has {len(self._files)} files; use download(), or get_entry(name)")
        (entry,) = self.files()
        return entry.download(self._root(root))

    def get(self, name: str) -> Any:
        """Return a value that was added under a name by `Artifact.add`; None without.

        A table comes as a `Table`, an image, also in a table, as an `Image`, any other medium as
        `Api().run(…).media` gives it.
        """
        path = next((path for path in self._files if is_value(path, name)), None)
        if path is None:
            return None
        value = from_json(json.loads(self._files[path].read()))
        if path.endswith(".classes.json"):
            from stepwell.media.records.classes import Classes

            return Classes(value)
        if not isinstance(value, dict) or path not in self._note["values"]:
            return value
        return read_value(self._run, value)

    __getitem__ = get

    # Where it comes from, and where it goes.

    def logged_by(self) -> Run:
        """Return the run that logged it first."""
        return self._run

    def used_by(self) -> list[Run]:
        """Return the runs of its project that have used it."""
        return self._catalogue.users(self)

    def save(self, *_: object, **__: object) -> None:
        """Write what was changed of its aliases, description, metadata and tags.

        Raises
        ------
        TypeError
            If a value cannot be stored.
        CommError
            If it could not be written in time.
        """
        now = time.time()
        given = [alias for alias in self.aliases if alias != "latest"]
        removed = [alias for alias in self._had if alias not in {*self.aliases, "latest"}]
        self._note |= {
            "aliases": dict.fromkeys(given, now),
            "removed": self._note.get("removed", {}) | dict.fromkeys(removed, now),
        }
        self._run.write_notes({f"{LOGGED}{self.folder}": self._note})
        self.take_aliases([*given, "latest"] if "latest" in self._had else given)

    def take_aliases(self, aliases: Sequence[str]) -> None:
        """Have these aliases, as they were read."""
        self.aliases: list[str] = list(aliases)
        self._had = list(aliases)

    def delete(self, delete_aliases: bool = False) -> None:
        """Raise UnsupportedError: its files belong to the run that logged it."""
        raise UnsupportedError(f"artifact {self.name} is a part of run {self._run.id}; Run.delete() removes both")

    def new_draft(self) -> NoReturn:
        """Raise UnsupportedError: the next version is made of a new `Artifact`."""
        raise UnsupportedError(
            f"artifact {self.name} is logged: make the next one as Artifact({self._note['name']!r}, {self.type!r}), "
            "with add_dir(artifact.download()) for the files of this one"
        )

    def link(self, target_path: str, aliases: Sequence[str] | None = None) -> None:
        """Raise UnsupportedError: there is no registry."""
        raise UnsupportedError(f"artifact {self.name} cannot be linked: there is no registry; give it an alias")

    def __repr__(self) -> str:
        return f"<Artifact {self.qualified_name} ({self.type}, {len(self._files)} files)>"

    def _root(self, root: str | os.PathLike[str] | None) -> Path:
        return Path("artifacts", self.name) if root is None else Path(root)

    def _others(self, place: Path) -> list[Path]:
        """Return the files below a directory that it does not have."""
        mine = {each.file.place(place, each.path) for each in self.files()}
        return [path for path in sorted(place.rglob("*")) if path.is_file() and path not in mine]

    def _what(self, name: str) -> Any:
        """Return what was said of it: later by `save`, or in its record."""
        if name in self._note:
            return self._note[name]
        if self._said is None:
            file = self._run.known_files.get(f"{self.folder}.json")
            self._said = {} if file is None else from_json(json.loads(file.read()))
        return self._said.get(name)
