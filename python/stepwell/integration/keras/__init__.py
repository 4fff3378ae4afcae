"""Callbacks for Keras, with the parameters and the keys of wandb's."""

from __future__ import annotations

from stepwell.integration.keras.callback import WandbCallback
from stepwell.integration.keras.eval_callback import WandbEvalCallback
from stepwell.integration.keras.metrics_logger import WandbMetricsLogger
from stepwell.integration.keras.model_checkpoint import WandbModelCheckpoint

__all__ = ["WandbCallback", "WandbEvalCallback", "WandbMetricsLogger", "WandbModelCheckpoint"]
