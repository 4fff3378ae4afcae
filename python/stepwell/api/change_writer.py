"""Writer of changes to a run that was read: numbered entries of a stream, as of every writer."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError
from stepwell.settings.settings import Settings
from stepwell.values.tensor import with_tensors
from stepwell.writing.options import WriterOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from stepwell.api.server.connection import Connection
    from stepwell.proto.v1 import model_pb2


class ChangeWriter:
    """One stream of changes.

    Its label is that of the run's primary writer, so that the run gets no new one; it is not primary itself,
    so that a run that has ended stays ended.
    """

    def __init__(self, native: Any) -> None:
        self._native = native

    def config(self, changed: Mapping[str, Any], deleted: Sequence[str]) -> None:
        """Set and delete keys of the configuration."""
        if changed or deleted:
            self._native.set_config(changed, list(deleted))

    def summary(self, changed: Mapping[str, Any], deleted: Sequence[str]) -> None:
        """Set and delete values of the summary by hand. An array of more than 32 elements becomes a file."""
        values = {key: self._native.convert(key, with_tensors(value, key)) for key, value in changed.items()}
        if values or deleted:
            self._native.set_summary(values, list(deleted))

    def file(self, name: str, path: Path) -> None:
        """Store a file under a name."""
        from stepwell import _native

        self._native.put_file(name, _native.Content.from_file(str(path), "bin"))

    def attributes(self, changed: Mapping[str, Any]) -> None:
        """Set name, notes, tags, group and job type."""
        if changed:
            self._native.set_info(**changed)


@contextmanager
def change_writer(connection: Connection, path: model_pb2.RunPath, label: str) -> Iterator[ChangeWriter]:
    """Open a writer for changes; at the end wait until they are where they belong.

    Raises
    ------
    CommError
        If a server has not taken them in time; nothing is kept then.
    """
    if connection.directory is not None:
        with _writer(connection, path, label, str(connection.directory.expanduser().absolute()), "") as writer:
            yield writer
        connection.catch_up()
        return
    with (
        tempfile.TemporaryDirectory(prefix="stepwell-") as directory,
        _writer(connection, path, label, directory, connection.url) as writer,
    ):
        yield writer


@contextmanager
def _writer(
    connection: Connection, path: model_pb2.RunPath, label: str, directory: str, destination: str
) -> Iterator[ChangeWriter]:
    run = path.entity, path.project, path.run
    options = WriterOptions.of(
        Settings(), run, directory=directory, destination=destination, label=label, on_full="block"
    )
    native = options.open()
    try:
        yield ChangeWriter(native)
    except BaseException:
        native.finish(0, 0.0)
        raise
    report = native.finish(0, connection.timeout)
    if not report["complete"]:
        where = destination or directory
        raise CommError(
            f"the changes of run {path.project}/{path.run} did not reach {where} within {connection.timeout:g} s: "
            f"{report['message'] or 'it does not answer'}. Nothing of them is kept; try again, or allow more with "
            "Api(timeout=…)."
        )
