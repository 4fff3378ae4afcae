"""`wandb_callback` and `log_summary` for LightGBM, with the parameters and the keys of wandb's."""

from __future__ import annotations

from typing import Any

from stepwell.integration.best import best_end
from stepwell.integration.importance import importance_chart
from stepwell.integration.model_file import log_model_file
from stepwell.process import session


class _Callback:
    """Logs an iteration. LightGBM calls it after each one, in the order of `order`."""

    before_iteration = False
    order = 20

    def __init__(self, log_params: bool, define_metric: bool) -> None:
        self._run = session.current("wandb_callback()")
        self._log_params = log_params
        self._define_metric = define_metric

    def __call__(self, env: Any) -> None:
        if env.iteration == env.begin_iteration and self._log_params:
            self._run.config.update(env.params, allow_val_change=True)
        row: dict[str, Any] = {}
        # (data, metric, value, higher is better), and of `cv` a fifth: the deviation over the folds.
        for data, metric, value, _, *deviation in env.evaluation_result_list or ():
            if data == "cv_agg":  # of older versions: both names stand in the second place
                data, _, metric = metric.partition(" ")
            if deviation:
                row[f"{data}_{metric}-mean"], row[f"{data}_{metric}-stdv"] = value, deviation[0]
            else:
                row[f"{data}_{metric}"] = value
            end = best_end(metric)
            if self._define_metric and end and env.iteration == env.begin_iteration:
                self._run.define_metric(f"{data}_{metric}" + ("-mean" if deviation else ""), summary=end)
        self._run.log({**row, "iteration": env.iteration})


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> _Callback:
    """Return a callback for `lightgbm.train` and `lightgbm.cv` that logs each iteration to the current run.

    Its keys are `DATA_METRIC`, as in `valid_0_l2` (of `cv`: `…-mean` and `…-stdv`), and `iteration`.

    Parameters
    ----------
    log_params
        Whether to put the training's parameters into the config.
    define_metric
        Whether the summary of a metric is its best value (`{"min": …}` or `{"max": …}`) instead of the last.

    Raises
    ------
    Error
        If there is no run.
    """
    return _Callback(log_params, define_metric)


def log_summary(model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False) -> None:
    """Put `best_iteration` and `best_score` of a trained model into the summary.

    Parameters
    ----------
    model
        The `lightgbm.Booster`.
    feature_importance
        Whether to log a bar chart of the features' importance, under `Feature Importance`.
    save_model_checkpoint
        Whether to log the model at its best iteration as an artifact.

    Raises
    ------
    Error
        If there is no run.
    """
    run = session.current("log_summary()")
    run.summary["best_iteration"] = model.best_iteration
    run.summary["best_score"] = {data: dict(metrics) for data, metrics in model.best_score.items()}
    if feature_importance:
        names, scores = model.feature_name(), model.feature_importance()
        run.log({"Feature Importance": importance_chart(zip(names, scores, strict=True))})
    if save_model_checkpoint:
        best = model.best_iteration
        log_model_file(run, f"model_ckpt_{best}.txt", lambda path: model.save_model(path, num_iteration=best), ["best"])
