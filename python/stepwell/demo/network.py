"""The model: a network of two hidden layers in plain numpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Labels = npt.NDArray[np.int64]

SIZES = (64, 128, 64, 10)


@dataclass
class Network:
    """Rectified linear layers and a softmax, all parameters in one flat array.

    Attributes
    ----------
    parameters
        All weights and biases: one float32 array, so that gradients are averaged in one piece.
    layers
        Views into it: per layer the weights (inputs × outputs) and the biases (outputs).
    """

    parameters: Floats
    layers: list[tuple[Floats, Floats]] = field(init=False)

    def __post_init__(self) -> None:
        self.layers = views(self.parameters)

    @classmethod
    def random(cls, seed: int) -> Network:
        """Return a network with random weights of variance 2 / inputs (He et al. 2015)."""
        random = np.random.default_rng(seed)
        network = cls(np.zeros(parameter_count(), dtype=np.float32))
        for weights, _biases in network.layers:
            weights[:] = random.normal(0.0, np.sqrt(2.0 / len(weights)), weights.shape)
        return network

    def forward(self, images: Floats) -> list[Floats]:
        """Return the input of each layer and, last, the probabilities: n × 10."""
        activations = [images]
        for number, (weights, biases) in enumerate(self.layers):
            signal = activations[-1] @ weights + biases
            last = number == len(self.layers) - 1
            activations.append(softmax(signal) if last else np.maximum(signal, 0.0))
        return activations

    def gradient(self, images: Floats, labels: Labels, into: Floats) -> tuple[float, float]:
        """Write the gradient of the mean cross-entropy into an array; return loss and accuracy."""
        activations = self.forward(images)
        probabilities = activations[-1]
        rows = np.arange(len(labels))
        loss = float(-np.log(probabilities[rows, labels] + 1e-9).mean())
        accuracy = float((probabilities.argmax(axis=1) == labels).mean())
        error = probabilities.copy()
        error[rows, labels] -= 1.0
        error /= len(labels)
        gradients = views(into)
        for number in reversed(range(len(self.layers))):
            weights_gradient, biases_gradient = gradients[number]
            np.matmul(activations[number].T, error, out=weights_gradient)
            error.sum(axis=0, out=biases_gradient)
            if number:
                error = (error @ self.layers[number][0].T) * (activations[number] > 0)
        return loss, accuracy

    def accuracy(self, images: Floats, labels: Labels) -> float:
        """Return the part of the images that it reads right."""
        return float((self.forward(images)[-1].argmax(axis=1) == labels).mean())


def parameter_count() -> int:
    """Return how many numbers a network has."""
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(SIZES))


def views(flat: Floats) -> list[tuple[Floats, Floats]]:
    """Return weights and biases of each layer as views into a flat array."""
    found, start = [], 0
    for inputs, outputs in pairwise(SIZES):
        weights = flat[start : start + inputs * outputs].reshape(inputs, outputs)
        start += inputs * outputs
        found.append((weights, flat[start : start + outputs]))
        start += outputs
    return found


def softmax(signal: Floats) -> Floats:
    """Return probabilities per row."""
    powers = np.exp(signal - signal.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
