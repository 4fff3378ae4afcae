"""Import of log directories of TensorBoard: each one that holds event files becomes a run."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, Error
from stepwell.imports.refusals import is_time
from stepwell.imports.tensorboard.directory import EventDirectory, event_directories
from stepwell.imports.tensorboard.row import Rows, with_free_names
from stepwell.settings.naming import clean
from stepwell.writing.options import WriterOptions

if TYPE_CHECKING:
    from stepwell._native import Writer
    from stepwell.settings.settings import Settings

# Where a run keeps how far its directory was read, in bytes per file.
_CONFIG_KEY = "_tensorboard"
_FINISH_SECONDS = 600.0


@dataclass(frozen=True)
class Imported:
    """What became of one directory.

    Attributes
    ----------
    directory
        The directory.
    run
        Path of its run, `entity/project/id`; empty for directories that cannot be read.
    events
        Events that were added; 0 if there were none that the run did not have.
    void
        Events that TensorBoard does not show either: a later writer began again at an earlier step.
    left_out
        How many values were not taken over because nothing shows them, by reason.
    damage
        What is wrong with its files, and which of their values could not be stored; empty if all was taken
        over.
    """

    directory: Path
    run: str
    events: int
    void: int
    left_out: Mapping[str, int]
    damage: list[str]


def import_directories(
    root: Path, project: str | None = None, directory: str | None = None, url: str | None = None
) -> Iterator[Imported]:
    """Import every directory at or below `root` that holds event files.

    The id of a run follows from the place of its directory, so a second import adds only what is new. Steps
    are those of the events, keys are tags, and a row's `_timestamp` is the time of the last event that was
    written for its step.

    Parameters
    ----------
    root
        A log directory of TensorBoard.
    project
        Project of the runs; by default the name of `root`.
    directory, url
        Where to: as `init` takes them.

    Raises
    ------
    Error
        If `root` is no directory or holds no event file.
    """
    from stepwell.settings.settings_file import settings_of_process

    root = root.resolve()
    if not root.is_dir():
        raise Error(f"there is no directory {root}")
    closed: list[str] = []
    found = event_directories(root, closed.append)
    if not found and not closed:
        raise Error(f"there is no event file in or below {root}; they have `tfevents` in their names")
    given = {"project": project or root.name, "dir": directory, "url": url}
    target = _Target(settings_of_process({name: value for name, value in given.items() if value is not None}))
    if closed:
        yield Imported(root, "", 0, 0, {}, closed)
    for each in found:
        name = each.relative_to(root).as_posix()
        try:
            yield target.take(each, root.name if name == "." else name)
        except CommError:  # the others would not get there either
            raise
        except (Error, OSError, RuntimeError, ValueError) as error:
            yield Imported(each, target.path(each), 0, 0, {}, [f"{each} was not imported: {error}"])


@dataclass(frozen=True)
class _Target:
    """Where the runs go."""

    settings: Settings

    def path(self, directory: Path) -> str:
        """Return the path of the run of a directory."""
        run_id = f"tb-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"
        return f"{self.settings.entity}/{self.settings.project}/{run_id}"

    def take(self, directory: Path, name: str) -> Imported:
        """Import one directory."""
        path = self.path(directory)
        known = self._known(path)
        files = EventDirectory(directory, dict(known.get("files", {})))
        count = _Count()
        rows = Rows()
        writer: Writer | None = None
        complete = False
        try:
            for row in _rows(files, _restarts(directory, files.offsets), rows, count):
                if writer is None:
                    start = row.time if is_time(row.time) else None
                    writer = self._open(path, start, attempt=known.get("imports", 0))
                    writer.set_info(name=clean(name))
                rows.refused.log(writer, row.values, row.step, row.time, row.source)
            if writer is not None:
                read = {"directory": str(directory), "files": files.offsets, "imports": known.get("imports", 0) + 1}
                rows.refused.configure(writer, rows.config, str(directory))
                writer.set_config({_CONFIG_KEY: read})
            complete = True
        finally:
            # A run that was not imported to its end must not look as if it had been.
            report = writer.finish(0 if complete else 1, _FINISH_SECONDS) if writer is not None else None
        if report is not None:
            rows.refused.note_report(str(directory), report)
            if not report["complete"]:
                raise Error(f"run {path} was not written whole: {report['message']}")
        damage = [sentence for sentences in files.damage.values() for sentence in sentences]
        damage += rows.refused.sentences()
        return Imported(directory, path, count.events, count.void, rows.left_out, damage)

    def _known(self, path: str) -> dict[str, Any]:
        """Return what an earlier import noted of the run; empty without one."""
        from stepwell.api import Api

        if not self.settings.url and not Path(self.settings.dir).is_dir():
            return {}
        try:
            with Api(self.settings.url or self.settings.dir) as api:
                known: dict[str, Any] = api.run(path).config.get(_CONFIG_KEY, {})
                return known
        except CommError as error:
            if error.not_found:
                return {}
            raise

    def _open(self, path: str, start: float | None, attempt: int) -> Writer:
        settings = self.settings
        settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = WriterOptions.of(
            settings,
            (settings.entity, settings.project, path.rpartition("/")[2]),
            destination=settings.url or "",
            primary=True,
            attempt=attempt,
            start_time=start,
            on_full="block",
            strict_steps=False,
        )
        return options.open()


@dataclass
class _Count:
    """How many events were taken, and how many are void."""

    events: int = 0
    void: int = 0


@dataclass
class _Row:
    """Values of one step, and the time and file of the last event that had some."""

    step: int
    time: float
    source: str
    values: dict[str, Any]


def _rows(files: EventDirectory, restarts: deque[int], rows: Rows, count: _Count) -> Iterator[_Row]:
    """Iterate over the rows; events of one step that follow each other are one row."""
    row = _Row(0, 0.0, "", {})
    for event in files.read():
        if event.is_start and restarts:
            restarts.popleft()
        if not event.values:
            continue
        if restarts and event.step >= min(restarts):
            count.void += 1
            continue
        values = with_free_names(rows.row(event))
        if not values:
            continue
        count.events += 1
        if event.step != row.step and row.values:
            yield row
            row = _Row(event.step, event.time, event.source, {})
        row.step, row.time, row.source = event.step, event.time, event.source
        row.values.update(values)
    if row.values:
        yield row


def _restarts(directory: Path, offsets: Mapping[str, int]) -> deque[int]:
    """Return the steps at which writers began again, in the order of the events."""
    return deque(event.step for event in EventDirectory(directory, dict(offsets)).read() if event.is_start)
