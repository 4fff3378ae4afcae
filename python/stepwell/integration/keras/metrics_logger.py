"""`WandbMetricsLogger`: logs the metrics of a Keras training."""

from __future__ import annotations

from typing import Any, Literal

from keras.callbacks import Callback  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.integration.keras.learning_rate import learning_rate
from stepwell.process import session


class WandbMetricsLogger(Callback):  # type: ignore[misc]
    """Logs what `fit` measures, and the learning rate.

    Each epoch becomes a row `epoch/METRIC`, with `epoch/epoch` as x axis; with a `log_freq` for batches,
    these become rows `batch/METRIC` as well, with `batch/batch_step` as x axis.

    Parameters
    ----------
    log_freq
        `epoch`; `batch`, for every batch; or every how many batches.
    initial_global_step
        Batches before this training, where a learning-rate schedule goes on.

    Raises
    ------
    Error
        If there is no run.
    ValueError
        If `log_freq` is something else.
    """

    def __init__(self, log_freq: Literal["epoch", "batch"] | int = "epoch", initial_global_step: int = 0) -> None:
        super().__init__()
        self._run = session.current("WandbMetricsLogger()")
        if log_freq not in ("epoch", "batch") and not (isinstance(log_freq, int) and log_freq > 0):
            raise ValueError(f"WandbMetricsLogger: log_freq must be epoch, batch or an integer > 0, not {log_freq!r}")
        # Every how many batches; 0 logs epochs.
        every = self._every = log_freq if isinstance(log_freq, int) else int(log_freq == "batch")
        self._batch_step = 0
        self._global_step = initial_global_step
        for unit, axis in (("epoch", "epoch"), *((("batch", "batch_step"),) if every else ())):
            self._run.define_metric(f"{unit}/{axis}")
            self._run.define_metric(f"{unit}/*", step_metric=f"{unit}/{axis}")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Log a batch, if it is one of those to log."""
        self._global_step += 1
        if self._every and batch % self._every == 0:
            self._log("batch", logs, {"batch/batch_step": self._batch_step})
            self._batch_step += self._every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log an epoch."""
        self._log("epoch", logs, {"epoch/epoch": epoch})

    def _log(self, unit: str, logs: dict[str, Any] | None, row: dict[str, Any]) -> None:
        row.update({f"{unit}/{name}": value for name, value in (logs or {}).items()})
        rate = learning_rate(self.model, self._global_step)
        if rate is not None:
            row[f"{unit}/learning_rate"] = rate
        self._run.log(row)
