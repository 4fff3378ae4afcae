"""Entries of an artifact: its files, and the addresses that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from stepwell.errors import UnsupportedError

if TYPE_CHECKING:
    import os

    from stepwell.api.file import File


@dataclass(frozen=True)
class Entry:
    """A file of an artifact.

    Attributes
    ----------
    path
        Its path within the artifact.
    folder
        Where it is put by default.
    file
        The file of the run that logged it.
    """

    path: str
    folder: Path
    file: File

    ref = None

    @property
    def name(self) -> str:
        """The same as `path`."""
        return self.path

    def ref_target(self) -> NoReturn:
        """Raise ValueError: it is no reference."""
        raise ValueError(f"{self.path} is a file of the artifact, no reference")

    ref_url = ref_target

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.size

    @property
    def digest(self) -> str:
        """SHA-256 of its content in hexadecimal digits."""
        return self.file.sha256

    @property
    def url(self) -> str:
        """Address of its content."""
        return self.file.url

    def download(self, root: str | os.PathLike[str] | None = None, *_: object, **__: object) -> str:
        """Write its content to `root/path`, if it is not there already; returns where that is.

        Raises
        ------
        ValueError
            If the path leads out of `root`.
        CommError
            If the server cannot be reached, the content has not come yet, or it is damaged.
        """
        place = self.file.place(Path(root or self.folder), self.path)
        if not self.file.is_at(place):
            self.file.write_to(place)
        return str(place)


@dataclass(frozen=True)
class Reference:
    """An address that an artifact names; what lies there is neither copied nor looked at.

    Attributes
    ----------
    path
        Its path within the artifact.
    ref
        The address.
    """

    path: str
    ref: str
    size = 0

    @property
    def name(self) -> str:
        """The same as `path`."""
        return self.path

    @property
    def digest(self) -> str:
        """The address: of what lies there nothing is known."""
        return self.ref

    url = digest

    def ref_target(self) -> str:
        """Return the address."""
        return self.ref

    ref_url = ref_target

    def download(self, *_: object, **__: object) -> NoReturn:
        """Raise UnsupportedError: it is not fetched."""
        raise UnsupportedError(f"{self.path} is only named, and not fetched: read {self.ref} with its own tools")
