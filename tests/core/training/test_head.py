"""The linear head: scikit-learn's answer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.training.head import PENALTIES, choose_penalty, fit_head
from tests.builders import blobs


def accuracy(probs_nc, labels_n) -> float:
    return float((probs_nc.argmax(1) == labels_n).mean())


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("counts", [[30, 20, 25], [40, 3]], ids=str)
def test_the_head_is_scikit_learns(counts, penalty):
    features, labels = blobs(counts)
    flat = features.reshape(-1, features.shape[2])
    mean, std = flat.mean(0), flat.std(0)
    rows = 2 if len(counts) == 2 else 1  # its two classes share one row: half our penalty
    oracle = LogisticRegression(C=rows / (penalty * len(flat)), max_iter=10_000, tol=1e-8)
    oracle.fit((flat - mean) / std, np.repeat(labels, 2))
    expected = oracle.predict_proba((features.mean(1) - mean) / std)
    head = fit_head(features, labels, len(counts), penalty)
    np.testing.assert_allclose(head.probabilities(features), expected, atol=1e-2)


def test_the_head_depends_on_the_data_alone():
    features, labels = blobs([12, 9])
    one, two = (fit_head(features, labels, 2, 0.01) for _ in range(2))
    np.testing.assert_array_equal(one.weight_cf, two.weight_cf)
    np.testing.assert_array_equal(one.bias_c, two.bias_c)


@pytest.mark.parametrize("counts", [[1, 1], [1, 30], [1, 2, 3], [30, 1, 1]], ids=str)
def test_a_class_with_one_image_gives_probabilities_all_the_same(counts):
    features, labels = blobs(counts)
    penalty = choose_penalty(features, labels, len(counts))
    assert penalty in PENALTIES
    probs = fit_head(features, labels, len(counts), penalty).probabilities(features)
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)


def test_noise_asks_for_a_larger_penalty_than_clean_classes():
    clean, labels = blobs([60, 60], dims=60, apart=2.0)
    noise = np.random.default_rng(1).normal(0, 1, clean.shape).astype(np.float32)
    assert choose_penalty(clean, labels, 2) < choose_penalty(noise, labels, 2) == PENALTIES[-1]


def test_features_that_never_change_do_no_harm():
    features, labels = blobs([10, 10])
    features[:, :, 3] = 7.0
    probs = fit_head(features, labels, 2, 0.01).probabilities(features)
    assert np.isfinite(probs).all()
    assert accuracy(probs, labels) == 1.0
