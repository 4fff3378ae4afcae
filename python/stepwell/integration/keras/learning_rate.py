"""The learning rate of a Keras model: a number, a variable, or a schedule."""

from __future__ import annotations

from typing import Any


def learning_rate(model: Any, step: int) -> float | None:
    """Return the learning rate of the model's optimizer at a step; None if it has none."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    if callable(rate) and not hasattr(rate, "shape"):
        rate = rate(step)
    if rate is None:
        return None
    import numpy

    # Variables and tensors of every backend convert; one on another device first has to come to this one.
    value = rate.numpy() if hasattr(rate, "numpy") else rate.detach().cpu() if hasattr(rate, "detach") else rate
    return float(numpy.asarray(value))
