"""Pairs of look-alikes against a search that compares two pictures at a time."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PIL import Image

from core.images import near_pairs as module
from core.images.fingerprint import WAYS, hash_distances, hashes, seen
from core.images.near_pairs import (
    TRIMMED,
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


def distances(thumbnails: np.ndarray) -> np.ndarray:
    """Bits that differ between the hashes of pictures as they are: (n, n)."""
    hashes_n = hashes(thumbnails)["as it is"]
    return hash_distances(hashes_n, hashes_n)


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
    hashes_of = hashes(looks.thumbnails_nhw)
    expected = {}
    for i in range(count):
        for j in range(i + 1, count):
            if looks.blanks[i] or looks.blanks[j]:
                if looks.blanks[i] == looks.blanks[j]:
                    expected[i, j] = 1.0
                continue
            cosine = None
            if looks.features_nf is not None:
                cosine = float(looks.features_nf[i] @ looks.features_nf[j])
            agreements = {}
            for way, (one, other) in product(WAYS, ((i, j), (j, i))):
                if one > other and way not in TRIMMED:
                    continue
                pair = hashes_of[way][[one]], hashes_of["as it is"][[other]]
                agreement = edge_agreement(seen(thumbnails[[one]], way), thumbnails[[other]], mean)
                agreements[way, one] = int(hash_distances(*pair)[0, 0]), float(agreement[0])
            by_looks = max((e for h, e in agreements.values() if h <= 10), default=0)
            by_both = max((e for h, e in agreements.values() if h <= 20), default=0)
            if by_looks >= 0.85:
                expected[i, j] = min(1.0, by_looks)
            elif cosine is not None and cosine >= 0.85 and by_both >= 0.5:
                expected[i, j] = min(1.0, cosine)
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
    assert (distances(thumbnails)[np.triu_indices(156, 1)] <= 10).sum() > 500
    pairs = found(Looks(thumbnails, [""] * 156))
    assert {(1, 151), (3, 153), (5, 155)} <= set(pairs)  # the walls of the others are not mirrored
    assert len(pairs) < 20


def trimmed_thumbnails(count: int, *cut_off: float) -> np.ndarray:
    """Of soft pictures of 320 px, as they are and, after all of these, without these shares of
    their left, right, top and bottom.
    """
    left, right, top, bottom = cut_off
    large = noise(count).repeat(10, 1).repeat(10, 2)
    cut = large[:, round(320 * top) : 320 - round(320 * bottom)]
    cut = cut[:, :, round(320 * left) : 320 - round(320 * right)]
    pictures = [Image.fromarray(one) for one in [*large, *cut]]
    return np.stack([np.asarray(p.resize((32, 32), Image.Resampling.BILINEAR)) for p in pictures])


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "cut",
    [
        (0.05, 0.05, 0.05, 0.05),
        (0.05, 0, 0, 0),
        (0, 0.05, 0, 0),
        (0, 0, 0.05, 0),
        (0, 0, 0, 0.05),
    ],
)
def test_a_trimmed_copy_is_found_without_features_whichever_of_the_two_came_first(cut, turned):
    thumbnails = trimmed_thumbnails(20, *cut)
    if turned:
        thumbnails = thumbnails[::-1]
    expected = {(39 - k - 20, 39 - k) if turned else (k, k + 20) for k in range(20)}
    assert set(found(Looks(thumbnails, [""] * 40))) == expected


def test_edges_that_agree_only_somewhat_are_no_pair():
    """Shirts before one wall of a shop: half of what is seen is the same."""
    shirts, others = noise(30), noise(30, 7)
    mixed = (0.7 * shirts + 0.3 * others).astype(np.uint8)
    thumbnails = np.concatenate([shirts, mixed])
    agreement = edge_agreement(shirts, mixed, np.zeros((32, 32), np.float32))
    assert agreement.min() > 0.6 and np.median(agreement) > 0.85
    loose = {(k, k + 30) for k in range(30) if agreement[k] < 0.8}
    assert loose.isdisjoint(found(Looks(thumbnails, [""] * 60)))


def test_features_find_what_edges_alone_do_not():
    thumbnails = noise(60)
    again = (0.55 * thumbnails[:1] + 0.45 * noise(1, 7)).astype(np.uint8)
    assert 0.5 < edge_agreement(thumbnails[:1], again, np.zeros((32, 32), np.float32))[0] < 0.85
    thumbnails = np.concatenate([thumbnails, again])
    assert distances(thumbnails)[0, 60] <= 20
    features = np.random.default_rng(0).normal(0, 1, (61, 50)).astype(np.float32)
    features[60] = features[0]
    assert (0, 60) not in found(Looks(thumbnails, [""] * 61))
    with_features = found(Looks(thumbnails, [""] * 61, unit_features(features)))
    assert with_features[0, 60] == pytest.approx(1, abs=1e-4)


def test_equal_features_of_pictures_that_look_different_are_no_pair():
    thumbnails = noise(60)
    far = int(distances(thumbnails)[0].argmax())
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
