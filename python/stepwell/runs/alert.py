"""Alerts: messages of a run that somebody should see."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from stepwell.errors import UsageError
from stepwell.process import terminal

if TYPE_CHECKING:
    from stepwell.runs.run import Run

# The key of the rows that hold alerts: a list of {"title", "text", "level", "time"} per step.
KEY = "_alerts"
_WAIT_SECONDS = 60.0


class AlertLevel(Enum):
    """How bad it is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


_SAY = {
    AlertLevel.INFO: terminal.termlog,
    AlertLevel.WARN: terminal.termwarn,
    AlertLevel.ERROR: terminal.termerror,
}


@dataclass
class Alerts:
    """The alerts of one writer."""

    run: Run
    _last: dict[str, float] = field(default_factory=dict)
    _step: int | None = None
    _of_step: list[dict[str, Any]] = field(default_factory=list)

    def send(self, title: str, text: str, level: AlertLevel | str | None, wait: int | float | timedelta | None) -> None:
        """Log and print an alert, unless one of this title was sent less than `wait` ago: see `Run.alert`."""
        if not title:
            raise UsageError("alert: title must not be empty")
        kind = _level(level)
        seconds = _seconds(wait)
        now = time.monotonic()
        if title in self._last and now - self._last[title] < seconds:
            return
        self._last[title] = now
        if self._step != self.run.step:
            self._step, self._of_step = self.run.step, []
        # A later value of a key replaces an earlier one of the step, so the list grows.
        self._of_step.append({"title": str(title), "text": str(text), "level": kind.value, "time": time.time()})
        self.run.log({KEY: list(self._of_step)}, commit=False)
        if not self.run.settings.silent:
            _SAY[kind](f"alert: {title}" + (f": {text}" if text else ""))


def _level(level: AlertLevel | str | None) -> AlertLevel:
    if level is None:
        return AlertLevel.INFO
    if isinstance(level, AlertLevel):
        return level
    name = str(level).upper()
    if name in AlertLevel.__members__:
        return AlertLevel[name]
    raise UsageError(f"alert: level must be one of {', '.join(AlertLevel.__members__)}, not {level!r}")


def _seconds(wait: int | float | timedelta | None) -> float:
    if wait is None:
        return _WAIT_SECONDS
    try:
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    except (TypeError, ValueError):
        seconds = -1.0
    if not seconds >= 0:
        raise UsageError(f"alert: wait_duration must be seconds ≥ 0 or a timedelta, not {wait!r}")
    return seconds
