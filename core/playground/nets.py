"""A small net, its gradient by hand, and Adam: what several lessons train.

All its numbers lie in one flat array: weights (to, from) row by row, then biases, layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

RELU, TANH, SIGMOID, LINEAR = "ReLU", "tanh", "sigmoid", "linear"
ACTIVATIONS = (RELU, TANH, SIGMOID, LINEAR)
Layers = list[tuple[np.ndarray, np.ndarray]]
Error = Callable[[np.ndarray], np.ndarray]
"""The outputs (n, 1) -> how the loss changes with each of them."""
BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Adam's own numbers, as in torch.optim."""


@dataclass(frozen=True)
class Net:
    """Units in each column, first the inputs, last the outputs; what hidden units do."""

    sizes: tuple[int, ...]
    activation: str = RELU

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return sum((i + 1) * o for i, o in pairwise(self.sizes))

    def layers(self, flat: np.ndarray) -> Layers:
        """Views of the weights_oi and biases_o in the flat array."""
        layers, at = [], 0
        for i, o in pairwise(self.sizes):
            layers.append(
                (flat[at : at + i * o].reshape(o, i), flat[at + i * o : at + (i + 1) * o])
            )
            at += (i + 1) * o
        return layers

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """Weights as He et al. (arXiv 1502.01852) draw them for ReLU, biases within -1..1."""
        flat = np.zeros(self.count)
        for weights, biases in self.layers(flat):
            weights[:] = rng.normal(size=weights.shape) * np.sqrt(2 / weights.shape[1])
            biases[:] = rng.uniform(-1, 1, biases.shape)
        return flat

    def outputs(self, flat: np.ndarray, x_ni: np.ndarray) -> list[np.ndarray]:
        """What each column says to each input: [x_ni, ..., outputs_no]."""
        return _forward(self.layers(flat), x_ni, self.activation)


@dataclass(frozen=True)
class Training:
    """How a net is trained.

    Args:
        every: a frame is kept each so many steps.
        only: how many numbers of the net change, from its first on; None: all.
        l1, l2: share of the weights' signs, and of the weights, that the gradient gets on top.
    """

    rate: float
    steps: int
    every: int = 1
    only: int | None = None
    l1: float = 0.0
    l2: float = 0.0


def train(
    net: Net, start: np.ndarray, x_ni: np.ndarray, error: Error, training: Training
) -> np.ndarray:
    """The net's numbers_tp at the start and after each `every` steps of Adam, all data at once."""
    flat, gradient = start.copy(), np.zeros(net.count)
    layers, slopes = net.layers(flat), net.layers(gradient)
    some = slice(training.only)
    adam = _adam(flat[some], gradient[some], training.rate)
    frames = [start]
    for step in range(1, training.steps + 1):
        columns = _forward(layers, x_ni, net.activation)
        _backward(layers, slopes, columns, error(columns[-1]), net.activation)
        if training.l1 or training.l2:
            _shrink(layers, slopes, training)
        adam(step)
        if step % training.every == 0:
            frames.append(flat.copy())
    return np.array(frames)


def slopes_of(net: Net, flat: np.ndarray, x_ni: np.ndarray, error: Error) -> np.ndarray:
    """How the loss changes with each number of the net."""
    gradient = np.zeros(net.count)
    columns = net.outputs(flat, x_ni)
    _backward(net.layers(flat), net.layers(gradient), columns, error(columns[-1]), net.activation)
    return gradient


def _forward(layers: Layers, x_ni: np.ndarray, activation: str) -> list[np.ndarray]:
    columns = [x_ni]
    for k, (weights, biases) in enumerate(layers):
        sums = columns[-1] @ weights.T
        sums += biases
        columns.append(sums if k + 1 == len(layers) else activated(sums, activation))
    return columns


def activated(sums: np.ndarray, activation: str) -> np.ndarray:
    """What a unit makes of its weighted sum."""
    if activation == RELU:
        return np.maximum(sums, 0.0)
    if activation == TANH:
        return np.tanh(sums)
    return sigmoid(sums) if activation == SIGMOID else sums


def sigmoid(sums: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-s), by tanh: no overflow for any s."""
    return 0.5 + 0.5 * np.tanh(0.5 * sums)


def _slope(column: np.ndarray, activation: str) -> np.ndarray | float:
    """How a unit's answer changes with its sum, told from the answer."""
    if activation == RELU:
        return column > 0
    if activation == TANH:
        return 1.0 - column * column
    return column * (1.0 - column) if activation == SIGMOID else 1.0


def _backward(
    layers: Layers, slopes: Layers, columns: list[np.ndarray], back: np.ndarray, activation: str
) -> None:
    """The chain rule from the last layer to the first; `slopes` is filled."""
    for k in reversed(range(len(layers))):
        weight_slopes, bias_slopes = slopes[k]
        np.matmul(back.T, columns[k], out=weight_slopes)
        back.sum(axis=0, out=bias_slopes)
        if k:
            back = back @ layers[k][0]
            back *= _slope(columns[k], activation)


def _shrink(layers: Layers, slopes: Layers, training: Training) -> None:
    for (weights, _), (weight_slopes, _) in zip(layers, slopes, strict=True):
        np.add(weight_slopes, training.l1 * np.sign(weights), out=weight_slopes)
        np.add(weight_slopes, training.l2 * weights, out=weight_slopes)


def _adam(flat: np.ndarray, gradient: np.ndarray, rate: float) -> Callable[[int], None]:
    """Adam (Kingma and Ba, arXiv 1412.6980) on `flat` itself; give it the step, from 1 on."""
    mean, square, (keep, keep_square) = np.zeros_like(flat), np.zeros_like(flat), BETAS
    one, other = np.empty_like(flat), np.empty_like(flat)  # room to work in: this runs often

    def step(number: int) -> None:
        np.subtract(gradient, mean, out=one)
        np.add(mean, np.multiply(one, 1 - keep, out=one), out=mean)
        np.subtract(np.multiply(gradient, gradient, out=one), square, out=one)
        np.add(square, np.multiply(one, 1 - keep_square, out=one), out=square)
        np.sqrt(np.divide(square, 1 - keep_square**number, out=one), out=one)
        np.divide(mean, np.add(one, EPSILON, out=one), out=other)
        np.subtract(flat, np.multiply(other, rate / (1 - keep**number), out=other), out=flat)

    return step
