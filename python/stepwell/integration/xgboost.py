"""`WandbCallback` for XGBoost, with the parameters and the keys of wandb's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xgboost.callback import TrainingCallback  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.integration.best import best_end
from stepwell.integration.importance import importance_chart
from stepwell.integration.model_file import log_model_file
from stepwell.process import session


class WandbCallback(TrainingCallback):  # type: ignore[misc]
    """Logs each iteration of XGBoost to the current run, one row each.

    Its keys are `DATA-METRIC`, as in `validation_0-rmse`, and `epoch`; the config gets what
    `Booster.save_config` says.

    Parameters
    ----------
    log_model
        Whether to log the trained model as an artifact.
    log_feature_importance
        Whether to log a bar chart of the features' importance, under `Feature Importance`.
    importance_type
        `weight`, `gain`, `cover`, `total_gain` or `total_cover`; for linear models `weight`.
    define_metric
        Whether the summary of a metric is its best value (`{"min": …}` or `{"max": …}`) instead of the last.

    Raises
    ------
    Error
        If there is no run.
    """

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        super().__init__()
        self._run = session.current("WandbCallback()")
        self._log_model = log_model
        self._log_importance = log_feature_importance
        self._importance_type = importance_type
        self._defines = define_metric

    def before_training(self, model: Any) -> Any:
        """Put the model's parameters into the config."""
        self._run.config.update(json.loads(model.save_config()), allow_val_change=True)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Sequence[Any]]]) -> bool:
        """Log a row; False, as training goes on."""
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                row[f"{data}-{metric}"] = values[-1]
                end = best_end(metric)
                if self._defines and end:
                    self._run.define_metric(f"{data}-{metric}", summary=end)
        self._defines = False
        self._run.log({**row, "epoch": epoch})
        return False

    def after_training(self, model: Any) -> Any:
        """Log the model, the importance of its features, `best_score` and `best_iteration`."""
        if self._log_model:
            name = f"{self._run.id}_model.json"
            log_model_file(self._run, name, model.save_model, name=name)
        if self._log_importance:
            scores = model.get_score(importance_type=self._importance_type)
            self._run.log({"Feature Importance": importance_chart(scores.items())})
        if model.attr("best_score") is not None:
            best = {"best_score": float(model.attr("best_score")), "best_iteration": int(model.attr("best_iteration"))}
            self._run.log(best)
        return model


def wandb_callback() -> Callable[[Any], None]:
    """Return a callback as XGBoost had them before 1.3: a function that is called after each iteration."""

    def callback(env: Any) -> None:
        session.current("wandb_callback()").log(dict(env.evaluation_result_list))

    return callback
