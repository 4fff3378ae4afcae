"""`WandbModelCheckpoint`: logs each checkpoint that Keras saves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from keras.callbacks import ModelCheckpoint  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.process import session


class WandbModelCheckpoint(ModelCheckpoint):  # type: ignore[misc]
    """Saves a model as Keras' `ModelCheckpoint` does, and logs every file it has saved as an artifact.

    The artifact is `run_ID_model`, ID being that of the run. The parameters are those of `ModelCheckpoint`.

    Raises
    ------
    Error
        If there is no run.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: Literal["auto", "min", "max"] = "auto",
        save_freq: Literal["epoch"] | int = "epoch",
        initial_value_threshold: float | None = None,
        **more: Any,
    ) -> None:
        super().__init__(
            filepath=os.fspath(filepath),
            monitor=monitor,
            verbose=verbose,
            save_best_only=save_best_only,
            save_weights_only=save_weights_only,
            mode=mode,
            save_freq=save_freq,
            initial_value_threshold=initial_value_threshold,
            **more,
        )
        self._run = session.current("WandbModelCheckpoint()")

    def _save_model(self, epoch: int, batch: int | None = None, logs: dict[str, Any] | None = None) -> None:
        # Keras calls this when it is time to save, and may then find that the model is not better than
        # before.
        path = Path(self._get_file_path(epoch, batch, logs))
        before = _changed(path)
        super()._save_model(epoch, batch, logs)
        if _changed(path) != before:
            when = f"epoch_{epoch}" if batch is None else f"epoch_{epoch}_batch_{batch}"
            self._run.log_artifact(path, f"run_{self._run.id}_model", "model", ["latest", when])


def _changed(path: Path) -> int:
    """Return when a file was last changed, in ns; 0 if there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0
