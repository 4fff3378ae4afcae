"""`WandbCallback`: wandb's older callback for Keras, which does a bit of everything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from keras.callbacks import Callback  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.integration.keras.learning_rate import learning_rate
from stepwell.process import session
from stepwell.process.terminal import termwarn

# What wandb's callback takes besides, and this one does not do.
_WITHOUT_EFFECT = {
    "verbose", "save_graph", "training_data", "generator", "input_type", "output_type", "log_evaluation",
    "validation_steps", "class_colors", "log_evaluation_frequency", "compute_flops", "log_gradients",
    "validation_indexes", "validation_row_processor", "prediction_row_processor", "infer_missing_processors",
}  # fmt: skip
_WARNED = _WITHOUT_EFFECT - {"verbose", "save_graph", "compute_flops", "infer_missing_processors"}


class WandbCallback(Callback):  # type: ignore[misc]
    """Logs every epoch by Keras' names of the metrics, saves the best model, and shows predictions.

    Parameters
    ----------
    monitor
        Metric that says which epoch is the best; the summary gets `best_METRIC` and `best_epoch`.
    mode
        Whether less or more of it is better: `min`, `max` or `auto`.
    save_model
        Whether to save the model with the run as `model-best.h5` (weights: `model-best.weights.h5`) when it
        is.
    save_weights_only
        Whether to save the weights only.
    log_weights
        Whether to log histograms of the weights after each epoch, under `parameters/NAME`.
    log_batch_frequency
        Log the metrics every so many batches; None logs epochs only.
    log_best_prefix
        What stands before the metric in the summary; None puts nothing there.
    validation_data
        Inputs and targets; with `predictions`, the first inputs that are images are logged under `examples`.
    labels
        Names of classes for the captions.
    predictions
        How many examples to log.
    more
        Further parameters of wandb's callback, without effect.

    Raises
    ------
    Error
        If there is no run.
    TypeError
        For a parameter that wandb's callback does not have.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: Literal["auto", "min", "max"] = "auto",
        save_model: bool = True,
        save_weights_only: bool = False,
        log_weights: bool = False,
        log_batch_frequency: int | None = None,
        log_best_prefix: str | None = "best_",
        validation_data: tuple[Any, Any] | None = None,
        labels: Sequence[str] = (),
        predictions: int = 36,
        **more: Any,
    ) -> None:
        super().__init__()
        for name in more:
            if name not in _WITHOUT_EFFECT:
                raise TypeError(f"WandbCallback() got an unexpected keyword argument {name!r}")
        for name in sorted(name for name in more if name in _WARNED and more[name]):
            termwarn(f"WandbCallback: {name} has no effect", repeat=False)
        self._run = session.current("WandbCallback()")
        self._monitor = monitor
        more_is_better = mode == "max" or (
            mode == "auto" and any(word in monitor for word in ("acc", "auc", "fmeasure"))
        )
        self._sign = -1.0 if more_is_better else 1.0
        self._best = math.inf
        self._save_model = save_model
        self._weights_only = save_weights_only
        self._log_weights = log_weights
        self._every = log_batch_frequency
        self._best_prefix = log_best_prefix
        self._data = validation_data
        self._labels = list(labels)
        self._predictions = predictions
        self._step = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Log a batch, if it is one of those to log."""
        self._step += 1
        if self._every and self._step % self._every == 0:
            self._run.log(dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log an epoch; save the model if it is the best one."""
        row: dict[str, Any] = {"epoch": epoch, **(logs or {})}
        rate = learning_rate(self.model, self._step)
        if rate is not None:
            row["lr"] = rate
        if self._log_weights:
            row.update(self._weights())
        if self._data is not None and self._predictions:
            row.update(self._examples(*self._data))
        self._run.log(row)
        value = (logs or {}).get(self._monitor)
        if value is not None and self._sign * float(value) < self._best:
            self._best = self._sign * float(value)
            self._keep_best(epoch, float(value))

    def _keep_best(self, epoch: int, value: float) -> None:
        if self._best_prefix:
            self._run.summary.update({f"{self._best_prefix}{self._monitor}": value, f"{self._best_prefix}epoch": epoch})
        if self._save_model:
            import tempfile

            with tempfile.TemporaryDirectory(prefix="stepwell-model-") as folder:
                path = Path(folder, "model-best.weights.h5" if self._weights_only else "model-best.h5")
                (self.model.save_weights if self._weights_only else self.model.save)(str(path))
                self._run.save(str(path), base_path=folder, policy="now")

    def _weights(self) -> dict[str, Any]:
        from stepwell.media.encoding.arrays import to_array
        from stepwell.media.histogram import Histogram

        return {
            f"parameters/{weight.path if hasattr(weight, 'path') else weight.name}": Histogram(
                to_array("weight", value)
            )
            for weight, value in zip(self.model.weights, self.model.get_weights(), strict=True)
        }

    def _examples(self, inputs: Any, targets: Any) -> dict[str, Any]:
        """Return the first inputs as images, with what the model says of them in the captions."""
        import numpy

        pixels = numpy.asarray(inputs[: self._predictions])
        if pixels.ndim not in (3, 4):
            return {}
        from stepwell.media.image import Image

        answers = numpy.asarray(self.model.predict(pixels, verbose=0))
        wanted = numpy.asarray(targets[: self._predictions])
        return {
            "examples": [
                Image(image, caption=f"{self._name(answer)} (is {self._name(target)})")
                for image, answer, target in zip(pixels, answers, wanted, strict=True)
            ]
        }

    def _name(self, answer: Any) -> str:
        """Return the name of a class, given as probabilities or as a number; anything else as text."""
        flat = answer.ravel()
        number = int(flat.argmax()) if flat.size > 1 else flat[0]
        if flat.size == 1 and number != int(number):
            return f"{number:.3g}"
        return self._labels[int(number)] if int(number) < len(self._labels) else str(int(number))
