"""Blobs on disk: contents under their SHA-256, and the links of streams to them (docs/media.md)."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tests.decoder.entries import Entry, File
from tests.decoder.frame import Violation
from tests.decoder.spool import SpooledStream


def files(entries: Iterable[Entry]) -> dict[str, File]:
    """Return the latest version of every path."""
    return {entry.path: entry for entry in entries if isinstance(entry, File)}


def read_blob(root: Path, file: File) -> bytes:
    """Return the content of a file from the directory of blobs `root`; check its name and size."""
    path = root / file.sha256[:2] / file.sha256
    if not path.is_file():
        raise Violation(f"{file.path} refers to {file.sha256}, which is not there")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256 or len(content) != file.size:
        raise Violation(f"the blob of {file.path} has {len(content)} bytes that are not those of {file}")
    return content


def check_stream(root: Path, stream: SpooledStream) -> dict[str, bytes]:
    """Check that every file of a local stream has its blob and its link; return the contents by path."""
    found = files(stream.ordered)
    linked = {path.name for path in (stream.directory / "blobs").glob("*")}
    missing = {file.sha256 for file in stream.ordered if isinstance(file, File)} - linked
    if missing:
        raise Violation(f"{stream.stream} has no link to {sorted(missing)}")
    return {path: read_blob(root, file) for path, file in found.items()}
