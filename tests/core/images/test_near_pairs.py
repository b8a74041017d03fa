"""Pairs of look-alikes against a search that compares two pictures at a time."""

from __future__ import annotations

import numpy as np
import pytest

from core.images import near_pairs as module
from core.images.fingerprint import hash_distances, hashes
from core.images.near_pairs import (
    Looks,
    edge_agreement,
    near_pairs,
    pairs_between,
    unit_features,
    usual,
)


def noise(count: int, seed: int = 0) -> np.ndarray:
    """Soft random thumbnails (n, 32, 32)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8))
    return np.kron(coarse, np.ones((1, 4, 4))).astype(np.uint8)


def with_copies(count: int, copies: int, seed: int = 0) -> tuple[np.ndarray, set[tuple[int, int]]]:
    """Thumbnails of which the last are noisy copies of the first, every other one mirrored."""
    originals = noise(count, seed)
    rough = np.random.default_rng(seed + 1).integers(-6, 7, (copies, 32, 32))
    again = originals[:copies].copy()
    again[::2] = again[::2, :, ::-1]
    changed = np.clip(again + rough, 0, 255).astype(np.uint8)
    return np.concatenate([originals, changed]), {(k, count + k) for k in range(copies)}


def found(looks: Looks) -> dict[tuple[int, int], float]:
    return {
        (int(i), int(j)): float(similarity)
        for pairs in near_pairs(looks)
        for i, j, similarity in zip(pairs.first_p, pairs.second_p, pairs.similarity_p)
    }


def by_brute_force(looks: Looks) -> dict[tuple[int, int], float]:
    """The rule of the decision paper, one pair after the other."""
    thumbnails = looks.thumbnails_nhw.astype(np.float64)
    count = len(thumbnails)
    mean = thumbnails.mean(0) * count / (count + 10)
    hashes_n, mirrored_n = hashes(looks.thumbnails_nhw)
    expected = {}
    for i in range(count):
        for j in range(i + 1, count):
            if looks.blanks[i] or looks.blanks[j]:
                if looks.blanks[i] == looks.blanks[j]:
                    expected[i, j] = 1.0
                continue
            either = np.array([hashes_n[i], mirrored_n[i]])
            distance = hash_distances(either, hashes_n[j : j + 1]).min()
            agreement = float(edge_agreement(thumbnails[[i]], thumbnails[[j]], mean)[0])
            cosine = 0.0
            if looks.features_nf is not None:
                cosine = float(looks.features_nf[i] @ looks.features_nf[j])
            edges = agreement if distance <= 12 and agreement >= 0.6 else 0.0
            features = cosine if distance <= 20 and cosine >= 0.8 else 0.0
            if max(edges, features) > 0:
                expected[i, j] = min(1.0, max(edges, features))
    return expected


@pytest.mark.parametrize("with_features", [False, True])
@pytest.mark.parametrize("block", [7, 16, 512])
def test_blocks_find_what_a_search_pair_by_pair_finds(block, with_features, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "CHUNK", 5)
    thumbnails, _ = with_copies(60, 12)
    blanks = ["same" if k in (3, 20, 41) else "other" if k == 30 else "" for k in range(72)]
    features = np.random.default_rng(2).normal(0, 1, (72, 3)).astype(np.float32)
    looks = Looks(thumbnails, blanks, unit_features(features) if with_features else None)
    expected = by_brute_force(looks)
    assert len(expected) > 12
    assert found(looks) == pytest.approx(expected, abs=1e-4)


def test_copies_are_found_and_nothing_else():
    thumbnails, copies = with_copies(200, 20)
    pairs = found(Looks(thumbnails, [""] * 220))
    assert set(pairs) == copies
    assert min(pairs.values()) > 0.8


def test_what_all_pictures_have_in_common_does_not_make_them_alike():
    """Hands before one wall: the wall is no reason."""
    wall = noise(1, 99).astype(np.float64)
    hands, _ = with_copies(150, 6)
    thumbnails = np.clip(0.8 * wall + 0.2 * hands, 0, 255).astype(np.uint8)
    distances = hash_distances(*[hashes(thumbnails)[0]] * 2)[np.triu_indices(156, 1)]
    assert (distances <= 12).sum() > 500
    pairs = found(Looks(thumbnails, [""] * 156))
    assert {(1, 151), (3, 153), (5, 155)} <= set(pairs)  # the walls of the others are not mirrored
    assert len(pairs) < 20


def test_features_find_what_edges_alone_do_not():
    thumbnails = noise(60)
    thumbnails = np.concatenate([thumbnails, np.roll(thumbnails[:1], 2, axis=2)])
    assert 12 < hash_distances(*[hashes(thumbnails)[0]] * 2)[0, 60] <= 20
    features = np.random.default_rng(0).normal(0, 1, (61, 50)).astype(np.float32)
    features[60] = features[0]
    assert (0, 60) not in found(Looks(thumbnails, [""] * 61))
    with_features = found(Looks(thumbnails, [""] * 61, unit_features(features)))
    assert with_features[0, 60] == pytest.approx(1, abs=1e-4)


def test_equal_features_of_pictures_that_look_different_are_no_pair():
    thumbnails = noise(60)
    distance = hash_distances(*[hashes(thumbnails)[0]] * 2)[0]
    far = int(distance.argmax())
    features = np.random.default_rng(0).normal(0, 1, (60, 50)).astype(np.float32)
    features[far] = features[0]
    assert (0, far) not in found(Looks(thumbnails, [""] * 60, unit_features(features)))


def test_pictures_without_features_are_near_by_their_looks_only():
    thumbnails, copies = with_copies(60, 3)
    assert set(found(Looks(thumbnails, [""] * 63, np.zeros((63, 8), np.float32)))) == copies


def test_a_picture_that_is_there_very_often_makes_a_bounded_number_of_pairs(monkeypatch):
    monkeypatch.setattr(module, "MOST_PER_PICTURE", 4)
    thumbnails = np.repeat(noise(1), 30, axis=0)
    for blank in ("", "same"):
        pairs = found(Looks(thumbnails, [blank] * 30))
        assert {(0, k) for k in range(1, 5)} <= set(pairs)
        assert len(pairs) == 26 * 4 + 3 + 2 + 1


@pytest.mark.parametrize("count", [0, 1])
def test_one_picture_or_none_is_like_no_other(count):
    assert found(Looks(noise(count), [""] * count)) == {}


def between(looks: Looks, others: Looks) -> dict[tuple[int, int], float]:
    count = len(looks.blanks) + len(others.blanks)
    total_hw = looks.thumbnails_nhw.sum(0) + others.thumbnails_nhw.sum(0)
    pairs = pairs_between(looks, others, usual(total_hw, count))
    return dict(zip(zip(pairs.first_p.tolist(), pairs.second_p.tolist()), pairs.similarity_p))


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_two_parts_find_the_pairs_that_a_search_of_the_whole_finds(cut, monkeypatch):
    monkeypatch.setattr(module, "FEW", 7)
    thumbnails, _ = with_copies(60, 12)
    blanks = ["same" if k in (3, 20, 65) else "other" if k == 30 else "" for k in range(72)]
    whole = by_brute_force(Looks(thumbnails, blanks))
    expected = {(i, j - cut): s for (i, j), s in whole.items() if i < cut <= j}
    parts = Looks(thumbnails[:cut], blanks[:cut]), Looks(thumbnails[cut:], blanks[cut:])
    found_between = between(*parts)
    assert found_between == {
        pair: pytest.approx(expected[pair], abs=1e-4) for pair in found_between
    }
    missed = {pair for pair in expected if pair not in found_between}
    assert all(blanks[i] and blanks[j + cut] for i, j in missed)  # one equal is enough
    assert {i for i, _ in missed} <= {i for i, _ in found_between}


def test_nothing_is_near_nothing():
    empty, one = Looks(noise(0), []), Looks(noise(1), [""])
    assert between(empty, one) == between(one, empty) == {}
