"""Stepwell in local mode: rows go to the spool under the directory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def open_run(directory: str) -> tuple[Callable[[dict[str, Any]], Any], Callable[[], None]]:
    """Start a run under `directory` and return its `log` and its `finish`."""
    import stepwell

    run = stepwell.init(project="bench", dir=directory, mode="offline", settings={"silent": True})
    return run.log, lambda: run.finish(quiet=True)


def version() -> str:
    """Version of the package."""
    import stepwell

    return stepwell.__version__
