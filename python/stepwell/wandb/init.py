"""`wandb.init`: `stepwell.init`, with what wandb means by `dir`."""

from __future__ import annotations

import functools
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.startup import init as home

if TYPE_CHECKING:
    from stepwell.runs.run import Run

_SIGNATURE = inspect.signature(home.init)


@functools.wraps(home.init, assigned=("__name__", "__qualname__", "__doc__", "__annotations__"))  # pickled as it is
def init(*arguments: Any, **named: Any) -> Run:
    """Begin a run.

    For wandb `dir` is where its own directory is made, so the run is kept in `stepwell` below it: clients
    pass `.` or a folder of checkpoints. STEPWELL_DIR, which only a user sets, has the last word.
    """
    bound = _SIGNATURE.bind(*arguments, **named)
    above = bound.arguments.get("dir")
    if above is not None:
        bound.arguments["dir"] = os.environ.get("STEPWELL_DIR") or Path(above) / "stepwell"
    return home.init(*bound.args, **bound.kwargs)
