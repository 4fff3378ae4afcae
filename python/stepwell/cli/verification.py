"""Checks everything that lies in a directory: every checksum, every count, every file that a run names.

| part | is checked |
|---|---|
| spools | every frame of every stream: its checksum, and that no number is missing |
| store | checksums of pages and rows, SQLite's own check, every row; no stream has more than its spool |
| blobs | the SHA-256 of every content; that every file of a run has one, of the size that it says |
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepwell.api import Api, Run

_HASHED_BYTES = 1 << 20
_DATABASE = "store.sqlite"
_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes
    ----------
    place
        Where: a stream, a run, a file, a database.
    problem
        What, as a sentence.
    """

    place: str
    problem: str


@dataclass
class Verification:
    """One check of a directory.

    Attributes
    ----------
    directory
        The directory: one that runs were written to, or one of a server.
    progress
        Is told how much is done, of how much, and of what.
    repair
        Whether a damaged store is to be made anew: of what can be read of it, or, if the spools are here,
        from them.
    findings
        What is wrong.
    notes
        What is missing and counted as lost, and what was repaired.
    streams, entries, runs, rows, files, blobs, checked_bytes
        How much was looked at; bytes of spools and blobs.
    """

    directory: Path
    progress: Callable[[int, int, str], None] = lambda _done, _total, _what: None
    repair: bool = False
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    streams: int = 0
    entries: int = 0
    runs: int = 0
    rows: int = 0
    files: int = 0
    blobs: int = 0
    checked_bytes: int = 0

    def run(self) -> list[Finding]:
        """Check everything, and return what is wrong.

        Raises
        ------
        Error
            If nothing of ours is in the directory.
        """
        is_server = (self.directory / _DATABASE).is_file()
        if not is_server and not (self.directory / "spool").is_dir():
            raise Error(f"{self.directory} holds no runs; name the one that they were written to, or that of a server")
        lasts = self._spools()
        sound = self._database(self.directory / _DATABASE if is_server else self.directory / "store" / _DATABASE, lasts)
        damaged = self._blobs()
        if sound:
            with self._api(is_server) as api:
                try:
                    self._runs(api, damaged)
                except CommError as error:
                    self._found(str(self.directory), str(error))
        elif not is_server:
            self._found(
                str(self.directory / "store"),
                "the index is damaged; `stepwell verify --repair` sets it aside and makes it anew from the spools",
            )
        return self.findings

    def _found(self, place: str, problem: str) -> None:
        self.findings.append(Finding(place, problem))

    def _spools(self) -> dict[bytes, tuple[str, int]]:
        """Check the streams; return where each is and its last entry, by id."""
        from stepwell import _native

        lasts: dict[bytes, tuple[str, int]] = {}
        for each in _native.spooled_streams(str(self.directory)):
            label = f" ({each['label']})" if each["label"] else ""
            place = f"stream {each['stream']} of {each['entity']}/{each['project']}/{each['run']}{label}"
            if each["damage"]:
                self._found(place, each["damage"])
            elif each["first"] > 1 and not each["destination"]:
                self._found(place, f"entries 1 to {each['first'] - 1} are missing")
            self.streams += 1
            self.entries += max(each["last"] - each["first"] + 1, 0) if each["first"] else 0
            self.checked_bytes += each["bytes"]
            lasts[bytes.fromhex(each["stream"])] = (place, max(each["last"], each["acked"]))
        return lasts

    def _database(self, path: Path, lasts: dict[bytes, tuple[str, int]]) -> bool:
        """Check the database; whether it is sound, or not made yet."""
        if not path.is_file():
            return True
        from stepwell import _native

        checked = _native.check_store(str(path.parent))
        if checked["problems"] and self.repair:
            self.notes += [Finding(str(path), f"{problem}; repaired") for problem in checked["problems"]]
            if path.parent == self.directory:
                # What is missing since is a problem once, and part of what its runs have lost from then on.
                self.findings += [Finding(str(path), loss) for loss in _native.repair_store(str(path.parent))]
            else:
                aside = self.directory / "store.damaged"
                shutil.rmtree(aside, ignore_errors=True)
                path.parent.rename(aside)
                self.notes.append(Finding(str(path), f"the index is made anew from the spools; kept as {aside}"))
            return True
        for problem in checked["problems"]:
            self._found(str(path), problem)
        self.notes += [Finding(str(path), loss) for loss in checked["losses"]]
        for stream, number in checked["durable"]:
            place, last = lasts.get(bytes.fromhex(stream), ("", number))
            if number > last:
                self._found(place, f"the store has entries up to {number}, its spool only up to {last}")
        return not checked["problems"]

    def _blobs(self) -> set[str]:
        """Check every content; return those that are not what their names say."""
        root = self.directory / "blobs"
        paths = [path for folder in root.glob("??") for path in folder.iterdir()] if root.is_dir() else []
        damaged = set()
        for path in paths:
            if path.name[:2] != path.parent.name or len(path.name) != 64 or set(path.name) - set("0123456789abcdef"):
                self._found(str(path), "no content has such a name")
                continue
            digest = hashlib.sha256()
            try:
                with path.open("rb") as file:
                    while chunk := file.read(_HASHED_BYTES):
                        digest.update(chunk)
                        self.checked_bytes += len(chunk)
            except OSError as error:
                damaged.add(path.name)
                self._found(str(path), f"it cannot be read: {error.strerror}")
                continue
            if digest.hexdigest() != path.name:
                damaged.add(path.name)
                self._found(str(path), f"its content has the SHA-256 {digest.hexdigest()}")
            self.blobs += 1
            self.progress(self.blobs, len(paths), "contents")
        return damaged

    @contextmanager
    def _api(self, is_server: bool) -> Iterator[Api]:
        from stepwell import _native
        from stepwell.api import Api

        if not is_server:
            with Api(self.directory, timeout=_TIMEOUT_SECONDS) as api:
                yield api
            return
        server = _native.Server(directory=str(self.directory), mode="server")
        try:
            with Api(server.address, timeout=_TIMEOUT_SECONDS) as api:
                yield api
        finally:
            server.stop()

    def _runs(self, api: Api, damaged: set[str]) -> None:
        for project in api.projects():
            for run in api.runs(project.id):
                place = "/".join(run.path)
                try:
                    self._rows_of(run, place)
                    self._files_of(run, place, damaged)
                except (CommError, ValueError) as error:
                    self._found(place, str(error))
                self.runs += 1

    def _rows_of(self, run: Run, place: str) -> None:
        rows = 0
        if run.lost_rows:
            self.notes.append(Finding(place, f"{run.lost_rows} of its rows are lost"))
        for label in run.labels:
            for batch in run.reader.batches(None, None, None, label):
                rows += len(batch.steps)
                self.progress(min(rows, run.rows), run.rows, f"rows of {place}")
        # A run that goes on may have more by now.
        if rows < run.rows or (rows > run.rows and run.load().rows < rows):
            self._found(place, f"it has {rows} rows, and says that it has {run.rows}")
        self.rows += rows

    def _files_of(self, run: Run, place: str, damaged: set[str]) -> None:
        for file in run.files():
            content = self.directory / "blobs" / file.sha256[:2] / file.sha256
            self.files += 1
            if file.sha256 in damaged:
                self._found(place, f"the content of its file {file.name} is damaged")
            elif not content.is_file():
                if run.state != "running":  # else it may be on its way
                    self._found(place, f"the content {file.sha256} of its file {file.name} is missing")
            elif content.stat().st_size != file.size:
                size = content.stat().st_size
                self._found(place, f"its file {file.name} has {size} bytes, and says that it has {file.size}")

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        counts = ("streams", "entries", "runs", "rows", "files", "blobs", "checked_bytes")
        return {
            "directory": str(self.directory),
            "sound": not self.findings,
            "findings": [{"place": each.place, "problem": each.problem} for each in self.findings],
            "notes": [{"place": each.place, "problem": each.problem} for each in self.notes],
            **{name: getattr(self, name) for name in counts},
        }
