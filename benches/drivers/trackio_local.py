"""trackio, which keeps its database under the directory."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from typing import Any


def open_run(directory: str) -> tuple[Callable[[dict[str, Any]], Any], Callable[[], None]]:
    """Start a run under `directory` and return its `log` and its `finish`."""
    os.environ["TRACKIO_DIR"] = directory
    import trackio

    trackio.init(project="bench")
    return trackio.log, trackio.finish


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("trackio")
