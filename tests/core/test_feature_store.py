"""Features on disk: what goes in comes out; damage costs time, nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.feature_store import FeatureStore


def ids(*numbers: int) -> list[str]:
    return [hashlib.sha256(str(n).encode()).hexdigest() for n in numbers]


def features(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 2, 5), np.float32)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "key")


def test_features_come_back_in_the_order_asked_for(store, tmp_path):
    first, second = features(3), features(2, seed=1)
    store.add(ids(1, 2, 3), first)
    store.add(ids(4, 5), second)
    for opened in (store, FeatureStore(tmp_path / "key")):
        rows = opened.get(ids(5, 1, 3))
        np.testing.assert_array_equal(rows, np.stack([second[1], first[0], first[2]]))
        assert opened.missing(ids(3, 6, 4, 7)) == ids(6, 7)


def test_an_image_without_features_is_no_silent_zero(store):
    store.add(ids(1), features(1))
    with pytest.raises(KeyError):
        store.get(ids(1, 2))


def test_keys_do_not_mix(store, tmp_path):
    store.add(ids(1), features(1))
    assert FeatureStore(tmp_path / "another key").missing(ids(1)) == ids(1)


@pytest.mark.parametrize("damage", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: b"x" * 99])
def test_a_damaged_file_is_set_aside_and_the_others_count(damage, store, tmp_path):
    store.add(ids(1, 2), features(2))
    (file,) = (tmp_path / "key").glob("*.safetensors")
    store.add(ids(3), features(1))
    file.write_bytes(damage(file.read_bytes()))
    again = FeatureStore(tmp_path / "key")
    assert again.missing(ids(1, 2, 3)) == ids(1, 2)
    assert file.with_suffix(".damaged").exists()
    assert not file.exists()
    again.add(ids(1, 2), features(2))
    assert FeatureStore(tmp_path / "key").missing(ids(1, 2, 3)) == []


def test_a_file_whose_parts_do_not_fit_counts_not_at_all(store, tmp_path):
    from safetensors.numpy import load_file, save_file

    store.add(ids(1, 2), features(2))
    (file,) = (tmp_path / "key").glob("*.safetensors")
    save_file({**load_file(file), "features": features(1)}, file)
    assert FeatureStore(tmp_path / "key").missing(ids(1, 2)) == ids(1, 2)
