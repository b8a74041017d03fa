"""Pairs of look-alikes among many pictures, by fingerprints and, where there are any, features.

The hash finds candidates, looking at one of two as it is, mirrored and trimmed. Seen in the same
way, their edges must agree, with what all pictures of the dataset have in common taken away: a
thousand hands before the same wall are no near-duplicates. Where features are the same, too, less
agreement will do.
Measured limits, in `docs/decisions.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.images.fingerprint import SIDE_PX, WAYS, Way, edges, hash_distances, hashes, seen

HASH_LIMIT, SAME_EDGES = 10, 0.85
HASH_LIMIT_WITH_FEATURES, SAME_EDGES_WITH_FEATURES = 20, 0.5
SAME_FEATURES = 0.85
USUAL_AFTER = 10  # from a few times so many pictures on, what they have in common is known
MOST_PER_PICTURE = 50
MOST_TRIED = 50
TRIMMED = frozenset(WAYS) - {"as it is", "mirrored"}  # which of two is trimmed makes a difference
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
    def hashes(self) -> dict[Way, np.ndarray]:
        """Perceptual hashes of the pictures, each way of looking at them: uint64 (n,) each."""
        return hashes(self.thumbnails_nhw)

    def some(self, numbers: slice) -> Looks:
        """A part of them, whose hashes are not made again."""
        features_nf = None if self.features_nf is None else self.features_nf[numbers]
        part = Looks(self.thumbnails_nhw[numbers], self.blanks[numbers], features_nf)
        part.__dict__["hashes"] = {way: hash_n[numbers] for way, hash_n in self.hashes.items()}
        return part

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
        here, there = looks.some(slice(start, start + BLOCK)), looks.some(slice(start, None))
        similarity_bm = _Block(here, there, usual_hw, later=True).similarities()
        yield _pairs(similarity_bm, start, start)
    yield _equal_blanks(looks.blanks)


def pairs_between(looks: Looks, others: Looks, usual_hw: np.ndarray) -> Pairs:
    """Pairs of one of `looks` and one of `others`, without features; at most 50 of each of `looks`,
    the most similar.

    Args:
        usual_hw: what the pictures of the dataset have in common, as for `edge_agreement`.
    """
    found = [_equal_blanks_between(looks.blanks, others.blanks)]
    for start in range(0, len(looks.blanks), FEW):
        block = _Block(looks.some(slice(start, start + FEW)), others, usual_hw)
        found.append(_pairs(block.similarities(), start, 0))
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
    """Cosines of the edges of n pairs: float32 (n,).

    Args:
        usual_hw: what the pictures of the dataset have in common, which is taken away first.
    """
    edges_ne = _unit(edges(thumbnails_nhw - usual_hw))
    agreement_n: np.ndarray = (edges_ne * _unit(edges(others_nhw - usual_hw))).sum(1)
    return agreement_n


class _Block:
    """Some pictures (b) against others (m); with `later`, the others are those from the same number
    on, and only what comes after a picture is compared with it.
    """

    def __init__(
        self, looks: Looks, others: Looks, usual_hw: np.ndarray, later: bool = False
    ) -> None:
        self._looks, self._others, self._usual_hw = looks, others, usual_hw
        self._wanted_bm = np.outer(looks.clear_n, others.clear_n)
        if later:
            self._wanted_bm = np.triu(self._wanted_bm, 1)

    def similarities(self) -> np.ndarray:
        """By looks, and by features where both have some: float32 (b, m), 0 for no pair."""
        similarity_bm = self._agreements(self._wanted_bm, HASH_LIMIT)
        similarity_bm[similarity_bm < SAME_EDGES] = 0
        if self._looks.features_nf is not None and self._others.features_nf is not None:
            cosine_bm = self._looks.features_nf @ self._others.features_nf.T
            asked_bm = self._wanted_bm & (cosine_bm >= SAME_FEATURES) & (similarity_bm == 0)
            agreement_bm = self._agreements(asked_bm, HASH_LIMIT_WITH_FEATURES)
            same_bm = agreement_bm >= SAME_EDGES_WITH_FEATURES
            similarity_bm[same_bm] = cosine_bm[same_bm]
        return similarity_bm

    def _agreements(self, wanted_bm: np.ndarray, hash_limit: int) -> np.ndarray:
        """How well edges agree, seen in the way that fits best, where hashes agree in it: float32
        (b, m), 0 where they do in none.
        """
        agreement_bm = np.zeros(wanted_bm.shape, np.float32)
        if not wanted_bm.any():
            return agreement_bm
        one, other = self._looks, self._others
        for way in WAYS:
            distance_bm = hash_distances(one.hashes[way], other.hashes["as it is"])
            tried = _nearest(np.where(wanted_bm, distance_bm, NEVER), hash_limit)
            self._note(agreement_bm, tried, way, one, other)
            if way in TRIMMED:
                distance_bm = hash_distances(one.hashes["as it is"], other.hashes[way])
                row_c, column_c = _nearest(np.where(wanted_bm, distance_bm, NEVER), hash_limit)
                self._note(agreement_bm.T, (column_c, row_c), way, other, one)
        return agreement_bm

    def _note(
        self,
        agreement_nm: np.ndarray,
        tried: tuple[np.ndarray, np.ndarray],
        way: Way,
        looks: Looks,
        others: Looks,
    ) -> None:
        """Put down how well edges agree where that is better than what is there."""
        for k in range(0, len(tried[0]), CHUNK):
            one_c, other_c = tried[0][k : k + CHUNK], tried[1][k : k + CHUNK]
            seen_chw = seen(looks.thumbnails_nhw[one_c], way)
            agreement_c = edge_agreement(seen_chw, others.thumbnails_nhw[other_c], self._usual_hw)
            known_c = agreement_nm[one_c, other_c]
            agreement_nm[one_c, other_c] = np.maximum(known_c, agreement_c)


def _nearest(distance_bm: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns where edges are worth a look; of many frames of one scene, some will do."""
    near_bm = distance_bm <= limit
    for row in np.nonzero(near_bm.sum(1) > MOST_TRIED)[0]:
        near_bm[row, np.argsort(distance_bm[row], kind="stable")[MOST_TRIED:]] = False
    row_c, column_c = np.nonzero(near_bm)
    return row_c, column_c


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
