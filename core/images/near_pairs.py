"""Pairs of look-alikes among many pictures, by fingerprints and, where there are any, features.

The hash finds candidates; edges or features must agree, too, with what all pictures of the dataset
have in common taken away: a thousand hands before the same wall are no near-duplicates.
Measured limits, in `docs/decisions.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.images.fingerprint import SIDE_PX, edges, hash_distances, hashes

HASH_LIMIT = 12
SAME_EDGES = 0.6
HASH_LIMIT_WITH_FEATURES = 20
SAME_FEATURES = 0.8
USUAL_AFTER = 10  # from a few times so many pictures on, what they have in common is known
MOST_PER_PICTURE = 50
MOST_TRIED = 100
NEVER = 255  # a distance that no two hashes have
BLOCK = 128  # rows at a time: 1 MB for each 1,000 pictures
FEW = 64  # rows at a time whose distances stay in the cache
CHUNK = 64  # pairs at a time whose edges stay in the cache


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

    @cached_property
    def hashes(self) -> tuple[np.ndarray, np.ndarray]:
        """Perceptual hashes of the pictures and of their mirror images: uint64 (n,) each."""
        return hashes(self.thumbnails_nhw)

    @cached_property
    def clear_n(self) -> np.ndarray:
        """Where there is something to see: bool (n,)."""
        return np.array([not blank for blank in self.blanks], bool)


def looks_of(thumbnails: Sequence[bytes], blanks: Sequence[str]) -> Looks:
    """Looks, of thumbnails as they are stored: 1,024 grey levels each."""
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8)
    return Looks(pixels.reshape(-1, SIDE_PX, SIDE_PX), blanks)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of pictures by number, and how similar they are, 0..1."""

    first_p: np.ndarray
    second_p: np.ndarray
    similarity_p: np.ndarray


def near_pairs(looks: Looks, usual_hw: np.ndarray | None = None) -> Iterator[Pairs]:
    """The pairs whose first picture is in the first block of 128, in the second, and so on; those
    of blank pictures come last. first_p < second_p; at most 50 of a picture with later ones, the
    most similar.

    Args:
        usual_hw: what the pictures of the dataset have in common, if these are not all of them.
    """
    if usual_hw is None:
        total_hw = looks.thumbnails_nhw.sum(0, dtype=np.float64)
        usual_hw = usual(total_hw, len(looks.blanks))
    for start in range(0, len(looks.blanks), BLOCK):
        distance_bm = _distances(looks, slice(start, start + BLOCK), looks, slice(start, None))
        allowed_bm = np.triu(np.ones(distance_bm.shape, bool), 1)
        yield _near(looks, usual_hw, start, np.where(allowed_bm, distance_bm, NEVER))
    yield _equal_blanks(looks.blanks)


def pairs_between(looks: Looks, others: Looks, usual_hw: np.ndarray) -> Pairs:
    """Pairs of one of `looks` and one of `others`, without features; at most 50 of each of `looks`,
    the most similar.

    Args:
        usual_hw: what the pictures of the dataset have in common, as for `edge_agreement`.
    """
    found = [_equal_blanks_between(looks.blanks, others.blanks)]
    for start in range(0, len(looks.blanks), FEW):
        distance_bm = _distances(looks, slice(start, start + FEW), others, slice(None))
        row_r = np.nonzero((distance_bm <= HASH_LIMIT).any(1))[0]
        thumbnails = looks.thumbnails_nhw[start + row_r], others.thumbnails_nhw
        pairs = _pairs(_agreements(*thumbnails, usual_hw, distance_bm[row_r]), 0, 0)
        found.append(replace(pairs, first_p=start + row_r[pairs.first_p]))
    return Pairs(*(np.concatenate(column) for column in zip(*map(_columns, found))))


def usual(total_hw: np.ndarray, count: int) -> np.ndarray:
    """What pictures have in common, (32, 32); nearly nothing as long as there are few.

    Args:
        total_hw: the sum of the thumbnails of `count` pictures.
    """
    usual_hw: np.ndarray = (total_hw / (count + USUAL_AFTER)).astype(np.float32)
    return usual_hw


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


def _distances(looks: Looks, here: slice, others: Looks, there: slice) -> np.ndarray:
    """Bits that differ, mirrored or not: uint8 (b, m); 255 where a picture is blank."""
    distance_bm = np.minimum(
        hash_distances(looks.hashes[0][here], others.hashes[0][there]),
        hash_distances(looks.hashes[1][here], others.hashes[0][there]),
    )
    distance_bm[~looks.clear_n[here]] = NEVER
    distance_bm[:, ~others.clear_n[there]] = NEVER
    return distance_bm


def _near(looks: Looks, usual_hw: np.ndarray, start: int, distance_bm: np.ndarray) -> Pairs:
    """The pairs of a block (b) with it and what comes after it (m)."""
    here = slice(start, start + len(distance_bm))
    thumbnails = looks.thumbnails_nhw[here], looks.thumbnails_nhw[start:]
    similarity_bm = _agreements(*thumbnails, usual_hw, distance_bm)
    if looks.features_nf is not None:
        cosine_bm = looks.features_nf[here] @ looks.features_nf[start:].T
        similar_bm = (distance_bm <= HASH_LIMIT_WITH_FEATURES) & (cosine_bm >= SAME_FEATURES)
        cosine_bm[~similar_bm] = 0
        similarity_bm = np.maximum(similarity_bm, cosine_bm)
    return _pairs(similarity_bm, start, start)


def _agreements(
    block_bhw: np.ndarray, others_mhw: np.ndarray, usual_hw: np.ndarray, distance_bm: np.ndarray
) -> np.ndarray:
    """How well edges agree where hashes do: float32 (b, m), 0 where one of them does not."""
    similarity_bm = np.zeros(distance_bm.shape, np.float32)
    row_c, column_c = np.nonzero(_nearest(distance_bm))
    for k in range(0, len(row_c), CHUNK):
        rows, columns = row_c[k : k + CHUNK], column_c[k : k + CHUNK]
        agreement_c = edge_agreement(block_bhw[rows], others_mhw[columns], usual_hw)
        agreement_c[agreement_c < SAME_EDGES] = 0
        similarity_bm[rows, columns] = agreement_c
    return similarity_bm


def _nearest(distance_bm: np.ndarray) -> np.ndarray:
    """Where edges are worth a look: bool (b, m); of many frames of one scene, some will do."""
    near_bm: np.ndarray = distance_bm <= HASH_LIMIT
    for row in np.nonzero(near_bm.sum(1) > MOST_TRIED)[0]:
        near_bm[row, np.argsort(distance_bm[row], kind="stable")[MOST_TRIED:]] = False
    return near_bm


def _pairs(similarity_bm: np.ndarray, first: int, second: int) -> Pairs:
    """The pairs of a block whose rows and columns are the pictures from these numbers on."""
    row_p, column_p = _best(similarity_bm)
    similarity_p = np.minimum(similarity_bm[row_p, column_p], 1)
    return Pairs(first + row_p, second + column_p, similarity_p)


def _columns(pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return pairs.first_p, pairs.second_p, pairs.similarity_p


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
    return _equals(pairs)


def _equal_blanks_between(blanks: Sequence[str], others: Sequence[str]) -> Pairs:
    """Each blank picture with the first of its equals among others."""
    number = {blank: k for k, blank in reversed(list(enumerate(others))) if blank}
    return _equals([(k, number[blank]) for k, blank in enumerate(blanks) if blank in number])


def _equals(pairs: Sequence[tuple[int, int]]) -> Pairs:
    pairs_p2 = np.array(pairs, np.int64).reshape(-1, 2)
    return Pairs(pairs_p2[:, 0], pairs_p2[:, 1], np.ones(len(pairs_p2), np.float32))


def _unit(rows_nk: np.ndarray) -> np.ndarray:
    lengths_n1 = np.linalg.norm(rows_nk, axis=1, keepdims=True)
    unit_nk: np.ndarray = rows_nk / np.maximum(lengths_n1, 1e-9)
    return unit_nk
