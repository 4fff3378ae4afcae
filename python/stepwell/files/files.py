"""The files of a run: saved by hand, found in `run.dir`, the code, artifacts."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from stepwell.errors import UsageError
from stepwell.settings.naming import file_name
from stepwell.settings.strictness import is_strict
from stepwell.writing.artifact_notes import logged, paths

if TYPE_CHECKING:
    from stepwell._native import Writer
    from stepwell.files.artifact import Artifact

# A stored file has its own name; the extension of a content is for those that are named by the client.
_EXTENSION = "bin"
# Longer aliases are left out.
_ALIAS_CHARS = 1_000
POLICIES = ("live", "now", "end")
# A character that `glob.escape` has made one of a name.
_ESCAPED = re.compile(r"\[([*?[])\]")
# What a directory of runs has of its own.
_FOLDERS = ("blobs", "manifest", "spool", "store")
# What tells whether a file has changed: time of the last change, size, inode.
_Stamp = tuple[int, int, int]


@dataclass
class Files:
    """The files that one writer stores.

    Attributes
    ----------
    get_writer
        Returns the writer.
    disabled
        Whether nothing is stored.
    warn
        Tells the user a sentence.
    directory
        Where everything that is logged is kept: what is made there is not saved again.
    note
        Writes values of the config.
    """

    get_writer: Callable[[], Writer]
    disabled: bool
    warn: Callable[[str], None]
    directory: Path
    note: Callable[[Mapping[str, Any], Sequence[str]], None]
    _stored: dict[str, tuple[str, _Stamp]] = field(default_factory=dict)
    _watched: list[tuple[str, Path]] = field(default_factory=list)

    def save(
        self,
        pattern: str | os.PathLike[str],
        base: str | os.PathLike[str] | None,
        policy: str,
        home: Path | None = None,
    ) -> list[str]:
        """Store the files that a pattern matches: see `Run.save`. Those in `home` are named from there."""
        if policy not in POLICIES:
            raise UsageError(f"save: policy must be one of {', '.join(POLICIES)}, not {policy!r}")
        text = os.fsdecode(pattern)
        if "://" in text:
            self._tell(f"save: {text!r} is an address; only local files can be saved")
            return []
        path = _expanded(text)
        absolute = path.absolute()
        if _expanded("~").resolve().is_relative_to(absolute.resolve()):
            self._tell(f"save: {text!r} is the home directory, or holds it; name what is meant below it")
            return []
        if base is not None or not path.is_absolute():
            root = _expanded(base or ".").absolute()
        else:
            root = _root_of(absolute, home)
        found = {path: _name(path, root) for path in self._matches(str(absolute), home)}
        saved = [str(path) for path, name in found.items() if self._save_one(name, path)]
        if policy != "now":
            self._watched.append((str(absolute), root))
        if not found:
            self.warn(f"save: nothing matches {text!r} yet")
        return saved

    def save_code(self, root: Path, include: Callable[..., bool], exclude: Callable[..., bool]) -> list[str]:
        """Store the files below `root` that are to be included, as `code/…`."""
        found = self._matches(str(root), None)
        chosen = [p for p in found if _says(include, p, root) and not _says(exclude, p, root)]
        names = {path: str(PurePosixPath("code", _name(path, root))) for path in chosen}
        return [str(path) for path, name in names.items() if self._save_one(name, path)]

    def save_script(self) -> None:
        """Store the script that runs, as `code/NAME`."""
        script = vars(sys.modules["__main__"]).get("__file__")
        if script and Path(script).is_file():
            path, here = Path(os.path.normpath(Path(script).absolute())), Path.cwd()
            root = here if path.is_relative_to(here) else path.parent
            self._save_one(str(PurePosixPath("code", _name(path, root))), path)

    def log_artifact(self, artifact: Artifact, folder: str) -> None:
        """Store the files of an artifact in a folder, what is said of it, and a note that it is there."""
        if self.disabled:
            return
        kept_aliases = [alias for alias in artifact.aliases if len(alias) <= _ALIAS_CHARS]
        if len(kept_aliases) < len(artifact.aliases):
            self._tell(f"log_artifact: aliases of {artifact.name} of more than {_ALIAS_CHARS} characters are left out")
            artifact.aliases = kept_aliases
        parts = {**artifact.paths, **artifact.objects}
        stored = {name: self._store_part(folder, name, part) for name, part in parts.items()}
        kept = {name: named for name, named in stored.items() if named is not None}
        self._store_value(f"{folder}.json", artifact.name, artifact.record())
        missing = sorted(stored.keys() - kept.keys())
        note = logged(folder, artifact.name, artifact.type, kept, missing, artifact.references, artifact.aliases)
        self.note(note, ())

    def _store_part(self, folder: str, name: str, part: Any) -> list[str] | None:
        """Store a file or a value of an artifact; returns the files that it names, or None if that fails."""
        try:
            if isinstance(part, Path):
                self.store(f"{folder}/{name}", part)
                return []
            # `Classes` are no medium of their own.
            value = getattr(part, "class_set", part)
            return list(paths(self._store_value(f"{folder}/{name}", name, value)))
        except (OSError, TypeError, ValueError) as error:
            self._tell(f"log_artifact: {name} could not be stored with {folder}: {error}", error)
            return None

    def _store_value(self, path: str, name: str, value: Any) -> Any:
        """Store a value as JSON, and return what is in the file."""
        from stepwell import _native

        stored = self.get_writer().convert(name, value)
        self.get_writer().put_file(path, _native.Content.from_value(name, stored, "json"))
        return stored

    def store(self, name: str, path: Path) -> None:
        """Store a file under a name, unless it is stored and has not changed since."""
        from stepwell import _native

        if self.disabled:
            return
        stat = path.stat()
        version = str(path), (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if self._stored.get(name) == version:
            return
        self.get_writer().put_file(name, _native.Content.from_file(str(path), _EXTENSION))
        self._stored[name] = version

    def finish(self, home: Path | None) -> list[str]:
        """Store what is to be saved at the end, with everything below `home`; returns what went wrong."""
        patterns = [*self._watched, *([] if home is None else [(str(home), home)])]
        wrong = (self._try_to_store(path, root) for pattern, root in patterns for path in self._matches(pattern, home))
        return [each for each in wrong if each]

    def _matches(self, pattern: str, home: Path | None) -> Iterator[Path]:
        """Yield the files that a pattern matches, but for those that stepwell itself has made."""
        made = [self.directory / name for name in _FOLDERS]
        for path in _matches(pattern):
            if not any(map(path.is_relative_to, made)) or (home is not None and path.is_relative_to(home)):
                yield path

    def _tell(self, words: str, error: Exception | None = None) -> None:
        """Say what cannot be kept, or raise that with the setting `strict`."""
        if is_strict():
            raise error or UsageError(words)
        self.warn(words)

    def _save_one(self, name: str, path: Path) -> bool:
        """Store a file, and say whose place it takes; if it cannot be read, say so and return False."""
        before = self._stored.get(name, (str(path),))[0]
        if before != str(path):
            self.warn(f"save: {path} takes the place of {before}, saved as {name!r} too; base_path= keeps both")
        try:
            self.store(name, path)
        except (OSError, ValueError) as error:
            self._tell(f"save: {path} could not be saved: {error}", error)
            return False
        return True

    def _try_to_store(self, path: Path, root: Path) -> str:
        """Store a file, or say why not: a training that is over must not fail for it."""
        try:
            name = _name(path, root)
            # What another file took the place of does not come back.
            if self._stored.get(name, (str(path),))[0] == str(path):
                self.store(name, path)
        except (OSError, RuntimeError, ValueError, UsageError) as error:
            return f"{path}: {error}"
        return ""


def _root_of(pattern: Path, home: Path | None) -> Path:
    """Return where names of files of an absolute pattern begin: a directory above the last, as in wandb.

    Directories that are patterns themselves belong to the names, so that files of different ones have
    different names.
    """
    if home is not None and pattern.is_relative_to(home):
        return home
    literal = Path(_ESCAPED.sub(r"\1", str(pattern)))
    if literal.exists():
        return literal.parent if literal.is_dir() else literal.parent.parent
    root = pattern.parent.parent
    while glob.has_magic(str(root)):
        root = root.parent
    return root


def _expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path with the home in place of `~`, where there is one; in a container there may be none."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  which raises without one


def _matches(pattern: str) -> Iterator[Path]:
    """Yield the files that a pattern matches, and those below the directories that it matches."""
    # A path that exists is no pattern, whatever its characters.
    for found in [pattern] if os.path.lexists(pattern) else sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
        path = Path(found)
        if path.is_dir():
            yield from _files_below(path)
        elif path.is_file():
            yield path


def _files_below(directory: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(directory):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())


def _says(choose: Callable[..., bool], path: Path, root: Path) -> bool:
    """Return what a function says of a path; one of two parameters is told the root as well."""
    try:
        takes_root = len(signature(choose).parameters) > 1
    except ValueError:  # what is written in C may have none
        takes_root = False
    return choose(str(path), str(root)) if takes_root else choose(str(path))


def _name(path: Path, root: Path) -> str:
    """Return the name of a file within the run."""
    try:
        relative = Path(os.path.normpath(path)).relative_to(os.path.normpath(root))
    except ValueError:
        raise UsageError(f"save: {path} does not lie below base_path {root}; nothing of this call was kept") from None
    return file_name(relative.as_posix())
