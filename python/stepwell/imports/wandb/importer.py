"""Import of a log of wandb: its run becomes one of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, Error, UsageError
from stepwell.imports.wandb.log import WandbLog
from stepwell.imports.wandb.media import MediaTranslation
from stepwell.imports.wandb.record import WandbRun
from stepwell.settings.settings import Settings
from stepwell.values.nested import flat
from stepwell.writing.options import WriterOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.api import Api

# What is derived from the rows.
_DERIVED = {"_step", "_runtime", "_timestamp"}
# The exit code of a log without an end: the run was killed, or goes on.
_NO_END = 1
_FLUSH_SECONDS = 600.0
# A file has its own name; the extension of a content is for those that are named by the client.
_EXTENSION = "bin"
_ROWS_PER_LOOK = 1_000


@dataclass(frozen=True)
class Imported:
    """What became of one log.

    Attributes
    ----------
    log
        The log.
    path
        `entity/project/id` of the run.
    is_new
        False if the run was there already, and nothing was done.
    rows, files
        What was written.
    missing_files
        Files that the log names and that are not beside it.
    has_end
        Whether the log has an exit code.
    damaged_bytes
        Bytes of the log that could not be read.
    left_out
        What else could not be read or stored, a sentence for each file, key and reason.
    """

    log: Path
    path: str
    is_new: bool
    rows: int
    files: int
    missing_files: int
    has_end: bool
    damaged_bytes: int
    left_out: list[str] = field(default_factory=list)


def find_logs(source: Path) -> list[Path]:
    """Return the logs that a path means: a log, the directory of a run, or a directory of such directories.

    Raises
    ------
    UsageError
        If there are none.
    """
    if source.is_file():
        return [source]
    for pattern in ("run-*.wandb", "*run-*/run-*.wandb", "wandb/*run-*/run-*.wandb"):
        # `latest-run` is a link to one of the others.
        found = sorted(path for path in source.glob(pattern) if not path.parent.is_symlink() or path.parent == source)
        if found:
            return found
    raise UsageError(
        f"there is no log of wandb in {source}; expected run-….wandb, offline-run-…/run-….wandb or wandb/…"
    )


class WandbImport:
    """Imports logs into a directory.

    Parameters
    ----------
    directory
        Where to.
    entity, project
        Entity and project of the runs; by default those that wandb knew.
    replace
        Delete a run that is there already, and import it anew.
    progress
        Is told the rows that were written, and how many there are.
    """

    def __init__(
        self,
        directory: Path,
        entity: str | None = None,
        project: str | None = None,
        replace: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._directory = directory
        self._entity = entity
        self._project = project
        self._replace = replace
        self._progress = progress
        self._log = ""

    def run(self, path: Path) -> Imported:
        """Import one log.

        Raises
        ------
        Error
            If it is no log of wandb, or says nothing of a run; the message names it.
        """
        from stepwell.api import Api

        log = WandbLog(path)
        run = WandbRun.read(log, str(path))
        if not run.id:
            why = "; ".join(run.refused.sentences()) or "it may have been cut off at once"
            raise Error(f"{path} does not say which run it is of: {why}")
        self._log = str(path)
        entity = self._entity or run.entity or Settings().entity
        project = self._project or run.project or Settings().project
        name = f"{entity}/{project}/{run.id}"
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Api(self._directory, timeout=_FLUSH_SECONDS) as api:
            if not self._make_room(api, name):
                return Imported(path, name, False, 0, 0, 0, run.exit_code is not None, log.damaged_bytes)
            files, missing = self._write(run, entity, project, path.parent / "files")
            self._finish_summary(api, name, run, path.parent / "files")
        has_end = run.exit_code is not None
        left_out = run.refused.sentences()
        return Imported(path, name, True, len(run.rows), files, missing, has_end, log.damaged_bytes, left_out)

    def _make_room(self, api: Api, name: str) -> bool:
        """Whether the run may be written."""
        try:
            earlier = api.run(name)
        except CommError as error:
            if error.not_found:
                return True
            raise
        if self._replace:
            earlier.delete()
        return self._replace

    def _write(self, run: WandbRun, entity: str, project: str, folder: Path) -> tuple[int, int]:
        """Write all but what rows cannot tell; return how many files there are, and how many are missing."""
        options = WriterOptions.of(
            Settings(),
            (entity, project, run.id),
            directory=str(self._directory),
            primary=True,
            start_time=run.start or None,
            on_full="block",
        )
        writer = options.open()
        complete = False
        try:
            for name in ("name", "notes", "tags", "group", "job_type"):
                with run.refused.attempt(self._log, name):
                    writer.set_info(**{name: getattr(run, name) or None})
            run.refused.configure(writer, run.config, self._log)
            for metric in run.metrics:
                with run.refused.attempt(self._log, metric["name"]):
                    writer.define_metric(**metric)
            translation = MediaTranslation(folder, run.private, run.refused)
            time = run.start
            for done, row in enumerate(run.rows):
                values = translation.row(row.values)
                said = values.get("_timestamp")
                time = said if isinstance(said, (int, float)) and not isinstance(said, bool) else time
                run.refused.log(writer, values, row.step, time, self._log)
                if done % _ROWS_PER_LOOK == 0:
                    self._progress(done, len(run.rows))
            for values in (run.summary, run.config):
                translation.row(values)
            counts = self._write_files(writer, run, folder, translation)
            complete = True
        finally:
            # A run that was not imported to its end must not look as if it had been.
            code = run.exit_code if run.exit_code is not None else _NO_END
            report = writer.finish(code if complete else _NO_END, _FLUSH_SECONDS)
        run.refused.note_report(self._log, report)
        if not report["complete"]:
            raise Error(f"run {run.id} was not written whole: {report['message']}")
        return counts

    def _write_files(self, writer: Any, run: WandbRun, folder: Path, translation: MediaTranslation) -> tuple[int, int]:
        from stepwell._native import Content

        found = missing = 0
        for path, data in translation.contents.items():
            with run.refused.attempt(self._log, path):
                writer.put_file(path, Content.from_bytes(data, _EXTENSION))
                found += 1
        for path in run.files:
            place = folder / path
            try:
                # What `save` took is a link to where it lies; a name must not lead anywhere by itself.
                if not place.is_file() or Path(path).is_absolute() or ".." in Path(path).parts:
                    missing += 1
                    continue
                writer.put_file(path, Content.from_file(str(place.resolve()), _EXTENSION))
                found += 1
            except (OSError, ValueError) as error:
                run.refused.note(self._log, path, getattr(error, "strerror", None) or error)
        return found, missing

    def _finish_summary(self, api: Api, name: str, run: WandbRun, folder: Path) -> None:
        """Set by hand what wandb's summary has and the rows do not tell, and delete what it has not."""
        translation = MediaTranslation(folder, run.private, run.refused)
        wanted: dict[str, Any] = {}
        for key, value in translation.row(run.summary).items():
            if key not in _DERIVED and run.refused.can_store(key, value, self._log):
                wanted |= flat(key, value)
        found = api.run(name)
        for key in [key for key in found.summary.flat() if key not in wanted and key not in _DERIVED]:
            del found.summary[key]
        there = found.summary.flat()
        found.summary.update({key: value for key, value in wanted.items() if _without_content(there.get(key)) != value})


def _without_content(value: Any) -> Any:
    """Return a value without what reading adds to records."""
    if isinstance(value, list):
        return [_without_content(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    added = {"sha256", "size"} if "path" in value else set()
    return {key: _without_content(inner) for key, inner in value.items() if key not in added}
