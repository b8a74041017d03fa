"""How many labels are wrong, by class and by pair, among images that nobody looked at yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.review.chance_wrong import ChanceWrong, Count
from core.suspicion import Judgement


@dataclass(frozen=True)
class Pair:
    """Expected number of images with the label `given` whose true class is `true`."""

    given: str
    true: str
    expected: float


@dataclass(frozen=True)
class Estimate:
    """Wrong labels among images that nobody looked at yet.

    Attributes:
        total: all in all.
        unsuspected: among the half that the model doubts least, which nobody gets to soon.
        by_class, by_pair: by given label, and with the likely true one; most first.
    """

    total: Count
    unsuspected: Count
    by_class: tuple[tuple[str, Count], ...]
    by_pair: tuple[Pair, ...]


def estimate_wrong(
    chance_wrong: ChanceWrong, judgement: Judgement, labels_n: np.ndarray, names: Sequence[str]
) -> Estimate:
    """Count the wrong labels among the judged images, whose labels are given as numbers (n,)."""
    by_class = [
        (name, chance_wrong.count(judgement.wrong_n[labels_n == k])) for k, name in enumerate(names)
    ]
    return Estimate(
        chance_wrong.count(judgement.wrong_n),
        chance_wrong.count(np.sort(judgement.wrong_n)[: len(labels_n) // 2]),
        tuple(sorted(by_class, key=lambda counted: -counted[1].expected)),
        tuple(_pairs(chance_wrong, judgement, labels_n, names)),
    )


def _pairs(
    chance_wrong: ChanceWrong, judgement: Judgement, labels_n: np.ndarray, names: Sequence[str]
) -> list[Pair]:
    """The chance that a label is wrong, spread over the other classes as the model would."""
    classes = len(names)
    own_nc = labels_n[:, None] == np.arange(classes)
    others_nc = np.where(own_nc, 0.0, judgement.true_nc)
    others_nc /= np.maximum(others_nc.sum(1, keepdims=True), 1e-12)
    expected_gt = own_nc.T @ (chance_wrong.chances(judgement.wrong_n)[:, None] * others_nc)
    pairs = [
        Pair(names[given], names[true], float(expected_gt[given, true]))
        for given in range(classes)
        for true in range(classes)
        if given != true
    ]
    return sorted(pairs, key=lambda pair: -pair.expected)
