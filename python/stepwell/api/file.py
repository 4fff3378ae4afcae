"""A file of a run: media, tables, arrays, and what was saved by hand."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode

from stepwell.errors import CommError, UnsupportedError
from stepwell.process.terminal import Terminal
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection
    from stepwell.proto.v1 import model_pb2

_HASHED_BYTES = 1 << 20


class File:
    """A file of a run, as the server knows it."""

    def __init__(self, connection: Connection, run: model_pb2.RunPath, reply: query_pb2.File) -> None:
        self._connection = connection
        self._run = run
        self._reply = reply

    @property
    def name(self) -> str:
        """Path within the run, with `/`."""
        return self._reply.path

    @property
    def id(self) -> str:
        """The SHA-256 of its content: the same content has the same id."""
        return self.sha256

    @property
    def size(self) -> int:
        """Bytes."""
        return self._reply.size

    @property
    def sha256(self) -> str:
        """SHA-256 of its content in hexadecimal digits."""
        return self._reply.sha256.hex()

    @property
    def is_present(self) -> bool:
        """Whether its content has come; it travels apart from the rows."""
        return self._reply.present

    @property
    def mimetype(self) -> str:
        """Media type by the ending of its name."""
        import mimetypes

        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def updated_at(self) -> str:
        """When it was logged, as ISO 8601 in UTC."""
        moment = datetime.fromtimestamp(self._reply.time_us / 1e6, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def url(self) -> str:
        """Address of its content. That of a directory is good while this process runs."""
        place = {"entity": self._run.entity, "project": self._run.project, "run": self._run.run, "path": self.name}
        return f"{self._connection.url}/api/v1/file?{urlencode(place)}"

    direct_url = url

    def read(self) -> bytes:
        """Return its content.

        Raises
        ------
        CommError
            If the server cannot be reached, the content has not come yet, or it is damaged.
        """
        content = io.BytesIO()
        self._fetch(content, 0, Terminal(silent=True))
        found = content.getvalue()
        self._check(hashlib.sha256(found))
        return found

    def open(self) -> io.BytesIO:
        """Return its content as an open binary file in memory. The errors are those of `read`."""
        return io.BytesIO(self.read())

    def download(self, root: str | os.PathLike[str] = ".", replace: bool = False, exist_ok: bool = False) -> IO[str]:
        """Write its content to `root/name`, with a progress bar on a terminal.

        A download that broke off is gone on with, and what has come is compared with its SHA-256.

        Parameters
        ----------
        root
            Directory; made if it is not there.
        replace
            Write over a file that is there.
        exist_ok
            Leave a file that is there, and return it.

        Returns
        -------
        file
            The file, open for reading; its `name` is the path.

        Raises
        ------
        ValueError
            If there is such a file and neither `replace` nor `exist_ok` is given, or the name leads out of
            `root`.
        CommError
            If the server cannot be reached, the content has not come yet, or it is damaged.
        """
        path = self.place(Path(root), self.name)
        if path.exists() and not replace:
            if exist_ok:
                return path.open(encoding="utf-8", errors="surrogateescape")
            raise ValueError(f"{path} is there already; pass replace=True to replace it, or exist_ok=True to keep it")
        self.write_to(path)
        return path.open(encoding="utf-8", errors="surrogateescape")

    def write_to(self, path: Path) -> None:
        """Write its content to a path, in place of what is there; see `download`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Named by the content: a later version of the file must not go on with this one.
        partial = path.with_name(f"{path.name}.{self.sha256[:12]}.part")
        terminal = Terminal()
        with partial.open("a+b") as content:
            content.seek(0)
            digest = _digest(content)
            self._fetch(content, content.tell(), terminal, digest)
        try:
            self._check(digest)
        except CommError:
            partial.unlink()
            raise
        partial.replace(path)

    def is_at(self, path: Path) -> bool:
        """Whether the file of a path has its content."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as content:
            return _digest(content).hexdigest() == self.sha256

    def delete(self) -> None:
        """Files of a run are not deleted one by one.

        Raises
        ------
        UnsupportedError
            Always.
        """
        raise UnsupportedError(f"{self.name!r} cannot be deleted by itself; Run.delete() removes a run with its files")

    @staticmethod
    def place(root: Path, name: str) -> Path:
        """Return where a file of this name is put; a name that leads out of `root` is a ValueError."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
            raise ValueError(f"the file {name!r} would lie outside of {root}; read it with File.read()")
        return root.joinpath(*path.parts)

    def _fetch(self, content: IO[bytes], offset: int, terminal: Terminal, digest: hashlib._Hash | None = None) -> None:
        """Append what comes after `offset`."""
        request = query_pb2.ReadFileRequest(path=self._run, file=self.name, offset=offset)
        try:
            for chunk in self._connection.stream("ReadFile", request):
                content.write(chunk.data)
                offset += len(chunk.data)
                if digest is not None:
                    digest.update(chunk.data)
                terminal.progress(offset, self.size, f"bytes of {self.name}", "downloading")
        finally:
            terminal.clear_progress()

    def _check(self, digest: hashlib._Hash) -> None:
        if digest.hexdigest() != self.sha256:
            raise CommError(
                f"the content of {self.name!r} has the SHA-256 {digest.hexdigest()[:12]}…, not {self.sha256[:12]}…: "
                "it is damaged, or was logged again meanwhile. Load the run again and repeat the download."
            )

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}, {self.size:,} bytes)>"


def _digest(content: IO[bytes]) -> hashlib._Hash:
    """Return the SHA-256 of what is left of a file."""
    digest = hashlib.sha256()
    while chunk := content.read(_HASHED_BYTES):
        digest.update(chunk)
    return digest
