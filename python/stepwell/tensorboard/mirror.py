"""Mirror from TensorBoard's writers to the current run, as they write."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.api.columns.columns import OF_EVERY_ROW
from stepwell.imports.refusals import REFUSED, is_time
from stepwell.imports.tensorboard.row import Rows, with_free_names
from stepwell.process import session

if TYPE_CHECKING:
    from stepwell.imports.tensorboard.event import Event
    from stepwell.runs.run import Run

# The key of TensorBoard's step: the x axis of everything that is mirrored.
STEP_KEY = "global_step"
# Names that are not a tag's.
_TAKEN = (*OF_EVERY_ROW, STEP_KEY)
# Writers below one experiment are often called so; their tags are told apart by it.
_PARTS = {"train", "validation", "val", "eval", "test"}


@dataclass
class Mirror:
    """What was seen of the writers so far.

    Parameters
    ----------
    root
        Directory of the experiment; tags of writers below it begin with the path from there. By default that
        of the first writer of each run.
    """

    root: Path | None = None
    _first: Path | None = None
    _rows: dict[str, Rows] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _run: Run | None = None
    _step: int | None = None
    # The run's own step of the row that is being collected.
    _row: int = -1
    _defined: set[str] = field(default_factory=set)
    # Hyperparameters that were seen, and those of them that are in the config from here.
    _config: dict[str, Any] = field(default_factory=dict)
    _mirrored: set[str] = field(default_factory=set)

    def take(self, logdir: str, event: Event) -> None:
        """Log an event to the current run; without one it is passed over.

        All that is written for one step becomes one row: it is complete when another step comes, when the
        program logs something itself, or when the run ends.
        """
        run = session.current_or_none()
        if run is None or not event.values:
            return
        with self._lock:
            if run is not self._run:
                self._run, self._first, self._step, self._defined = run, None, None, set()
                self._config, self._mirrored = {}, set()
                for known in self._rows.values():
                    known.config.clear()
            space = self._namespace(logdir)
            rows = self._rows.setdefault(logdir, Rows())
            row = with_free_names({f"{space}{tag}": value for tag, value in rows.row(event).items()}, _TAKEN)
            if rows.config.items() - self._config.items():
                self._config.update(rows.config)
                # What the program said itself of its config stays.
                self._mirrored.update(key for key in rows.config if key not in run.config)
                mirrored = {key: value for key, value in rows.config.items() if key in self._mirrored}
                run.config.update(mirrored, allow_val_change=True)
            if not row:
                return
            try:
                self._log(run, row, event)
            except REFUSED:
                # One value must not cost the others of its event; whoever called says that it is missing.
                sound = {key: value for key, value in row.items() if rows.refused.can_store(key, value, logdir)}
                self._log(run, sound, event)
                raise

    def _log(self, run: Run, row: dict[str, Any], event: Event) -> None:
        for key in row.keys() - self._defined:
            if key:
                run.define_metric(key.replace("*", "\\*"), step_metric=STEP_KEY, step_sync=False)
            self._defined.add(key)
        if self._step not in (None, event.step) and run.step == self._row:
            run.log({}, commit=True)
        time = {"_timestamp": event.time} if is_time(event.time) else {}
        run.log({**row, STEP_KEY: event.step, **time}, commit=False)
        self._step, self._row = event.step, run.step

    def _namespace(self, logdir: str) -> str:
        """Return what stands before the tags of a writer: empty, or a path with a slash at its end."""
        path = Path(logdir).absolute()
        if self._first is None:
            self._first = path.parent if path.name in _PARTS else path
        try:
            space = path.relative_to((self.root or self._first).absolute()).as_posix()
        except ValueError:
            space = path.name
        return "" if space == "." else f"{space}/"
