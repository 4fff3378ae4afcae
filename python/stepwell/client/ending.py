"""The end of a run: waiting for what is on its way, and saying what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepwell.client.terminal import quoted

if TYPE_CHECKING:
    from stepwell._native import FinishReport
    from stepwell.client.terminal import Terminal
    from stepwell.client.writer import Writer, WriterOptions

# Between two looks at how far the sending is; also how long Ctrl-C may take.
_LOOK_SECONDS = 0.2


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

    def run(self, exit_code: int, terminal: Terminal) -> None:
        """Wait, end the writer, and say what is where. Ctrl-C cuts the waiting short."""
        deadline = time.monotonic() + self.timeout
        if self.options.destination:
            try:
                self._wait(deadline, terminal)
            except KeyboardInterrupt:
                deadline = time.monotonic()
                terminal.warn("interrupted; what is not sent stays on disk")
            terminal.clear_progress()
        try:
            report = self.writer.finish(exit_code, max(deadline - time.monotonic(), 0.0))
        except (OSError, RuntimeError) as error:  # a training that is over must not fail for its logger
            terminal.warn(
                f"run {self.name} could not be ended: {error}. What was written is in {self.options.directory}"
            )
            return
        self._tell(report, terminal)

    def _wait(self, deadline: float, terminal: Terminal) -> None:
        while time.monotonic() < deadline:
            if self.writer.flush("acked", min(_LOOK_SECONDS, max(deadline - time.monotonic(), 0.0))):
                return
            status = self.writer.status()
            terminal.progress(status["acked"], status["accepted"], f"entries to {self.options.destination}")

    def _tell(self, report: FinishReport, terminal: Terminal) -> None:
        directory = quoted(self.options.directory)
        rows = f"{report['rows']:,} {'row' if report['rows'] == 1 else 'rows'}"
        destination = self.options.destination
        if report["lost_rows"] or report["sampled_rows"]:
            terminal.warn(
                f"run {self.name} had no room for all rows: {report['lost_rows']:,} are lost, "
                f"{report['sampled_rows']:,} were kept as a sample"
            )
        if not report["complete"]:
            why = f" ({report['message']})" if report["message"] else ""
            if destination:
                terminal.warn(
                    f"{report['unsent_rows']:,} of {rows} of run {self.name} have not reached {destination}{why}; "
                    f"they are kept in {self.options.directory}. "
                    f"Send them with: stepwell sync {directory} --url {destination}"
                )
            else:
                terminal.warn(
                    f"run {self.name} is not complete on disk{why}; what was written is in {self.options.directory}"
                )
        elif destination:
            terminal.say(f"run {self.name} ended: {rows} are on {destination}")
        else:
            terminal.say(
                f"run {self.name} ended: {rows} are in {self.options.directory}; see them with: stepwell ui {directory}"
            )
