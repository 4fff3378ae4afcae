"""`WandbCallback` and `log_summary` for CatBoost, with the parameters and the keys of wandb's."""

from __future__ import annotations

from typing import Any

from stepwell.integration.importance import importance_chart
from stepwell.integration.model_file import log_model_file
from stepwell.process import session


class WandbCallback:
    """Logs what CatBoost evaluates to the current run.

    Its keys are `DATA-METRIC`, as in `validation-RMSE`, and `iteration@metric-period-N`.

    Parameters
    ----------
    metric_period
        The `metric_period` that was given to the model.

    Raises
    ------
    Error
        If there is no run.
    """

    def __init__(self, metric_period: int = 1) -> None:
        self._run = session.current("WandbCallback()")
        self._period = metric_period
        self._values = 0

    def after_iteration(self, info: Any) -> bool:
        """Log a row if something was evaluated; True, as training goes on."""
        metrics = {
            f"{data}-{name}": values for data, found in info.metrics.items() for name, values in found.items() if values
        }
        count = sum(len(values) for values in metrics.values())
        if count > self._values:
            self._values = count
            row = {key: values[-1] for key, values in metrics.items()}
            self._run.log({**row, f"iteration@metric-period-{self._period}": info.iteration})
        return True


def log_summary(
    model: Any, log_all_params: bool = True, save_model_checkpoint: bool = False, log_feature_importance: bool = True
) -> None:
    """Put `best_iteration` and `best_score` of a trained model into the summary.

    Parameters
    ----------
    model
        A `CatBoostClassifier` or `CatBoostRegressor`.
    log_all_params
        Whether to put its parameters into the config.
    save_model_checkpoint
        Whether to log it as an artifact.
    log_feature_importance
        Whether to log a bar chart of the features' importance, under `Feature Importance`.

    Raises
    ------
    Error
        If there is no run.
    """
    run = session.current("log_summary()")
    parameters = model.get_all_params()
    if log_all_params:
        run.config.update(parameters, allow_val_change=True)
    run.summary["best_iteration"] = model.get_best_iteration()
    run.summary["best_score"] = model.get_best_score()
    if save_model_checkpoint:
        log_model_file(run, "model", model.save_model, ["best" if parameters.get("use_best_model") else "last"])
    if log_feature_importance:
        scores = zip(model.feature_names_, model.get_feature_importance(), strict=True)
        ranked = sorted(scores, key=lambda pair: -pair[1])
        run.log({"Feature Importance": importance_chart(ranked)})
