"""TensorBoard's event files, written by tensorboardX: one `add_scalar` per key."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any


def open_run(directory: str) -> tuple[Callable[[dict[str, Any]], Any], Callable[[], None]]:
    """Open a writer on `directory`; the returned function logs a dict at rising steps."""
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(directory)
    step = 0

    def log(row: dict[str, Any]) -> None:
        nonlocal step
        for key, value in row.items():
            writer.add_scalar(key, value, step)
        step += 1

    return log, writer.close


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("tensorboardX")
