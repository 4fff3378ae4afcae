"""wandb in offline mode."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from typing import Any


def open_run(directory: str) -> tuple[Callable[[dict[str, Any]], Any], Callable[[], None]]:
    """Start an offline run under `directory` and return its `log` and its `finish`."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_CONSOLE="off", WANDB_DISABLE_GIT="true")
    import wandb

    settings = wandb.Settings(x_disable_stats=True, x_disable_meta=True)
    run = wandb.init(project="bench", dir=directory, mode="offline", settings=settings)
    return run.log, run.finish


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("wandb")
