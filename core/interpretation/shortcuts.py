"""Shortcuts: can something that is not the subject tell the classes apart, or the sides?

A model takes whatever works: if all pictures of one class are bright, brightness is enough, and
the validation images, which share the flaw, do not show it. So each cue is tried by itself: a
table "which class is most frequent at this value" from four fifths of the images predicts the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.metrics import Share, paired_p_value

FOLDS = 5
IMAGES_A_BIN = 20
MOST_BINS = 20
STRONG = 0.5
"""From this correlation (Matthews) between a class and what a cue says of it, the cue is called a
shortcut: 0 is chance, 1 is certain."""
SURE = 0.01


@dataclass(frozen=True, eq=False)
class Cue:
    """Something that is known of each of n images besides its subject.

    Attributes:
        values_n: int (n,), the number of a bin or a category.
        names: what each number stands for, in words.
    """

    title: str
    values_n: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Shortcut:
    """What one cue says of the classes.

    Attributes:
        right: share of images whose class the cue alone predicts, out of fold.
        baseline: share that the most frequent class would get.
        p_value: exact paired test of the two.
        told: number of the class that it tells best.
        correlation: Matthews correlation between that class and what the cue says, -1..1.
        where: at which value of the cue that class is most over-represented, in words.
    """

    title: str
    right: Share
    baseline: Share
    p_value: float
    told: int
    correlation: float
    where: str

    @property
    def is_strong(self) -> bool:
        """Whether a model could live on this cue, at least for one class."""
        return self.correlation >= STRONG and self.p_value < SURE


@dataclass(frozen=True)
class SideTest:
    """Whether training and validation images can be told apart.

    Attributes:
        area: area under the ROC curve, out of fold: 0.5 is chance, 1 is certain.
        p_value: that of the rank-sum test (Mann and Whitney 1947), one-sided.
    """

    title: str
    area: float
    p_value: float


def numeric_cue(title: str, values_n: np.ndarray, words: tuple[str, str], digits: int = 2) -> Cue:
    """A cue of numbers, in bins with about equally many images.

    Args:
        words: for low and high values, such as ("dark", "bright").
    """
    bins = min(MOST_BINS, max(2, len(values_n) // IMAGES_A_BIN))
    edges = np.unique(np.quantile(values_n, np.linspace(0, 1, bins + 1)[1:-1]))
    limits = [f"{edge:.{digits}f}" for edge in edges]
    ranges = [f"below {limits[0]}", *(f"{a} to {b}" for a, b in pairwise(limits))]
    ranges.append(f"from {limits[-1]}")
    third = len(ranges) / 3
    levels = [
        words[0] if k < third else words[1] if k >= 2 * third else "medium"
        for k in range(len(ranges))
    ]
    names = [f"{word}, {values}" for word, values in zip(levels, ranges, strict=True)]
    return Cue(title, np.searchsorted(edges, values_n, side="right"), tuple(names))


def category_cue(title: str, values: Sequence[str]) -> Cue:
    """A cue of names; those of fewer than 5 images count as one."""
    names, numbers, counts = np.unique(list(values), return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(counts >= 5)
    number_of = np.full(len(names), len(frequent))
    number_of[frequent] = np.arange(len(frequent))
    return Cue(title, number_of[numbers], (*names[frequent].tolist(), "others"))


def try_cue(cue: Cue, labels_n: np.ndarray, classes: int) -> Shortcut:
    """Let a cue predict the classes, numbers 0..classes-1, of images it has not seen."""
    predicted, majority = _out_of_fold(cue, labels_n, classes)
    right, baseline = predicted == labels_n, majority == labels_n
    correlations = [_matthews(labels_n == k, predicted == k) for k in range(classes)]
    best = int(np.argmax(correlations))
    return Shortcut(
        cue.title,
        Share(int(right.sum()), len(right)),
        Share(int(baseline.sum()), len(right)),
        paired_p_value(right, baseline),
        best,
        correlations[best],
        cue.names[_typical(cue, labels_n == best)],
    )


def try_sides(title: str, features_nf: np.ndarray, is_valid_n: np.ndarray) -> SideTest:
    """Let a ridge regression on numbers about the images say which are for validation.

    Args:
        features_nf: float (n, f).
        is_valid_n: bool (n,), some true and some false.
    """
    scores = np.empty(len(features_nf))
    spread = features_nf.std(0)
    z = (features_nf - features_nf.mean(0)) / np.where(spread > 0, spread, 1)
    folds = _folds(is_valid_n.astype(int))
    for fold in range(FOLDS):
        rest = folds != fold
        scores[~rest] = z[~rest] @ _ridge(z[rest], is_valid_n[rest])
    ranks = _ranks(scores)
    valid, train = int(is_valid_n.sum()), int((~is_valid_n).sum())
    above = ranks[is_valid_n].sum() - valid * (valid + 1) / 2
    z_score = (above - valid * train / 2) / math.sqrt(valid * train * (valid + train + 1) / 12)
    return SideTest(title, above / (valid * train), math.erfc(z_score / math.sqrt(2)) / 2)


def _out_of_fold(cue: Cue, labels_n: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """What the cue says of each image, and what the most frequent class says: int (n,) each."""
    predicted, majority = np.empty_like(labels_n), np.empty_like(labels_n)
    folds = _folds(labels_n)
    for fold in range(FOLDS):
        rest, here = folds != fold, folds == fold
        table = np.zeros((len(cue.names), classes))
        np.add.at(table, (cue.values_n[rest], labels_n[rest]), 1)
        frequent = table.sum(0).argmax()
        best = np.where(table.any(1), table.argmax(1), frequent)
        predicted[here], majority[here] = best[cue.values_n[here]], frequent
    return predicted, majority


def _folds(labels_n: np.ndarray) -> np.ndarray:
    """Every class spread evenly over the folds."""
    folds = np.empty(len(labels_n), int)
    folds[np.argsort(labels_n, kind="stable")] = np.arange(len(labels_n)) % FOLDS
    return folds


def _matthews(truth_n: np.ndarray, predicted_n: np.ndarray) -> float:
    """Matthews correlation of two yes-or-no variables; 0 when one of them never changes."""
    if truth_n.all() or predicted_n.all() or not truth_n.any() or not predicted_n.any():
        return 0.0
    return float(np.corrcoef(truth_n, predicted_n)[0, 1])


def _typical(cue: Cue, is_class_n: np.ndarray) -> int:
    """The value at which a class is most over-represented, in images."""
    everywhere = np.bincount(cue.values_n, minlength=len(cue.names))
    here = np.bincount(cue.values_n[is_class_n], minlength=len(cue.names))
    return int((here - everywhere * is_class_n.mean()).argmax())


def _ridge(z_nf: np.ndarray, is_valid_n: np.ndarray, strength: float = 0.1) -> np.ndarray:
    """Weights (f,) of the regression with a penalty in the features' own scale."""
    target = is_valid_n - is_valid_n.mean()
    n, f = z_nf.shape
    return np.linalg.solve(z_nf.T @ z_nf / n + strength * np.eye(f), z_nf.T @ target / n)


def _ranks(values_n: np.ndarray) -> np.ndarray:
    """Ranks from 1, equal values sharing their mean rank."""
    _, numbers, counts = np.unique(values_n, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[numbers]
