"""Whether probabilities mean what they say: of answers given with 80 %, 80 % should be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.calibration import fit_temperature, with_temperature
from core.metrics import Share

BINS = 15
FOLDS = 5
REPEATS = 200


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence: its mean, 0..1, and how many of them are right."""

    confidence: float
    right: Share


@dataclass(frozen=True)
class Reliability:
    """How far confidence and being right are apart.

    Attributes:
        bins: only those with answers, by rising confidence.
        error: expected calibration error, 0..1, 0 the best.
        error_by_chance: what it would be up to, 19 times in 20, if the probabilities were true;
            small sets never reach 0.
        temperature: what the logits should be divided by; above 1, the model is too sure.
        error_after: expected calibration error with temperatures from other images (5 folds).
    """

    bins: tuple[Bin, ...]
    error: float
    error_by_chance: float
    temperature: float
    error_after: float


def reliability(probs_nc: np.ndarray, labels_n: np.ndarray, seed: int = 0) -> Reliability | None:
    """How reliable answers are; None when there are none.

    The error is that of C. Guo et al., "On Calibration of Modern Neural Networks" (2017): the mean
    over images of |share right - mean confidence| in 15 bins of equal width.
    """
    if not len(labels_n):
        return None
    confidence, right = probs_nc.max(1), probs_nc.argmax(1) == labels_n
    return Reliability(
        _bins(confidence, right),
        calibration_error(confidence, right),
        _error_by_chance(confidence, seed),
        fit_temperature(probs_nc, labels_n),
        _error_after(probs_nc, labels_n),
    )


def calibration_error(confidence_n: np.ndarray, right_n: np.ndarray) -> float:
    """Expected calibration error, 0..1."""
    bins = _bin_of(confidence_n)
    gaps = np.bincount(bins, right_n - confidence_n.astype(float), BINS)
    return float(np.abs(gaps).sum() / max(1, len(bins)))


def _bins(confidence_n: np.ndarray, right_n: np.ndarray) -> tuple[Bin, ...]:
    numbers = _bin_of(confidence_n)
    return tuple(
        Bin(
            float(confidence_n[numbers == k].mean()),
            Share(int(right_n[numbers == k].sum()), int((numbers == k).sum())),
        )
        for k in np.unique(numbers)
    )


def _bin_of(confidence_n: np.ndarray) -> np.ndarray:
    """Bins are open below and closed above, as in the paper."""
    return np.clip(np.ceil(confidence_n.astype(float) * BINS).astype(int) - 1, 0, BINS - 1)


def _error_by_chance(confidence_n: np.ndarray, seed: int) -> float:
    rng = np.random.default_rng(seed)
    errors = [
        calibration_error(confidence_n, rng.random(len(confidence_n)) < confidence_n)
        for _ in range(REPEATS)
    ]
    return float(np.quantile(errors, 0.95))


def _error_after(probs_nc: np.ndarray, labels_n: np.ndarray) -> float:
    if len(labels_n) < FOLDS:
        return calibration_error(probs_nc.max(1), probs_nc.argmax(1) == labels_n)
    folds = np.arange(len(labels_n)) % FOLDS  # ids are hashes: neighbours have nothing in common
    scaled = np.empty_like(probs_nc)
    for fold in range(FOLDS):
        others = folds != fold
        temperature = fit_temperature(probs_nc[others], labels_n[others])
        scaled[~others] = with_temperature(probs_nc[~others], temperature)
    return calibration_error(scaled.max(1), scaled.argmax(1) == labels_n)
