"""What the study of architectures found, read without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.metrics import Share, paired_p_value


@dataclass(frozen=True)
class Candidate:
    """One architecture on these pictures.

    Attributes:
        how: "frozen features" or "fine-tuned".
        right: whether it was right on each validation image, as "0" and "1"; "" when it failed.
        one_ms: milliseconds for one picture by itself, through torch.
        batch_ms: milliseconds a picture (and its mirror image) in the batches of the quick model.
        error: why it failed, else "".
    """

    architecture: str
    how: str
    parameters: int
    right: str = ""
    one_ms: float = 0.0
    batch_ms: float = 0.0
    error: str = ""

    @property
    def accuracy(self) -> Share:
        return Share(self.right.count("1"), len(self.right))


@dataclass(frozen=True)
class Ranked:
    """A candidate beside the best one.

    `p_value` is that of the exact McNemar test against the best, 1 for the best itself; `pareto`
    says that none is both faster and at least as often right.
    """

    candidate: Candidate
    p_value: float
    pareto: bool
    is_best: bool


def candidates_of(result: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    return [Candidate(**row) for row in result]


def ranked(candidates: Sequence[Candidate]) -> list[Ranked]:
    """Those that did not fail, the most accurate first, the faster first among equals."""
    tried = [c for c in candidates if c.right]
    tried.sort(key=lambda c: (-c.accuracy.hits, c.one_ms))
    if not tried:
        return []
    best = _right(tried[0])
    return [
        Ranked(
            c, paired_p_value(_right(c), best), not any(_beats(d, c) for d in tried), c is tried[0]
        )
        for c in tried
    ]


def _right(candidate: Candidate) -> np.ndarray:
    return np.array([mark == "1" for mark in candidate.right])


def _beats(a: Candidate, b: Candidate) -> bool:
    """As often right and as fast, and better in one of the two."""
    ours, theirs = (a.accuracy.hits, -a.one_ms), (b.accuracy.hits, -b.one_ms)
    return ours != theirs and ours[0] >= theirs[0] and ours[1] >= theirs[1]
