"""`WandbEvalCallback`: the base of callbacks that log a table of predictions after each epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from keras.callbacks import Callback  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.media.table import Table
from stepwell.process import session


class WandbEvalCallback(Callback, ABC):  # type: ignore[misc]
    """Logs a table of data when training begins, and a table of predictions after each epoch.

    A subclass fills them with `self.data_table.add_data(…)` and `self.pred_table.add_data(…)`.

    Parameters
    ----------
    data_table_columns
        Names of the columns of the table of data.
    pred_table_columns
        Names of the columns of the table of predictions.

    Attributes
    ----------
    data_table
        The table of data.
    data_table_ref
        The same, for a look at it from `add_model_predictions`.
    pred_table
        The table of predictions of the epoch.

    Raises
    ------
    Error
        If there is no run.
    """

    def __init__(self, data_table_columns: Sequence[str], pred_table_columns: Sequence[str]) -> None:
        super().__init__()
        self._run = session.current("WandbEvalCallback()")
        self._data_columns = list(data_table_columns)
        self._pred_columns = list(pred_table_columns)
        self.init_data_table(self._data_columns)
        self.init_pred_table(self._pred_columns)

    @abstractmethod
    def add_ground_truth(self, logs: dict[str, Any] | None = None) -> None:
        """Add rows to `data_table`."""

    @abstractmethod
    def add_model_predictions(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add rows to `pred_table`."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Fill and log the table of data."""
        self.init_data_table(self._data_columns)
        self.add_ground_truth(logs)
        self.log_data_table()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Fill and log the table of predictions."""
        self.init_pred_table(self._pred_columns)
        self.add_model_predictions(epoch, logs)
        self.log_pred_table()

    def init_data_table(self, column_names: Sequence[str]) -> None:
        """Begin a table of data."""
        self.data_table = self.data_table_ref = Table(columns=list(column_names))

    def init_pred_table(self, column_names: Sequence[str]) -> None:
        """Begin a table of predictions."""
        self.pred_table = Table(columns=list(column_names))

    def log_data_table(self, name: str = "val", type: str = "dataset", table_name: str = "val_data") -> None:  # noqa: A002
        """Log the table of data under `table_name`; wandb's other parameters have no effect."""
        self._run.log({table_name: self.data_table})

    def log_pred_table(
        self,
        type: str = "evaluation",  # noqa: A002  wandb's name
        table_name: str = "eval_data",
        aliases: Sequence[str] | None = None,
    ) -> None:
        """Log the table of predictions under `table_name`; wandb's other parameters have no effect."""
        self._run.log({table_name: self.pred_table})

    def get_data_table(self) -> Table:
        """Return the table of data."""
        return self.data_table
