"""How good, how sure, and whether two models differ: on the same images, by exact tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """`hits` of `total`, with the 95 % Wilson interval [low, high]; all shares 0..1."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else math.nan

    @property
    def low(self) -> float:
        return self._wilson()[0]

    @property
    def high(self) -> float:
        return self._wilson()[1]

    def _wilson(self) -> tuple[float, float]:
        """Wilson (1927), score interval; (0, 1) when nothing was counted."""
        if not self.total:
            return 0.0, 1.0
        n, p, z2 = self.total, self.value, Z_95**2
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        reach = Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        # Rounding must not put the share itself outside, at 0 and 1.
        return max(0.0, min(p, centre - reach)), min(1.0, max(p, centre + reach))


def paired_p_value(right_a_n: np.ndarray, right_b_n: np.ndarray) -> float:
    """Exact two-sided McNemar test: how likely so uneven a disagreement is by chance, 0..1.

    Args:
        right_a_n, right_b_n: bool (n,), whether each model is right on the same n images.
    """
    only_a = int((right_a_n & ~right_b_n).sum())
    only_b = int((right_b_n & ~right_a_n).sum())
    n, k = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return min(1.0, 2 * tail)


def losses(probs_nc: np.ndarray, labels_n: np.ndarray) -> np.ndarray:
    """Cross-entropy of each image in nats: -log of the probability of its label.

    A label outside the model's classes (-1) has probability 0; probabilities are floored at 1e-12.
    """
    own = np.where(labels_n >= 0, probs_nc[np.arange(len(labels_n)), labels_n], 0.0)
    return -np.log(np.maximum(own, 1e-12))


def softmax(logits_nc: np.ndarray) -> np.ndarray:
    """Probabilities (n, c), each row sums to 1."""
    exponents = np.exp(logits_nc - logits_nc.max(1, keepdims=True))
    shares: np.ndarray = exponents / exponents.sum(1, keepdims=True)
    return shares


def label_numbers(labels: Iterable[str], classes: Sequence[str]) -> np.ndarray:
    """int64 (n,): the number of each label among the classes, -1 when it is none of them."""
    number = {name: k for k, name in enumerate(classes)}
    return np.array([number.get(label, -1) for label in labels], np.int64)
