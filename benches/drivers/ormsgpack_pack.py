"""The floor: ormsgpack packs the dict and the bytes are thrown away."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any


def open_run(directory: str) -> tuple[Callable[[dict[str, Any]], Any], Callable[[], None]]:
    """Return `ormsgpack.packb`; nothing is written to `directory`."""
    import ormsgpack

    return ormsgpack.packb, lambda: None


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("ormsgpack")
