"""Artifacts: named sets of files, which become a version of that name when they are logged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from stepwell.errors import ArtifactFinalizedError, UsageError
from stepwell.files.draft import Added, Draft, added
from stepwell.files.staging import Staging
from stepwell.values.plain import plain
from stepwell.writing.artifact_notes import is_value

if TYPE_CHECKING:
    from stepwell.api.artifacts.artifact import StoredArtifact

_NAME_CHARS = 128


class Artifact:
    """A named set of files, stored with its run by `run.log_artifact`.

    Once it is logged, nothing can be added (`ArtifactFinalizedError`), and it has what `Api().artifact(…)`
    has: `version`, `digest`, `download`, … Before, it has `digest`, `size`, `file_count`, `manifest`,
    `get_entry`, and the `state` `PENDING`.

    Parameters
    ----------
    name
        Letters, digits, `-`, `_` and `.`, at most 128 characters. Its files have the paths
        `artifacts/NAME/…`, or `artifacts/NAME@…/…` where the run has logged the name before.
    type
        What it is: `dataset`, `model`, …
    description
        Text for people.
    metadata
        What is known about it.
    incremental, use_as
        Accepted for scripts written for wandb, without effect.

    Raises
    ------
    UsageError
        If the name cannot be one.
    """

    def __init__(
        self,
        name: object,
        type: str,  # noqa: A002  wandb's name
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        incremental: bool | None = None,
        use_as: str | None = None,
    ) -> None:
        if not isinstance(name, str) or not _is_name(name):
            raise UsageError(f"the name of an artifact must be letters, digits, - _ and ., at most 128; not {name!r}")
        self.name = name
        self.type = type
        self.description = description
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.aliases: list[str] = []
        self.paths: dict[str, Path] = {}
        self.objects: dict[str, Any] = {}
        self.references: dict[str, str] = {}
        self.tags: list[str] = []
        self._staging = Staging()
        # Finds it once it is logged.
        self._find: Callable[[], Any] | None = None
        self._found: Any = None
        # The aliases that it was logged or saved with.
        self._had: list[str] = []

    @property
    def is_logged(self) -> bool:
        """Whether it was given to `log_artifact`."""
        return self._find is not None

    def is_draft(self) -> bool:
        """Return whether it is not logged yet."""
        return not self.is_logged

    def logged(self, find: Callable[[], StoredArtifact | Nothing]) -> None:
        """Remember that it is logged, and how it is found."""
        self._find, self._found = find, None
        self._had = list(self.aliases)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = Draft(self.files(), self.references) if self._find is None else self._stored()
        if isinstance(found, Draft) and not hasattr(Draft, name):
            raise AttributeError(f"artifact {self.name} has no {name!r} before it is logged")
        return getattr(found, name)

    def _stored(self) -> Any:
        if self._find is not None:
            self._found = self._found or self._find()
        return self._found

    def _check_draft(self) -> None:
        """Refuse what would never be kept; a run that keeps nothing takes it."""
        if self._find not in {None, Nothing}:
            raise ArtifactFinalizedError(f"artifact {self.name} is logged: make a new one for its next version")

    def add_file(
        self,
        local_path: str | Path,
        name: str | None = None,
        is_tmp: bool | None = None,
        skip_cache: bool | None = None,
        policy: str | None = None,
        overwrite: bool = True,
    ) -> str:
        """Add a file; returns its name within the artifact, by default that of the file.

        It is kept as it is now, in a temporary folder as long as the artifact is in use; with
        `policy="immutable"` it is only read when the artifact is logged. Other parameters after `name` have
        no effect.

        Raises
        ------
        ValueError
            If there is no such file.
        """
        path = Path(local_path).absolute()
        if not path.is_file():
            raise ValueError(f"add_file: there is no file {local_path}")
        return self._add(name or path.name, path, policy)

    def add_dir(
        self,
        local_path: str | Path,
        name: str | None = None,
        skip_cache: bool | None = None,
        policy: str | None = None,
        merge: bool = True,
    ) -> None:
        """Add all files below a directory, under `name` if one is given; otherwise as `add_file`.

        Raises
        ------
        ValueError
            If there is no such directory.
        """
        root = Path(local_path).absolute()
        if not root.is_dir():
            raise ValueError(f"add_dir: there is no directory {local_path}")
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            self._add(str(PurePosixPath(name or "", path.relative_to(root).as_posix())), path, policy)

    def add(self, obj: Any, name: str, overwrite: bool = True) -> str:
        """Add a value, such as a `Table`, as JSON; returns its name within the artifact, `NAME.KIND.json`.

        `artifact[name] = obj` does the same.
        """
        self._check_draft()
        ending = f".{type_name(obj)}.json"
        entry = _checked(f"{name.removesuffix(ending)}{ending}")
        self.objects[entry] = obj
        return entry

    def __setitem__(self, name: str, obj: Any) -> None:
        self.add(obj, name)

    def get(self, name: str) -> Any:
        """Return a value that was added under a name, once it is logged what was stored; None without."""
        if self.is_logged:
            return self._stored().get(name)
        return next((obj for entry, obj in self.objects.items() if is_value(entry, name)), None)

    __getitem__ = get

    @contextmanager
    def new_file(self, name: str, mode: str = "w", encoding: str | None = None) -> Iterator[IO[Any]]:
        """Open a new file of the artifact for writing."""
        self._check_draft()
        path = self._staging.place(_checked(name))
        with path.open(mode, encoding=encoding) as file:
            yield file
        self._add(name, path, "immutable")

    def add_reference(
        self, uri: object, name: str | None = None, checksum: bool = True, max_objects: int | None = None
    ) -> str:
        """Note an address, such as `s3://…`, under a name; what lies there is neither copied nor looked at.

        Returns the name, by default the last part of the address. Later parameters have no effect.
        """
        self._check_draft()
        entry = _checked(name or PurePosixPath(str(uri)).name)
        self.references[entry] = str(uri)
        return entry

    def remove(self, item: str | Path) -> None:
        """Take out what was added under a name, or below it.

        Raises
        ------
        FileNotFoundError
            If there is nothing.
        """
        self._check_draft()
        name = PurePosixPath(item).as_posix()
        parts: tuple[dict[str, Any], ...] = (self.paths, self.objects, self.references)
        found = [(part, each) for part in parts for each in part if each == name or each.startswith(f"{name}/")]
        if not found:
            raise FileNotFoundError(f"artifact {self.name} has no {name!r}")
        for part, each in found:
            del part[each]

    def finalize(self) -> None:
        """Do nothing: an artifact is complete when it is logged."""

    def wait(self, timeout: float | None = None) -> Artifact:
        """Return the artifact: whatever asks for its version waits until its files are there."""
        return self

    def files(self) -> list[Added]:
        """Return the names of its files: texts, with `name`, `size` and `digest`."""
        return [added(name, file) for name, file in sorted({**self.paths, **self.objects}.items())]

    def save(self, *_: object, **__: object) -> None:
        """Write what was changed of its aliases, description, metadata and tags since it was logged.

        Raises
        ------
        UsageError
            If it is not logged.
        CommError
            If it could not be written in time.
        """
        if self._find is None:
            raise UsageError(f"artifact {self.name} is not logged yet: run.log_artifact(artifact) does that")
        if self._find is not Nothing:
            stored = self._stored()
            kept = [alias for alias in stored.aliases if alias in self.aliases or alias not in self._had]
            new = [alias for alias in self.aliases if alias not in {*kept, *self._had}]
            stored.aliases, stored.description, stored.tags = [*kept, *new], self.description, self.tags
            stored.metadata = plain(self.metadata, str, f"the metadata of artifact {self.name}")
            stored.save()
            self._had = list(self.aliases)

    def record(self) -> dict[str, Any]:
        """Return what is said of it, as stored beside its files."""
        return {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "metadata": plain(self.metadata, str, f"the metadata of artifact {self.name}"),
            "aliases": list(self.aliases),
            "tags": list(self.tags),
            "files": sorted([*self.paths, *self.objects]),
        }

    def _add(self, name: str, path: Path, policy: str | None) -> str:
        self._check_draft()
        entry = _checked(name)
        self.paths[entry] = path if policy == "immutable" else self._staging.keep(path)
        return entry

    def __repr__(self) -> str:
        return f"<Artifact {self.name} ({self.type}, {len(self.files())} files)>"


class Nothing:
    """Stands for what a run that keeps nothing has logged: whatever it is asked for is nothing."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Nothing:
        """Return nothing."""
        return self


def _is_name(text: str) -> bool:
    chosen = all(char.isalnum() or char in "-_." for char in text)
    return chosen and len(text) <= _NAME_CHARS and text.strip(".") != ""


def safe_name(text: str) -> str:
    """Return text as the name of an artifact: 128 characters, with `_` for those that cannot be in one."""
    safe = re.sub(r"[^A-Za-z0-9_\-.]", "_", text)
    return safe if len(safe) <= _NAME_CHARS else f"{safe[:63]}..{safe[-63:]}"


def type_name(obj: object) -> str:
    """Return the kind of a value in an artifact: `table` for a `Table`."""
    return type(obj).__name__.lower()


def of_path(path: str, name: str | None, kind: str | None, aliases: Sequence[str]) -> Artifact:
    """Return an artifact of a file, of a directory, or of an address."""
    source = Path(path).absolute()
    artifact = Artifact(name or safe_name(source.name), kind or "unspecified")
    artifact.aliases = list(aliases)
    if "://" in path:
        artifact.add_reference(path)
        return artifact
    if not source.exists():
        raise UsageError(f"log_artifact: there is no file or directory {path}")
    # It is logged at once: nothing can change it before.
    (artifact.add_dir if source.is_dir() else artifact.add_file)(source, policy="immutable")
    return artifact


def _checked(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UsageError(f"a file of an artifact must have a relative path without .., not {name!r}")
    return path.as_posix()
