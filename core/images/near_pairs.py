"""Pairs of look-alikes among many pictures, by fingerprints and, where there are any, features.

The hash finds candidates; edges or features must agree, too, with what all pictures of the dataset
have in common taken away: a thousand hands before the same wall are no near-duplicates.
Measured limits, in `docs/decisions.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.images.fingerprint import edges, hash_distances, hashes

HASH_LIMIT = 12
SAME_EDGES = 0.6
HASH_LIMIT_WITH_FEATURES = 20
SAME_FEATURES = 0.8
USUAL_AFTER = 10  # from a few times so many pictures on, what they have in common is known
MOST_PER_PICTURE = 50
BLOCK = 512
CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Looks:
    """What n pictures look like.

    Attributes:
        thumbnails_nhw: uint8 (n, 32, 32), grey.
        blanks: for each, what equals of a blank picture share; empty when there is something on it.
        features_nf: float32 (n, features), rows of length 1, or 0 where a picture has none; None
            to compare without.
    """

    thumbnails_nhw: np.ndarray
    blanks: Sequence[str]
    features_nf: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of pictures by number: first_p < second_p, and how similar they are, 0..1."""

    first_p: np.ndarray
    second_p: np.ndarray
    similarity_p: np.ndarray


def near_pairs(looks: Looks) -> Iterator[Pairs]:
    """The pairs whose first picture is in the first block of 512, in the second, and so on; those
    of blank pictures come last. At most 50 of a picture with later ones, the most similar.
    """
    hashes_n, mirrored_n = hashes(looks.thumbnails_nhw)
    usual_hw = _usual(looks.thumbnails_nhw)
    clear_n = np.array([not blank for blank in looks.blanks], bool)
    for start in range(0, len(clear_n), BLOCK):
        here = slice(start, start + BLOCK)
        distance_bm = np.minimum(
            hash_distances(hashes_n[here], hashes_n[start:]),
            hash_distances(mirrored_n[here], hashes_n[start:]),
        )
        allowed_bm = np.triu(clear_n[here, None] & clear_n[None, start:], 1)
        yield _near(looks, usual_hw, start, np.where(allowed_bm, distance_bm, 255))
    yield _equal_blanks(looks.blanks)


def unit_features(features_nf: np.ndarray) -> np.ndarray:
    """Features standardised over the pictures, each row scaled to length 1: their products are
    the cosines of what is not common to all.
    """
    spread_f = features_nf.std(0) + 1e-6
    return _unit((features_nf - features_nf.mean(0)) / spread_f)


def edge_agreement(
    thumbnails_nhw: np.ndarray, others_nhw: np.ndarray, usual_hw: np.ndarray
) -> np.ndarray:
    """Cosines of the edges of n pairs, mirrored where that fits better: float32 (n,).

    Args:
        usual_hw: what the pictures of the dataset have in common, which is taken away first.
    """
    edges_ne = _unit(edges(thumbnails_nhw - usual_hw))
    as_is_n = (edges_ne * _unit(edges(others_nhw - usual_hw))).sum(1)
    mirrored_n = (edges_ne * _unit(edges(others_nhw[:, :, ::-1] - usual_hw))).sum(1)
    return np.maximum(as_is_n, mirrored_n)


def _near(looks: Looks, usual_hw: np.ndarray, start: int, distance_bm: np.ndarray) -> Pairs:
    """The pairs of a block (b) with it and what comes after it (m)."""
    similarity_bm = np.zeros(distance_bm.shape, np.float32)
    if looks.features_nf is not None:
        block_bf = looks.features_nf[start : start + len(distance_bm)]
        cosine_bm = block_bf @ looks.features_nf[start:].T
        similar_bm = (distance_bm <= HASH_LIMIT_WITH_FEATURES) & (cosine_bm >= SAME_FEATURES)
        similarity_bm[similar_bm] = cosine_bm[similar_bm]
    row_c, column_c = np.nonzero(distance_bm <= HASH_LIMIT)
    for k in range(0, len(row_c), CHUNK):
        rows, columns = row_c[k : k + CHUNK], column_c[k : k + CHUNK]
        agreement_c = edge_agreement(
            looks.thumbnails_nhw[start + rows], looks.thumbnails_nhw[start + columns], usual_hw
        )
        agreement_c[agreement_c < SAME_EDGES] = 0
        similarity_bm[rows, columns] = np.maximum(similarity_bm[rows, columns], agreement_c)
    first_p, second_p = _best(similarity_bm)
    similarity_p = np.minimum(similarity_bm[first_p, second_p], 1)
    return Pairs(start + first_p, start + second_p, similarity_p)


def _best(similarity_bm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of what is above 0, in each row the largest ones."""
    crowded_b = (similarity_bm > 0).sum(1) > MOST_PER_PICTURE
    for row in np.nonzero(crowded_b)[0]:
        order = np.argsort(-similarity_bm[row], kind="stable")
        similarity_bm[row, order[MOST_PER_PICTURE:]] = 0
    first, second = np.nonzero(similarity_bm)
    return first, second


def _equal_blanks(blanks: Sequence[str]) -> Pairs:
    equals = defaultdict(list)
    for number, blank in enumerate(blanks):
        if blank:
            equals[blank].append(number)
    pairs = [
        (first, second)
        for numbers in equals.values()
        for k, first in enumerate(numbers)
        for second in numbers[k + 1 : k + 1 + MOST_PER_PICTURE]
    ]
    pairs_p2 = np.array(pairs, np.int64).reshape(-1, 2)
    return Pairs(pairs_p2[:, 0], pairs_p2[:, 1], np.ones(len(pairs_p2), np.float32))


def _usual(thumbnails_nhw: np.ndarray) -> np.ndarray:
    """What the pictures have in common; nearly nothing as long as there are few."""
    count = len(thumbnails_nhw)
    mean_hw = thumbnails_nhw.mean(0, dtype=np.float32) if count else np.zeros((1, 1), np.float32)
    usual_hw: np.ndarray = mean_hw * np.float32(count / (count + USUAL_AFTER))
    return usual_hw


def _unit(rows_nk: np.ndarray) -> np.ndarray:
    lengths_n1 = np.linalg.norm(rows_nk, axis=1, keepdims=True)
    unit_nk: np.ndarray = rows_nk / np.maximum(lengths_n1, 1e-9)
    return unit_nk
