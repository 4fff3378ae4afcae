"""Warning on the terminal, once, that a server cannot be reached. Training does not notice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.process.terminal import Terminal
    from stepwell.runs.run import Run

# A server that has acknowledged nothing for so long after the start is worth a line.
_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 1.0
# How the native writer's word for the connection begins when all is well.
_WELL = ("connected", "everything")


def warn_when_unreachable(run: Run, terminal: Terminal) -> None:
    """Look for a few seconds whether the run's first entries arrive, on a thread that then ends."""
    if not terminal.silent:
        threading.Thread(target=_watch, args=(run, terminal), name="stepwell-connection", daemon=True).start()


def _watch(run: Run, terminal: Terminal) -> None:
    waited, state = 0.0, ""
    over = threading.Event()
    while waited < _PATIENCE_SECONDS:
        over.wait(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
        if run.is_finished:
            return
        state = run.connection.partition(";")[0]
        if state.startswith(_WELL):
            return
    why = state.removeprefix(f"waiting for {run.settings.url}: ")
    terminal.warn(
        f"the server {run.settings.url} does not answer{f' ({why})' if why else ''}. Training goes on; "
        f"rows are written to {run.directory} and sent as soon as the server is there."
    )
