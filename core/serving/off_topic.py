"""Whether a picture is none of the classes: how far its features are from all that was learned.

Features are square-rooted and brought to unit length, which makes them nearly normal. In their
few dozen main directions, distance is that to the nearest class mean under one shrunken covariance
of all classes (Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution
Samples"); what is left outside these directions counts by its own variance (probabilistic principal
components; Tipping and Bishop 1999). Measured against neighbours, energy and the highest
probability by `python -m benchmarks.none_of_these`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from core.errors import StudioError
from core.serving.layout import EXPORT_AGAIN, OFF_TOPIC

DIRECTIONS = 32
SHRINKAGE = 0.2  # of the covariance towards a multiple of the identity
PASS_RATE = 0.95  # of validation pictures
TINY = 1e-6
LEAST_NOISE = 1e-3  # of the mean variance, 1: what is left may be rounding only


@dataclass(frozen=True, eq=False)
class OffTopic:
    """What is known of f features of the pictures that were learned from, in k directions.

    Attributes:
        mean_f, scale_f: float32 (f,), of the features as `look_at` makes them.
        axes_fk: float32 (f, k), orthonormal directions.
        whiten_kk: float32 (k, k), makes the spread within classes the same in all directions.
        centres_ck: float32 (classes, k), whitened class means.
        noise: float32 (1,), variance in each direction that is left.
    """

    mean_f: np.ndarray
    scale_f: np.ndarray
    axes_fk: np.ndarray
    whiten_kk: np.ndarray
    centres_ck: np.ndarray
    noise: np.ndarray

    def score(self, features_nf: np.ndarray) -> np.ndarray:
        """float32 (n,), about 1 for what was learned and more for what was not."""
        x = (look_at(features_nf) - self.mean_f) / self.scale_f
        z = x @ self.axes_fk
        apart = (z @ self.whiten_kk)[:, None] - self.centres_ck  # (n, classes, k)
        outside = np.square(x).sum(1) - np.square(z).sum(1)
        total = np.square(apart).sum(2).min(1) + outside / self.noise
        shares: np.ndarray = (total / len(self.mean_f)).astype(np.float32)
        return shares

    def save(self, folder: Path) -> None:
        save_file(asdict(self), folder / OFF_TOPIC)
        (folder / OFF_TOPIC).chmod(0o644)  # who serves it may be somebody else


def load_off_topic(folder: Path) -> OffTopic:
    """Raises StudioError when the file is gone or damaged."""
    try:
        return OffTopic(**load_file(folder / OFF_TOPIC))
    except (OSError, SafetensorError, TypeError) as error:
        raise StudioError(
            f"{OFF_TOPIC} of this bundle is missing or damaged.", EXPORT_AGAIN
        ) from error


def look_at(features_nf: np.ndarray) -> np.ndarray:
    """Square roots with the sign kept, of unit length."""
    roots = np.sign(features_nf) * np.sqrt(np.abs(features_nf))
    unit: np.ndarray = roots / (np.linalg.norm(roots, axis=1, keepdims=True) + TINY)
    return unit


def fit_off_topic(features_nf: np.ndarray, labels_n: np.ndarray) -> OffTopic:
    """Learn from training pictures.

    Args:
        features_nf: float32 (n, f), n at least 4.
        labels_n: int (n,), the numbers of their classes.
    """
    unit = look_at(features_nf)
    mean, scale = unit.mean(0), unit.std(0) + TINY + 0.01 * unit.std()
    x = (unit - mean) / scale
    _, lengths, directions = np.linalg.svd(x, full_matrices=False)
    k = min(DIRECTIONS, (len(x) - 1) // 2)
    axes = directions[:k].T
    z = x @ axes
    classes, numbers = np.unique(labels_n, return_inverse=True)
    means = np.stack([z[numbers == c].mean(0) for c in range(len(classes))])
    within = z - means[numbers]
    covariance = within.T @ within / max(1, len(z) - len(classes)) + TINY * np.eye(k)
    spread = np.trace(covariance) / k
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * spread * np.eye(k)
    whiten = np.linalg.cholesky(np.linalg.inv(shrunk))
    noise = np.square(lengths[k:]).sum() / len(x) / max(1, x.shape[1] - k)
    parts = (mean, scale, axes, whiten, means @ whiten, np.array([max(noise, LEAST_NOISE)]))
    return OffTopic(*(np.ascontiguousarray(part, np.float32) for part in parts))


def threshold(scores_n: np.ndarray, pass_rate: float = PASS_RATE) -> tuple[float, float]:
    """The score that such a share of pictures like these stays at or below, and that share, 0..1:
    less than asked for where there are fewer than 19 (the conformal quantile; Vovk et al. 2005).
    """
    rank = min(math.ceil((len(scores_n) + 1) * pass_rate), len(scores_n))
    promised = min(pass_rate, rank / (len(scores_n) + 1))
    return float(np.sort(scores_n)[rank - 1]), promised


def auroc(own_n: np.ndarray, other_m: np.ndarray) -> float:
    """How often a picture of something else scores higher than one's own, ties as half, 0..1."""
    ordered = np.sort(own_n)
    below = np.searchsorted(ordered, other_m, "left") + np.searchsorted(ordered, other_m, "right")
    return float(below.mean() / 2 / len(own_n))
