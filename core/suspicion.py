"""Which labels are wrong? Every image is judged by a model that never saw its label.

Frozen features, several views of each image; for each fold a linear discriminant with a shrunken
covariance (Friedman 1989, Regularized Discriminant Analysis), multiplied by the votes of the
nearest neighbours. All of it is closed form: the same data gives the same answer, and ten thousand
images take about two seconds.

A classifier learned from partly wrong labels is unsure for two reasons: the picture is hard, or the
labels are noisy. Both are told apart by fitting, together, how sharp its answers should be and how
often each class is given for each true one (class-conditional noise; Dawid & Skene 1979). What
comes out are probabilities of the true class, and from them how likely each label is to be wrong.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FOLDS = 5
SHRINKAGE = 0.4  # chosen, like the next three, on photos with known human errors: docs/decisions.md
NEIGHBOURS = 50
NEIGHBOUR_DIMS = 128
VOTES_WEIGHT = 0.3
VOTES_TEMPERATURE = 0.1
NOISE_ROUNDS = 40
ROWS_TO_FIT = 4000  # enough to fit a sharpness and a noise matrix
_BLOCK = 256
_FLOOR = 1e-12


@dataclass(frozen=True, eq=False)
class Prepared:
    """What scoring needs of the pictures, whatever their labels: made once for a set of images.

    Attributes:
        views_nvf: float32 (n, views, features), square-rooted, of unit length, centred.
        neighbours_nk: int64 (n, k), rows of the most similar images, most similar first.
        similarity_nk: float32 (n, k), their cosine similarity, -1..1.
    """

    views_nvf: np.ndarray
    neighbours_nk: np.ndarray
    similarity_nk: np.ndarray


@dataclass(frozen=True, eq=False)
class Judgement:
    """How likely each label is to be wrong.

    Attributes:
        wrong_n: float (n,), 0 (right) .. 1 (wrong).
        true_nc: float (n, classes), probability of each true class, knowing the given label.
        noise_tg: float (classes, classes), share of true class t that was given the label g.
    """

    wrong_n: np.ndarray
    true_nc: np.ndarray
    noise_tg: np.ndarray

    def of(self, rows: np.ndarray) -> Judgement:
        """The same of some of the images."""
        return Judgement(self.wrong_n[rows], self.true_nc[rows], self.noise_tg)


def prepare(features_nvf: np.ndarray) -> Prepared:
    """Features (n, views, features) of any scale, float32, made ready for scoring."""
    roots = np.sign(features_nvf) * np.sqrt(np.abs(features_nvf))
    roots /= np.linalg.norm(roots, axis=2, keepdims=True) + 1e-6
    roots -= roots.mean((0, 1))
    roots /= roots.std() + 1e-6
    return Prepared(roots, *_nearest(roots.mean(1)))


def out_of_fold(prepared: Prepared, labels_n: np.ndarray, num_classes: int) -> np.ndarray:
    """Probabilities of the true class of each image, by a model that never saw its label.

    Args:
        labels_n: int (n,), 0..num_classes-1; -1 for an image that nothing is learned from.

    Returns:
        float32 (n, num_classes), rows sum to 1.
    """
    logits_nc = _discriminant(prepared.views_nvf, labels_n, num_classes)
    logits_nc = _log_softmax(logits_nc * _sharpness(logits_nc, labels_n))
    votes_nc = _votes(prepared, labels_n, num_classes)
    together_nc = logits_nc + VOTES_WEIGHT * np.log(votes_nc)
    sharpness = _sharpness_under_noise(together_nc, labels_n)
    return np.exp(_log_softmax(together_nc * sharpness)).astype(np.float32)


def judge(probs_nc: np.ndarray, labels_n: np.ndarray) -> Judgement:
    """Compare given labels with what a model that never saw them says.

    Args:
        probs_nc: float (n, classes), probabilities of the true class.
        labels_n: int (n,), the given labels; -1 (no class of the model) is wrong for certain.
    """
    known = labels_n >= 0
    noise_tg = _noise(probs_nc[known], labels_n[known])
    return Judgement(*knowing_the_label(probs_nc, labels_n, noise_tg), noise_tg)


def knowing_the_label(
    probs_nc: np.ndarray, labels_n: np.ndarray, noise_tg: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How likely each label is wrong (n,), and the probabilities of the true class (n, classes).

    Bayes: P(true | picture, given) is proportional to P(true | picture) * noise[true, given].
    """
    known = labels_n >= 0
    true_nc = np.array(probs_nc, np.float64)
    true_nc[known] = _posterior(probs_nc[known], labels_n[known], noise_tg)
    wrong_n = np.ones(len(labels_n))
    wrong_n[known] = 1 - true_nc[known, labels_n[known]]
    return wrong_n, true_nc


def fold_of(labels_n: np.ndarray) -> np.ndarray:
    """Fold 0..4 of each image, spread evenly within each class, in the order given."""
    folds = np.zeros(len(labels_n), np.int64)
    for label in np.unique(labels_n):
        rows = np.flatnonzero(labels_n == label)
        folds[rows] = (np.arange(len(rows)) + label) % FOLDS
    return folds


def _discriminant(views_nvf: np.ndarray, labels_n: np.ndarray, num_classes: int) -> np.ndarray:
    """Log-probabilities (n, classes), not yet normalised; each image by the folds without it.

    A class that has no image in the other folds is as likely as the least likely one.
    """
    folds = fold_of(labels_n)
    parts = []
    for k in range(FOLDS):
        rows = (folds == k) & (labels_n >= 0)
        parts.append(_Sums.of(views_nvf[rows], labels_n[rows], num_classes))
    everything = functools.reduce(_Sums.plus, parts)
    means_nf = views_nvf.mean(1)
    logits_nc = np.empty((len(labels_n), num_classes), np.float64)
    for k, part in enumerate(parts):
        weights_fc, bias_c = everything.without(part).discriminant()
        rows = folds == k
        logits_nc[rows] = means_nf[rows] @ weights_fc + bias_c
    unseen = ~np.isfinite(logits_nc)
    lowest_n1 = np.where(unseen, np.inf, logits_nc).min(1, keepdims=True)
    return np.where(unseen, np.where(np.isfinite(lowest_n1), lowest_n1, 0.0), logits_nc)


@dataclass(frozen=True, eq=False)
class _Sums:
    """All that a discriminant needs to know about some rows; sums of parts are the whole's."""

    squares_ff: np.ndarray
    by_class_cf: np.ndarray
    count_c: np.ndarray

    @classmethod
    def of(cls, views_nvf: np.ndarray, labels_n: np.ndarray, num_classes: int) -> _Sums:
        rows_rf = views_nvf.reshape(-1, views_nvf.shape[2])
        own_nc = np.eye(num_classes, dtype=np.float32)[labels_n]
        by_class_cf = own_nc.T @ views_nvf.sum(1)
        count_c = own_nc.sum(0, dtype=np.float64) * views_nvf.shape[1]
        return cls(rows_rf.T @ rows_rf, by_class_cf, count_c)

    def plus(self, part: _Sums) -> _Sums:
        return _Sums(
            self.squares_ff + part.squares_ff,
            self.by_class_cf + part.by_class_cf,
            self.count_c + part.count_c,
        )

    def without(self, part: _Sums) -> _Sums:
        return _Sums(
            self.squares_ff - part.squares_ff,
            self.by_class_cf - part.by_class_cf,
            self.count_c - part.count_c,
        )

    def discriminant(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights (features, classes) and bias (classes,); -inf for a class without rows."""
        count_c1 = np.maximum(self.count_c, 1)[:, None]
        means_cf = (self.by_class_cf / count_c1).astype(np.float32)
        rows, dims = max(self.count_c.sum(), 1.0), len(self.squares_ff)
        weighted_cf = means_cf * self.count_c[:, None].astype(np.float32)
        within_ff = (self.squares_ff - weighted_cf.T @ means_cf) / np.float32(rows)
        spread = max(float(np.trace(within_ff)) / dims, 1e-6)
        within_ff *= np.float32(1 - SHRINKAGE)
        within_ff[np.diag_indices(dims)] += np.float32(SHRINKAGE * spread)
        weights_fc = np.linalg.solve(within_ff, means_cf.T)
        with np.errstate(divide="ignore"):
            log_share_c = np.log(self.count_c / rows)
        return weights_fc, log_share_c - (means_cf.T * weights_fc).sum(0) / 2


def _nearest(means_nf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest images of each image, by cosine along the main axes of the features."""
    reduced_nd = _along_main_axes(means_nf)
    reduced_nd /= np.linalg.norm(reduced_nd, axis=1, keepdims=True) + 1e-6
    n, k = len(means_nf), min(NEIGHBOURS, len(means_nf) - 1)
    found_nk, similarity_nk = np.empty((n, k), np.int64), np.empty((n, k), np.float32)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        similarity = reduced_nd[rows] @ reduced_nd.T
        similarity[np.arange(len(rows)), rows] = -np.inf
        near = np.argpartition(similarity, n - k - 1, 1)[:, n - k :]
        order = np.argsort(-np.take_along_axis(similarity, near, 1), 1, kind="stable")
        found_nk[rows] = np.take_along_axis(near, order, 1)
        similarity_nk[rows] = np.take_along_axis(similarity, found_nk[rows], 1)
    return found_nk, similarity_nk


def _along_main_axes(means_nf: np.ndarray) -> np.ndarray:
    """(n, at most NEIGHBOUR_DIMS), from the products of features or of images: the fewer ones."""
    if len(means_nf) >= means_nf.shape[1]:
        return means_nf @ np.linalg.eigh(means_nf.T @ means_nf)[1][:, -NEIGHBOUR_DIMS:]
    values_n, axes_nn = np.linalg.eigh(means_nf @ means_nf.T)
    return (axes_nn * np.sqrt(np.maximum(values_n, 0)))[:, -NEIGHBOUR_DIMS:]


def _votes(prepared: Prepared, labels_n: np.ndarray, num_classes: int) -> np.ndarray:
    """Share (n, classes) of the neighbours' votes, near ones counting more; never 0."""
    weight_nk = np.exp((prepared.similarity_nk - 1) / VOTES_TEMPERATURE)
    labels_nk = labels_n[prepared.neighbours_nk]
    votes_nc = np.zeros((len(labels_n), num_classes))
    for label in range(num_classes):
        votes_nc[:, label] = (weight_nk * (labels_nk == label)).sum(1)
    votes_nc /= np.maximum(votes_nc.sum(1, keepdims=True), _FLOOR)
    return 0.98 * votes_nc + 0.02 / num_classes


def _sharpness(logits_nc: np.ndarray, labels_n: np.ndarray) -> float:
    """The factor on the logits that makes the given labels most likely (temperature scaling;
    Guo et al. 2017, arXiv 1706.04599)."""
    logits_nc, labels_n = _some(logits_nc, labels_n)

    def surprise(factor: float) -> float:
        own = _log_softmax(logits_nc * factor)[np.arange(len(labels_n)), labels_n]
        return -float(own.mean()) if len(own) else 0.0

    return _lowest(surprise, 0.01, 10.0)


def _sharpness_under_noise(logits_nc: np.ndarray, labels_n: np.ndarray) -> float:
    """The same, when some labels are wrong: fitted together with the noise matrix."""
    logits_nc, labels_n = _some(logits_nc, labels_n)

    def surprise(factor: float) -> float:
        probs_nc = np.exp(_log_softmax(logits_nc * factor))
        given_nc = probs_nc * _noise(probs_nc, labels_n)[:, labels_n].T
        return -float(np.log(np.maximum(given_nc.sum(1), _FLOOR)).mean()) if len(labels_n) else 0.0

    return _lowest(surprise, 0.5, 4.0)


def _noise(probs_nc: np.ndarray, labels_n: np.ndarray) -> np.ndarray:
    """The noise matrix (true, given), rows sum to 1, by expectation maximisation.

    Half an image of each class is spread over the other labels beforehand, so that what was never
    seen stays possible.
    """
    classes = probs_nc.shape[1]
    own_ng = np.eye(classes)[labels_n]
    beforehand_tg = np.full((classes, classes), 0.5 / max(classes - 1, 1))
    noise_tg = np.eye(classes) * 0.9 + 0.1 / classes
    for _ in range(NOISE_ROUNDS):
        counts_tg = _posterior(probs_nc, labels_n, noise_tg).T @ own_ng + beforehand_tg
        noise_tg = counts_tg / counts_tg.sum(1, keepdims=True)
    return noise_tg


def _posterior(probs_nc: np.ndarray, labels_n: np.ndarray, noise_tg: np.ndarray) -> np.ndarray:
    likely_nc = np.maximum(probs_nc, _FLOOR) * noise_tg[:, labels_n].T
    shares_nc: np.ndarray = likely_nc / likely_nc.sum(1, keepdims=True)
    return shares_nc


def _some(logits_nc: np.ndarray, labels_n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labelled rows, evenly picked when there are very many."""
    rows = np.flatnonzero(labels_n >= 0)
    rows = rows[:: max(1, math.ceil(len(rows) / ROWS_TO_FIT))]
    return logits_nc[rows], labels_n[rows]


def _log_softmax(logits_nc: np.ndarray) -> np.ndarray:
    shifted_nc = logits_nc - logits_nc.max(1, keepdims=True)
    normalised_nc: np.ndarray = shifted_nc - np.log(np.exp(shifted_nc).sum(1, keepdims=True))
    return normalised_nc


def _lowest(value: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of a positive number is lowest: the best of a coarse, then a fine grid."""
    for points in (13, 9):
        grid = np.geomspace(low, high, points)
        best = int(np.argmin([value(float(x)) for x in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, points - 1)]
    return float(grid[best])
