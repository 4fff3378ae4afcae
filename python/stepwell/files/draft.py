"""Description of an artifact before it is logged, and of what was added to it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from stepwell.writing.artifact_notes import digest_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

_CHUNK_BYTES = 1 << 20


class Added(str):
    """The name of something that was added to an artifact: text, with what is known of it.

    Attributes
    ----------
    file
        Where the file lies on this machine; None for a value and an address.
    ref
        The address; None for a file and a value.
    """

    file: Path | None = None
    ref: str | None = None

    @property
    def name(self) -> str:
        """The same text."""
        return str(self)

    path = name

    @property
    def size(self) -> int:
        """Bytes of the file; 0 for a value, whose file is made when it is logged, and for an address."""
        return 0 if self.file is None else self.file.stat().st_size

    @property
    def digest(self) -> str:
        """SHA-256 of the file in hexadecimal digits; nothing for a value, the address for one."""
        if self.file is None:
            return self.ref or ""
        digest = hashlib.sha256()
        with self.file.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


def added(name: str, file: Any = None, ref: str | None = None) -> Added:
    """Return the name of a file, of a value or of an address."""
    entry = Added(name)
    entry.file = file if isinstance(file, Path) else None
    entry.ref = ref
    return entry


class Draft:
    """An artifact that is not logged yet.

    Parameters
    ----------
    files
        What was added, without addresses.
    references
        Addresses by name.
    """

    state = "PENDING"
    ttl = use_as = distributed_id = None
    incremental = False

    def __init__(self, files: list[Added], references: Mapping[str, str]) -> None:
        self._files = files
        self._entries = [*files, *(added(name, ref=address) for name, address in sorted(references.items()))]

    @property
    def manifest(self) -> Any:
        """Its entries by name, as `manifest.entries`."""
        return SimpleNamespace(entries={str(each): each for each in self._entries})

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(each.size for each in self._files)

    @property
    def file_count(self) -> int:
        """How many files it will have."""
        return len(self._files)

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents; that of the version, if no values were added."""
        return digest_of((each, [each.digest]) for each in self._entries)

    def get_entry(self, name: str | os.PathLike[str]) -> Added:
        """Return what was added under a name.

        Raises
        ------
        KeyError
            If nothing was.
        """
        found: Added = self.manifest.entries[Path(name).as_posix()]
        return found

    get_path = get_entry
