"""Calibration: scikit-learn and SciPy are the oracles."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from core.calibration import with_temperature
from core.interpretation.reliability import BINS, calibration_error, reliability
from core.interpretation.thresholds import at_thresholds


def answers(n: int = 2000, sharpness: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from true probabilities, and those probabilities made sharper."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet([0.6] * 4, n)
    labels = np.array([rng.choice(4, p=p) for p in truth])
    return with_temperature(truth, 1 / sharpness).astype(np.float32), labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_error_is_that_of_scikit_learns_curve(sharpness):
    probs, labels = answers(sharpness=sharpness)
    confidence, right = probs.max(1).astype(float), probs.argmax(1) == labels
    share_right, mean_confidence = calibration_curve(right, confidence, n_bins=BINS)
    counts = np.histogram(confidence, BINS, (0, 1))[0]
    expected = np.abs(share_right - mean_confidence) @ counts[counts > 0] / len(labels)
    assert calibration_error(confidence, right) == pytest.approx(expected, abs=1e-6)


def test_true_probabilities_are_within_chance_and_sharper_ones_are_not():
    honest, bold = (reliability(*answers(sharpness=s)) for s in (1.0, 3.0))
    assert honest.error < honest.error_by_chance
    assert bold.error > 2 * bold.error_by_chance
    assert bold.error_after < bold.error / 3


def test_bins_hold_every_answer():
    probs, labels = answers(n=500)
    bins = reliability(probs, labels).bins
    assert sum(b.right.total for b in bins) == 500
    assert [b.confidence for b in bins] == sorted(b.confidence for b in bins)
    assert all(b.right.low <= b.right.value <= b.right.high for b in bins)


def test_few_answers_and_unknown_labels_are_no_trouble():
    assert reliability(np.empty((0, 3), np.float32), np.empty(0, np.int64)) is None
    few = reliability(np.array([[1.0, 0.0], [0.2, 0.8]], np.float32), np.array([0, -1]))
    assert 0 <= few.error <= 1 and few.temperature > 0


def test_higher_thresholds_answer_less_and_more_rightly():
    probs, labels = answers()
    confidence, right = probs.max(1), probs.argmax(1) == labels
    points = at_thresholds(confidence, right, np.array([0.0, 0.5, 0.9, 1.01]))
    assert points[0].answered.value == 1.0
    assert points[0].right.value == pytest.approx(right.mean())
    assert points[0].wrong_held_back.value == 0.0
    assert [f.answered.value for f in points] == sorted(f.answered.value for f in points)[::-1]
    assert points[2].right.value > points[1].right.value > points[0].right.value
    assert points[3].answered.hits == 0 and points[3].wrong_held_back.value == 1.0
