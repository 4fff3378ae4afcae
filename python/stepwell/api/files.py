"""The files of a run, and what their records tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, overload

from stepwell.api.file import File
from stepwell.errors import CommError
from stepwell.proto.v1 import query_pb2

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection
    from stepwell.proto.v1 import model_pb2


class Files(Sequence[File]):
    """Files by path."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = list(files)

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> File: ...
    @overload
    def __getitem__(self, index: slice) -> list[File]: ...
    def __getitem__(self, index: int | slice) -> File | list[File]:
        return self._files[index]

    def __repr__(self) -> str:
        return f"<Files ({len(self)})>"


class RunFiles:
    """The files of one run, listed when they are first asked for."""

    def __init__(self, connection: Connection, run: model_pb2.RunPath) -> None:
        self._connection = connection
        self._run = run
        self._listed: dict[str, File] | None = None

    def forget(self) -> None:
        """List them anew the next time."""
        self._listed = None

    def by_name(self) -> dict[str, File]:
        """Return the files by name."""
        if self._listed is None:
            reply: Any = self._connection.call("ListFiles", query_pb2.ListFilesRequest(path=self._run))
            self._listed = {each.path: File(self._connection, self._run, each) for each in reply.files}
        return self._listed

    def choose(self, names: Sequence[str] | None, pattern: str | None) -> Files:
        """Return the files of these names, or that match a pattern (`media/*`, or SQL's `%`); else all.

        Raises
        ------
        ValueError
            If both are given.
        """
        if names and pattern:
            raise ValueError("files() takes names or a pattern, not both")
        found: Iterable[File] = self.by_name().values()
        if names:
            wanted = {names} if isinstance(names, str) else set(names)
            found = [each for each in found if each.name in wanted]
        elif pattern:
            form = pattern.replace("%", "*")
            found = [each for each in found if fnmatchcase(each.name, form)]
        return Files(found)

    def named(self, name: str) -> File:
        """Return one file; it is looked up again if it was not there before.

        Raises
        ------
        CommError
            If there is no such file.
        """
        if name not in self.by_name():
            self.forget()
        found = self.by_name().get(name)
        if found is None:
            raise CommError(f"run {self._run.project}/{self._run.run} has no file {name!r}", not_found=True)
        return found

    def completed(self, value: Any, in_record: bool = False) -> Any:
        """Return a value with `sha256` and `size` added to its records; one without records as it is."""
        if isinstance(value, list):
            return [self.completed(inner, in_record) for inner in value] if any(map(_may_hold, value)) else value
        if not isinstance(value, dict):
            return value
        in_record = in_record or isinstance(value.get("_type"), str)
        value = {key: self.completed(inner, in_record) if _may_hold(inner) else inner for key, inner in value.items()}
        path = value.get("path")
        if in_record and isinstance(path, str):
            file = self.by_name().get(path)
            if file is not None and file.is_present:
                value.setdefault("sha256", file.sha256)
                value.setdefault("size", file.size)
        return value


def _may_hold(value: Any) -> bool:
    return isinstance(value, (dict, list))
