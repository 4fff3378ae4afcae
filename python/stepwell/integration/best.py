"""Best end of a metric: the least or the greatest value, by its name."""

from __future__ import annotations

from typing import Literal

_LEAST = {
    "rmse", "rmsle", "mae", "mape", "mphe", "error", "merror",  # XGBoost
    "l1", "l2", "huber", "fair", "poisson", "gamma",  # LightGBM
}  # fmt: skip
_MOST = {"auc", "aucpr", "ndcg", "map", "average_precision"}


def best_end(metric: str) -> Literal["min", "max"] | None:
    """Return whether less or more of a metric is better, None if unknown. What follows an `@` is ignored."""
    name = metric.lower().partition("@")[0]
    if "loss" in name or name in _LEAST:
        return "min"
    return "max" if name in _MOST else None
