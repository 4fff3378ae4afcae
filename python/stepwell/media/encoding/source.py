"""Files as scripts give them: a path, an open file, or bytes."""

from __future__ import annotations

from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from stepwell._native import Content

PathOrFile: TypeAlias = str | PurePath | IO[str] | IO[bytes] | bytes

# As much of a file as is read to recognise its format.
_HEAD_BYTES = 64
# Characters of a path that errors show: a text of any length may have been taken for one.
_NAME_CHARS = 200


class MissingFileError(ValueError, FileNotFoundError):
    """There is no file where one was named; wandb's scripts expect a FileNotFoundError, ours a ValueError."""


class Source:
    """A file that is to be kept byte for byte.

    Parameters
    ----------
    kind
        What it is for, as errors name it: `"Video"`.
    given
        A path, a file that is open for reading (as text or not; it is read from its start), or bytes.

    Attributes
    ----------
    name
        How errors call it.
    path
        Where it is; None for what is not read from a path.
    extension
        What the name ends with, in small letters and without the dot; empty where there is none.

    Raises
    ------
    ValueError
        If the path does not lead to a file (a FileNotFoundError too).
    """

    def __init__(self, kind: str, given: PathOrFile) -> None:
        self.path: Path | None = None
        self._data = b""
        if isinstance(given, (str, PurePath)):
            text = str(given)
            self.path = file_at(given)
            self.name = repr(text if len(text) <= _NAME_CHARS else f"{text[:_NAME_CHARS]}…")
            if self.path is None:
                raise MissingFileError(f"{kind}: there is no file {self.name}")
            self.extension = _extension(text)
        elif isinstance(given, (bytes, bytearray, memoryview)):
            self._data, self.name, self.extension = bytes(given), "the bytes", ""
        else:
            name = getattr(given, "name", "")
            self.name = repr(name) if name else f"the {type(given).__name__}"
            self.extension = _extension(name) if isinstance(name, str) else ""
            self._data = _read(given)

    @staticmethod
    def is_given(value: Any) -> bool:
        """Whether a value is a path, an open file or bytes."""
        return isinstance(value, (str, PurePath, bytes, bytearray, memoryview)) or hasattr(value, "read")

    def head(self) -> bytes:
        """Return the first bytes, by which formats are told apart."""
        if self.path is None:
            return self._data[:_HEAD_BYTES]
        with self.path.open("rb") as file:
            return file.read(_HEAD_BYTES)

    def read(self) -> bytes:
        """Return all of it."""
        return self._data if self.path is None else self.path.read_bytes()

    def open(self) -> IO[bytes]:
        """Return a file that is read from its start; the caller closes it."""
        from io import BytesIO

        return BytesIO(self._data) if self.path is None else self.path.open("rb")

    def content(self, extension: str) -> Content:
        """Return the bytes as they are, as the content of a file that is named with `extension`."""
        from stepwell import _native

        if self.path is None:
            return _native.Content.from_bytes(self._data, extension)
        return _native.Content.from_file(str(self.path), extension)

    def format_among(self, kind: str, formats: tuple[str, ...], argument: str, given: str | None) -> str:
        """Return the format that was given or, without that, the one that the name of the file says.

        Parameters
        ----------
        kind
            What it is for, as errors name it.
        formats
            The formats that are taken.
        argument, given
            The name and the value of the argument that says it.

        Raises
        ------
        ValueError
            If it is none of `formats`.
        """
        wanted = self.extension if given is None else str(given).lower().lstrip(".")
        if wanted in formats:
            return wanted
        found = f"not {wanted!r}" if wanted else f"and its name does not say which; give it as {argument}"
        raise ValueError(f"{kind}: {self.name} must have one of the formats {', '.join(formats)}, {found}")


def file_at(path: str | PurePath) -> Path | None:
    """Return the file that a path leads to; None where there is none, also for a text that can be no path."""
    with suppress(OSError, RuntimeError, ValueError):  # it is too long, has an unknown user, or a NUL
        found = Path(path).expanduser()
        return found if found.is_file() else None
    return None


def _extension(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def _read(file: Any) -> bytes:
    if hasattr(file, "seekable") and file.seekable():
        file.seek(0)  # what was just written to a BytesIO is meant to be read
    binary = getattr(file, "buffer", None)
    if isinstance(binary, BufferedIOBase):  # opened as text, which a .glb is not
        binary.seek(0) if binary.seekable() else None
        file = binary
    data = file.read()
    return data.encode() if isinstance(data, str) else bytes(data)
