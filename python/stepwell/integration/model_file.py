"""A model of a training library as an artifact of the run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.runs.run import Run


def log_model_file(
    run: Run, file: str, save: Callable[[str], object], aliases: Sequence[str] = (), name: str | None = None
) -> None:
    """Write a model and log it as an artifact.

    Parameters
    ----------
    run
        The run.
    file
        What the file is called.
    save
        Writes the model to a path.
    aliases
        Aliases of the artifact.
    name
        What the artifact is called; `model_ID` by default, ID being that of the run.
    """
    with tempfile.TemporaryDirectory(prefix="stepwell-model-") as folder:
        path = Path(folder, file)
        save(str(path))
        run.log_artifact(path, name or f"model_{run.id}", "model", aliases)
