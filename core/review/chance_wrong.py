"""From "how likely by the model" to "how many in truth", learned from the person's own answers.

The model's probability that a label is wrong holds when labels were confused by chance. People err
more often where the picture is hard for the model too; so the first guess is raised a little, as
photos with known human errors ask for (`docs/decisions.md`), and every answer corrects it:
logistic recalibration (Platt 1999) with a normal prior, solved by Newton's method.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from core.metrics import Z_95

FIRST_GUESS = np.array([0.6, 0.8])  # offset and slope on the logit
SPREAD = np.array([0.6, 0.15])
MOST_STEPS = 25  # convex: a few are enough
_EDGE = 1e-4


@dataclass(frozen=True)
class Count:
    """About how many of `total`, with a 95 % interval [low, high]."""

    expected: float
    low: float
    high: float
    total: int

    def within(self, total: int) -> Count:
        """The same for fewer labels, some having been looked at since: at most all of them."""
        most = float(total)
        return Count(min(self.expected, most), min(self.low, most), min(self.high, most), total)


@dataclass(frozen=True, eq=False)
class ChanceWrong:
    """P(wrong) = sigmoid(offset + slope * logit(model's probability)), and how sure of the two."""

    coefficients: np.ndarray
    covariance: np.ndarray

    def chances(self, wrong_n: np.ndarray) -> np.ndarray:
        """The chance that each label is wrong, 0..1, from the model's probabilities (n,)."""
        return _sigmoid(_with_one(wrong_n) @ self.coefficients)

    def count(self, wrong_n: np.ndarray) -> Count:
        """How many of these labels are wrong; the interval holds chance, and doubt about both
        coefficients: along the direction in which the count depends on them most.
        """
        chances_n = self.chances(wrong_n)
        expected, total = float(chances_n.sum()), len(wrong_n)
        if not total:
            return Count(0.0, 0.0, 0.0, 0)
        variance_n = chances_n * (1 - chances_n)
        slope = _with_one(wrong_n).T @ variance_n
        step = self.covariance @ slope / max(float(np.sqrt(slope @ self.covariance @ slope)), 1e-9)
        low, high = (
            float(replace(self, coefficients=self.coefficients + z * step).chances(wrong_n).sum())
            for z in (-Z_95, Z_95)
        )
        chance = Z_95**2 * float(variance_n.sum())
        return Count(
            expected,
            max(0.0, expected - math.sqrt((expected - low) ** 2 + chance)),
            min(float(total), expected + math.sqrt((high - expected) ** 2 + chance)),
            total,
        )


def calibrate(wrong_n: np.ndarray, answers_n: np.ndarray) -> ChanceWrong:
    """Fit to what was answered.

    Args:
        wrong_n: (n,), the model's probability that each answered label was wrong.
        answers_n: bool (n,), whether it was.
    """
    x, precision = _with_one(wrong_n), np.diag(SPREAD**-2.0)

    def surprise(theta: np.ndarray) -> float:
        z, away = x @ theta, theta - FIRST_GUESS
        return float(
            np.logaddexp(0, np.where(answers_n, -z, z)).sum() + away @ precision @ away / 2
        )

    theta = FIRST_GUESS
    for _ in range(MOST_STEPS):
        chances_n = _sigmoid(x @ theta)
        curvature = (x * (chances_n * (1 - chances_n))[:, None]).T @ x + precision
        downhill = x.T @ (answers_n - chances_n) - precision @ (theta - FIRST_GUESS)
        step = np.linalg.solve(curvature, downhill)
        while surprise(theta + step) > surprise(theta) and np.abs(step).max() > 1e-9:
            step = step / 2  # the full step overshoots where all answers contradict the guess
        theta = theta + step
    return ChanceWrong(theta, np.linalg.inv(curvature))


def _with_one(wrong_n: np.ndarray) -> np.ndarray:
    """Rows (1, logit of the probability)."""
    inside_n = np.clip(wrong_n, _EDGE, 1 - _EDGE)
    return np.stack([np.ones(len(inside_n)), np.log(inside_n / (1 - inside_n))], 1)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    shares: np.ndarray = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return shares
