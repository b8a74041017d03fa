"""A temperature: what logits are divided by, so that probabilities mean what they say.

C. Guo et al., "On Calibration of Modern Neural Networks" (2017), section 4.2.
"""

from __future__ import annotations

import numpy as np

TEMPERATURES = (0.05, 20.0)
LEAST = 1e-12
"""No class counts as less likely than this before a temperature: 32 bits, in which probabilities
are stored, do not tell smaller ones from none, and a high temperature would show the difference."""


def fit_temperature(probs_nc: np.ndarray, labels_n: np.ndarray, wrong: float = 0.0) -> float:
    """The temperature with the lowest cross-entropy, within 0.05..20 (golden section search: the
    loss has one minimum along log T). Labels outside the classes are left out.

    Args:
        wrong: how many wrong answers to add, as sure as the others on average: with 1, a model
            that made no mistake among few images is not taken to never make one (Laplace's rule
            of succession).
    """
    known = labels_n >= 0
    logits, labels = _logits(probs_nc[known]), labels_n[known]
    if not len(labels):
        return 1.0
    own = logits[np.arange(len(labels)), labels]
    others = (logits.sum(1) - own) / max(1, logits.shape[1] - 1)
    mean = (own.mean() + wrong / len(labels) * others.mean()) / (1 + wrong / len(labels))

    def loss(log_t: float) -> float:
        t = np.exp(log_t)
        return float(_log_sum(logits / t).mean() - mean / t)

    low, high = np.log(TEMPERATURES)
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def with_temperature(probs_nc: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities of logits that were divided by a temperature."""
    scaled = _logits(probs_nc) / temperature
    shares: np.ndarray = np.exp(scaled - _log_sum(scaled)[:, None])
    return shares


def tempered(logits_nc: np.ndarray, temperature: float) -> np.ndarray:
    """What `with_temperature` makes of the probabilities of these logits."""
    logits_nc = logits_nc.astype(float)
    return with_temperature(np.exp(logits_nc - _log_sum(logits_nc)[:, None]), temperature)


def _logits(probs_nc: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probs_nc.astype(float), LEAST))


def _log_sum(logits_nc: np.ndarray) -> np.ndarray:
    highest = logits_nc.max(1)
    total: np.ndarray = highest + np.log(np.exp(logits_nc - highest[:, None]).sum(1))
    return total
