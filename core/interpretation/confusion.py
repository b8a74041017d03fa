"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.metrics import Share


@dataclass(frozen=True)
class ConfusedPair:
    """`count` images of one class that were taken for another; both are class numbers."""

    actual: int
    predicted: int
    count: int


@dataclass(frozen=True)
class ClassReport:
    """How well one class is told from the others.

    Attributes:
        precision: of the images called so, those that are.
        recall: of the images that are, those called so.
        f1: twice the hits over (called so + are); 0..1, NaN when there are none of either.
        f1_low, f1_high: its 95 % interval.
        images: how many images are of this class.
    """

    precision: Share
    recall: Share
    f1: float
    f1_low: float
    f1_high: float
    images: int


def confusion_matrix(labels_n: np.ndarray, predicted_n: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): [actual, predicted]; labels outside 0..classes-1 are left out."""
    labelled = labels_n >= 0
    cells = labels_n[labelled] * classes + predicted_n[labelled]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def grouped_order(matrix_cc: np.ndarray) -> np.ndarray:
    """An order of the classes, int (classes,), in which those that are confused sit together.

    The order of the Fiedler vector of the graph whose edges are the confusions in both directions
    (Atkins et al. 1998, "A spectral algorithm for seriation", SIAM J. Comput. 28), for each
    connected part by itself; parts with more confusions come first.
    """
    edges = matrix_cc + matrix_cc.T
    edges = np.where(np.eye(len(edges), dtype=bool), 0, edges).astype(float)
    order: list[int] = []
    for part in sorted(_parts(edges), key=lambda p: (-edges[np.ix_(p, p)].sum(), p[0])):
        order += [part[k] for k in _along(edges[np.ix_(part, part)])]
    return np.array(order, int)


def most_confused(matrix_cc: np.ndarray, minimum: int = 1) -> list[ConfusedPair]:
    """Pairs of different classes with at least `minimum` images, most first."""
    rows, columns = np.nonzero(matrix_cc >= max(1, minimum))
    pairs = [
        ConfusedPair(int(a), int(p), int(matrix_cc[a, p]))
        for a, p in zip(rows, columns, strict=True)
        if a != p
    ]
    return sorted(pairs, key=lambda pair: (-pair.count, pair.actual, pair.predicted))


def class_reports(matrix_cc: np.ndarray) -> list[ClassReport]:
    """One report a class, with 95 % intervals.

    F1 is 2 J / (1 + J) of J = hits / (called so or are), which is a share of images: its interval
    is that of J (Wilson), carried over.
    """
    reports = []
    for k in range(len(matrix_cc)):
        hits, called = int(matrix_cc[k, k]), int(matrix_cc[:, k].sum())
        images = int(matrix_cc[k].sum())
        overlap = Share(hits, called + images - hits)
        f1, low, high = (2 * j / (1 + j) for j in (overlap.value, overlap.low, overlap.high))
        reports.append(ClassReport(Share(hits, called), Share(hits, images), f1, low, high, images))
    return reports


def _parts(edges_cc: np.ndarray) -> list[list[int]]:
    """The connected parts of a graph, as lists of nodes."""
    remaining, parts = set(range(len(edges_cc))), []
    while remaining:
        part, border = set[int](), {min(remaining)}
        while border:
            part |= border
            border = set(np.flatnonzero(edges_cc[sorted(border)].any(0)).tolist()) - part
        remaining -= part
        parts.append(sorted(part))
    return parts


def _along(edges_cc: np.ndarray) -> list[int]:
    if len(edges_cc) < 3:
        return list(range(len(edges_cc)))
    laplacian = np.diag(edges_cc.sum(0)) - edges_cc
    vector = np.linalg.eigh(laplacian)[1][:, 1]
    vector = vector if vector[np.abs(vector).argmax()] > 0 else -vector  # signs are arbitrary
    return np.argsort(vector.round(9), kind="stable").tolist()
