"""The end of a run: waiting for what is on its way, and saying what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.client.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell._native import FinishReport
    from stepwell.client.terminal import Terminal
    from stepwell.client.writer import Writer, WriterOptions

# Between two looks at how far the sending is; also how long Ctrl-C may take.
_LOOK_SECONDS = 0.2
# Time for the disk when the time for the server is over.
_CLOSE_SECONDS = 0.3


@dataclass
class Ending:
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
        except (OSError, RuntimeError) as error:  # a training that is over must not fail for its logger
            terminal.warn(
                f"run {self.name} could not be ended: {error}. What was written is in {self.options.directory}"
            )
            return
        if terminal.is_watched():
            from stepwell.client.footer import footer

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
        directory = quoted(self.options.directory)
        rows = f"{report['rows']:,} {'row' if report['rows'] == 1 else 'rows'}"
        stored = rows + (f" and {_files(report['files'])}" if report["files"] else "")
        stored += " is" if stored == "1 row" else " are"
        destination = self.options.destination
        if report["lost_rows"] or report["sampled_rows"]:
            terminal.warn(
                f"run {self.name} had no room for all rows: {report['sampled_rows']:,} gave way to a sample, "
                f"{report['lost_rows']:,} are lost"
            )
        if report["lost_files"]:
            terminal.warn(f"{_files(report['lost_files'])} of run {self.name} could not be stored and are lost")
        if report["rejected_rows"]:
            terminal.warn(
                f"{destination} refused {report['rejected_rows']:,} entries of run {self.name}; "
                f"they are kept below {self.options.directory}"
            )
        if not report["complete"]:
            if destination:
                why = connection.removeprefix(f"waiting for {destination}: ")
                what = f"{report['unsent_rows']:,} of {rows}" if report["unsent_rows"] else "the end"
                if report["unsent_files"]:
                    what += f" and {report['unsent_files']:,} of {_files(report['files'])}"
                terminal.warn(
                    f"{what} of run {self.name} did not reach {destination}{f' ({why})' if why else ''}; "
                    f"everything{' else' if report['lost_rows'] else ''} is kept in {self.options.directory}. "
                    f"Send it with: stepwell sync {directory} --url {destination}"
                )
            else:
                why = f" ({report['message']})" if report["message"] else ""
                terminal.warn(
                    f"run {self.name} is not complete on disk{why}; what was written is in {self.options.directory}"
                )
        elif destination:
            terminal.say(f"run {self.name} ended: {stored} on {destination}")
        else:
            terminal.say(
                f"run {self.name} ended: {stored} in {self.options.directory}; see them with: stepwell ui {directory}"
            )


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
