"""Answering only when sure: how many pictures are answered then, and how often rightly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.metrics import Share


@dataclass(frozen=True)
class AtThreshold:
    """What happens when answers below a confidence are held back.

    Attributes:
        threshold: 0..1.
        answered: share of the images that get an answer.
        right: share of the answers that are right.
        wrong_held_back: share of the wrong answers that are held back.
    """

    threshold: float
    answered: Share
    right: Share
    wrong_held_back: Share


def at_thresholds(
    confidence_n: np.ndarray, right_n: np.ndarray, thresholds: np.ndarray
) -> list[AtThreshold]:
    """One entry for each threshold; an answer counts when its confidence is at least that."""
    total, wrong = len(right_n), int((~right_n).sum())
    result = []
    for threshold in thresholds:
        is_answered = confidence_n >= threshold
        count, right = int(is_answered.sum()), int((is_answered & right_n).sum())
        result.append(
            AtThreshold(
                float(threshold),
                Share(count, total),
                Share(right, count),
                Share(wrong - (count - right), wrong),
            )
        )
    return result
