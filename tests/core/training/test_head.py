"""The linear head: scikit-learn's answer, and honest out-of-fold scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.training.head import (
    FOLDS,
    PENALTIES,
    choose_penalty,
    fit_head,
    fold_of,
    out_of_fold,
)


def blobs(counts: list[int], dims: int = 20, apart: float = 1.0, seed: int = 0):
    """Features (n, 2 views, dims) around one centre a class, and labels (n,)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    centres = rng.normal(0, apart, (len(counts), dims))
    images = centres[labels] + rng.normal(0, 1, (len(labels), dims))
    views = images[:, None] + rng.normal(0, 0.1, (len(labels), 2, dims))
    scales = rng.uniform(0.1, 10, dims)  # standardising takes them out again
    return (views * scales + 3).astype(np.float32), labels


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


def test_random_labels_are_learned_by_heart_in_sample_and_not_out_of_fold():
    rng = np.random.default_rng(3)
    features = rng.normal(0, 1, (200, 1, 400)).astype(np.float32)
    labels = rng.permutation(np.arange(200) % 2)
    head = fit_head(features, labels, 2, PENALTIES[0])
    assert accuracy(head.probabilities(features), labels) > 0.98
    assert 0.35 < accuracy(out_of_fold(features, labels, 2, PENALTIES[0]), labels) < 0.65


def test_an_image_is_scored_by_a_head_that_never_saw_its_label():
    """Two images of one fold trade labels, and places, so that every fold stays as it was."""
    features, labels = blobs([20, 20], apart=0.3)
    in_fold = fold_of(labels) == 2
    a, b = (np.flatnonzero(in_fold & (labels == label))[0] for label in (0, 1))
    order = np.arange(len(labels))
    order[[a, b]] = b, a
    before = out_of_fold(features, labels, 2, 0.1)
    after = out_of_fold(features[order], labels, 2, 0.1)[order]
    np.testing.assert_allclose(after[in_fold], before[in_fold], atol=1e-3)
    assert np.abs(after[~in_fold] - before[~in_fold]).max() > 0.05


def test_a_wrong_label_is_not_believed_out_of_fold():
    features, labels = blobs([30, 30], apart=2.0)
    wrong = labels.copy()
    wrong[7] = 1
    assert out_of_fold(features, wrong, 2, 0.01)[7].argmax() == 0


@pytest.mark.parametrize("counts", [[50, 50], [7, 5, 9], [1, 1], [3, 100, 2, 1]], ids=str)
def test_folds_are_balanced_within_each_class(counts):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    folds = fold_of(labels)
    assert set(folds) <= set(range(FOLDS))
    for label in range(len(counts)):
        sizes = np.bincount(folds[labels == label], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("counts", [[1, 1], [1, 30], [1, 2, 3], [30, 1, 1]], ids=str)
def test_a_class_with_one_image_gives_probabilities_all_the_same(counts):
    features, labels = blobs(counts)
    penalty = choose_penalty(features, labels, len(counts))
    assert penalty in PENALTIES
    in_sample = fit_head(features, labels, len(counts), penalty).probabilities(features)
    for probs in (in_sample, out_of_fold(features, labels, len(counts), penalty)):
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
