"""End of a run: waits for what is on its way, and tells what became of it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.process.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell._native import FinishReport, Writer
    from stepwell.process.terminal import Terminal
    from stepwell.writing.options import WriterOptions

# Between two looks at how far the sending is; also how long Ctrl-C may take.
_LOOK_SECONDS = 0.2
# Time for the disk when the time for the server is over.
_CLOSE_SECONDS = 0.3
# Exit codes are stored in 32 bits.
_CODES = 2**31


@dataclass
class Finish:
    """Ends one writer.

    Attributes
    ----------
    writer
        What ends.
    options
        How it was opened.
    name
        What the user calls the run.
    timeout
        Longest time to wait, in s.
    """

    writer: Writer
    options: WriterOptions
    name: str
    timeout: float

    def run(self, exit_code: int, terminal: Terminal, summary: Callable[[], dict[str, Any]]) -> None:
        """Wait, end the writer, and say how it went and what is where. Ctrl-C cuts the waiting short."""
        deadline = time.monotonic() + self.timeout
        if self.options.destination:
            try:
                self._wait(deadline - min(_CLOSE_SECONDS, self.timeout), terminal)
            except KeyboardInterrupt:
                deadline = time.monotonic()
                terminal.warn("interrupted; what is not sent stays on disk")
            terminal.clear_progress()
        try:
            connection = self.writer.status()["connection"].partition(";")[0]
            try:
                report = self.writer.finish(exit_code, max(deadline - time.monotonic(), _CLOSE_SECONDS))
            except KeyboardInterrupt:  # it comes when the native call is over; the run has ended all the same
                self._tell(self.writer.finish(exit_code, 0.0), connection, terminal)
                raise
        except Exception as error:  # noqa: BLE001  a training that is over must not fail for its logger
            terminal.warn(f"run {self.name} could not be ended: {type(error).__name__}: {error}")
            return
        if terminal.is_watched():
            with contextlib.suppress(Exception):
                from stepwell.process.footer import footer

                table = footer(self.writer.preview(), summary())
                if table:
                    terminal.say(table)
        self._tell(report, connection, terminal)

    def _wait(self, deadline: float, terminal: Terminal) -> None:
        while (began := time.monotonic()) < deadline:
            slice_seconds = min(_LOOK_SECONDS, deadline - began)
            if self.writer.flush("acked", slice_seconds):
                return
            if time.monotonic() - began < slice_seconds / 2:
                return  # it did not wait: the server has refused for good
            status = self.writer.status()
            files = status["waiting_files"]
            and_files = f" and {files:,} files" if files else ""
            terminal.progress(status["acked"], status["accepted"], f"rows{and_files} to {self.options.destination}")

    def _tell(self, report: FinishReport, connection: str, terminal: Terminal) -> None:
        rows = _count(report["rows"], "row")
        stored = rows + (f" and {_files(report['files'])}" if report["files"] else "")
        stored += " is" if stored == "1 row" else " are"
        destination = self.options.destination
        self._tell_losses(report, terminal)
        if not report["complete"]:
            if destination:
                self._tell_unsent(report, rows, connection, terminal)
            else:
                why = f" ({report['message']})" if report["message"] else ""
                terminal.warn(f"run {self.name} is not complete on disk{why}; {self._place(report, rows)}")
        elif destination:
            terminal.say(f"run {self.name} ended: {stored} on {destination}")
        else:
            directory = quoted(self.options.directory)
            terminal.say(
                f"run {self.name} ended: {stored} in {self.options.directory}; see them with: stepwell ui {directory}"
            )

    def _tell_losses(self, report: FinishReport, terminal: Terminal) -> None:
        refused, lost = report["refused_rows"], report["lost_rows"] - report["refused_rows"]
        if lost or report["sampled_rows"]:
            terminal.warn(
                f"run {self.name} had no room for all rows: {report['sampled_rows']:,} gave way to a sample, "
                f"{lost:,} are lost"
            )
        if refused:
            terminal.warn(
                f"{_count(refused, 'row')} of run {self.name} could not be stored: too large, or "
                "under keys above the limit max_keys; they are counted among the lost ones of the run"
            )
        if report["refused_values"]:
            terminal.warn(
                f"{_count(report['refused_values'], 'value')} of run {self.name} came under keys above the limit of "
                f"{self.options.max_keys:,} (setting max_keys) and were refused"
            )
        if report["lost_files"]:
            terminal.warn(f"{_files(report['lost_files'])} of run {self.name} could not be stored and are lost")
        if report["rejected_rows"]:
            place = Path(self.options.directory, "spool", "rejected")
            kept = f"they are kept in {place}" if place.is_dir() else f"{place}, where they were put, is not there"
            terminal.warn(
                f"{self.options.destination} refused {report['rejected_rows']:,} entries of run {self.name}; {kept}"
            )

    def _tell_unsent(self, report: FinishReport, rows: str, connection: str, terminal: Terminal) -> None:
        destination = self.options.destination
        why = connection.removeprefix(f"waiting for {destination}: ")
        what = f"{report['unsent_rows']:,} of {rows}" if report["unsent_rows"] else "the end"
        if report["unsent_files"]:
            what += f" and {report['unsent_files']:,} of {_files(report['files'])}"
        send = f"stepwell sync {quoted(self.options.directory)} --url {destination}"
        terminal.warn(
            f"{what} of run {self.name} did not reach {destination}{f' ({why})' if why else ''}; "
            f"{self._place(report, rows)}. Send it with: {send}"
        )

    def _place(self, report: FinishReport, rows: str) -> str:
        """Say where things are, and that they are there only if somebody has looked."""
        if not report["is_there"]:
            return f"it was written to {self.options.directory}, where it could not be looked for"
        if self.options.destination:
            every = "everything else" if report["lost_rows"] or report["lost_files"] else "everything"
            return f"{every} is kept in {self.options.directory}"
        return f"{rows} {'is' if rows == '1 row' else 'are'} in {self.options.directory}"


def whole_exit_code(given: Any) -> int:
    """Return an exit code given as a number or its text; what is none, or too large, is a failure."""
    try:
        code = int(given or 0)
    except (TypeError, ValueError, OverflowError):
        return 1
    return code if -_CODES <= code < _CODES else 1


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
