"""Suspicion: scikit-learn's discriminant, honest out-of-fold scores, noise that is found again."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import average_precision_score

from core.suspicion import (
    FOLDS,
    NEIGHBOUR_DIMS,
    NEIGHBOURS,
    SHRINKAGE,
    _along_main_axes,
    _discriminant,
    _log_softmax,
    _nearest,
    _noise,
    _votes,
    fold_of,
    judge,
    out_of_fold,
    prepare,
)
from tests.builders import blobs


def noisy(labels: np.ndarray, share: float, classes: int, seed: int = 0) -> np.ndarray:
    """Some labels replaced by another class, each other one as often."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(labels)) < share
    return np.where(wrong, (labels + rng.integers(1, classes, len(labels))) % classes, labels)


@pytest.mark.parametrize("counts", [[30, 20, 25], [40, 8], [12] * 6], ids=str)
def test_the_discriminant_is_scikit_learns(counts):
    features, labels = blobs(counts)
    views = prepare(features).views_nvf
    ours = _log_softmax(_discriminant(views, labels, len(counts)))
    folds = fold_of(labels)
    for fold in range(FOLDS):
        seen = folds != fold
        # Its shrinkage standardises the features first, so it is given our covariance instead.
        # Its own shrinkage standardises the features first: it is given our covariance.
        rows, own = views[seen].reshape(-1, views.shape[2]), np.repeat(labels[seen], 2)
        oracle = LinearDiscriminantAnalysis(
            solver="lsqr", covariance_estimator=_Shrunken(rows, own, len(counts))
        )
        oracle.fit(rows, own)
        expected = oracle.predict_proba(views[~seen].mean(1))
        np.testing.assert_allclose(np.exp(ours[~seen]), expected, atol=1e-4)


class _Shrunken:
    """The covariance within classes, shrunken towards a sphere, whatever scikit-learn passes."""

    def __init__(self, rows: np.ndarray, labels: np.ndarray, classes: int) -> None:
        centres = np.stack([rows[labels == c].mean(0) for c in range(classes)])
        within = np.cov((rows - centres[labels]).T, bias=True)
        sphere = np.eye(len(within)) * np.trace(within) / len(within)
        self.covariance_ = (1 - SHRINKAGE) * within + SHRINKAGE * sphere

    def fit(self, _: np.ndarray) -> None:
        """The covariance is known already: one for all classes, so that their mean is it too."""


def test_the_neighbours_are_those_of_brute_force():
    features = np.random.default_rng(0).normal(0, 1, (120, 40)).astype(np.float32)
    features -= features.mean(0)
    near, similarity = _nearest(features)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -2)
    np.testing.assert_allclose(similarity, np.sort(cosine, 1)[:, ::-1][:, :NEIGHBOURS], atol=1e-4)
    np.testing.assert_allclose(similarity, np.take_along_axis(cosine, near, 1), atol=1e-4)


@pytest.mark.parametrize("images", [20, 180, 250])
def test_the_main_axes_are_those_of_the_singular_values(images):
    means = np.random.default_rng(0).normal(size=(images, 200)).astype(np.float32)
    left, values, _ = np.linalg.svd(means, full_matrices=False)
    best = (left * values)[:, :NEIGHBOUR_DIMS]
    ours = _along_main_axes(means)
    np.testing.assert_allclose(ours @ ours.T, best @ best.T, atol=0.05)


def test_random_labels_are_not_learned():
    rng = np.random.default_rng(3)
    features = rng.normal(0, 1, (200, 2, 400)).astype(np.float32)
    labels = rng.permutation(np.arange(200) % 2)
    right = out_of_fold(prepare(features), labels, 2).argmax(1) == labels
    assert 0.35 < right.mean() < 0.65


def test_an_image_is_scored_by_a_discriminant_that_never_saw_its_label():
    """Two images of one fold trade labels, and places, so that every fold stays as it was."""
    features, labels = blobs([20, 20], apart=0.3)
    in_fold = fold_of(labels) == 2
    a, b = (np.flatnonzero(in_fold & (labels == label))[0] for label in (0, 1))
    order = np.arange(len(labels))
    order[[a, b]] = b, a
    before = _discriminant(features, labels, 2)
    after = _discriminant(features[order], labels, 2)[order]
    np.testing.assert_allclose(after[in_fold], before[in_fold], atol=1e-3)
    assert np.abs(after[~in_fold] - before[~in_fold]).max() > 0.05


def test_neighbours_do_not_vote_for_themselves():
    features, labels = blobs([20, 20], apart=0.3)
    prepared, other = prepare(features), labels.copy()
    other[5] = 1 - other[5]
    votes, changed = _votes(prepared, labels, 2), _votes(prepared, other, 2)
    np.testing.assert_array_equal(votes[5], changed[5])
    assert np.abs(votes - changed).max() > 0.005


def test_images_without_a_label_are_scored_and_teach_nothing():
    features, labels = blobs([30, 30], apart=2.0)
    prepared, some = prepare(features), labels.copy()
    some[:5] = -1
    probs = out_of_fold(prepared, some, 2)
    assert (probs[:5].argmax(1) == 0).all()
    half = np.where(np.arange(60) < 30, -1, labels)
    assert (out_of_fold(prepared, half, 2).argmax(1)[30:] == 1).all()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_wrong_labels_come_first_and_are_counted(share):
    features, labels = blobs([150] * 4, dims=40, apart=1.0)
    given = noisy(labels, share, 4)
    judged = judge(out_of_fold(prepare(features), given, 4), given)
    wrong = given != labels
    assert average_precision_score(wrong, judged.wrong_n) > 0.95
    assert judged.wrong_n.sum() == pytest.approx(wrong.sum(), rel=0.2, abs=6)
    assert (judged.true_nc.argmax(1) == labels).mean() > 0.97


def test_right_labels_are_believed():
    features, labels = blobs([150] * 4, dims=40, apart=1.0)
    judged = judge(out_of_fold(prepare(features), labels, 4), labels)
    assert judged.wrong_n.sum() < 0.02 * len(labels)


def test_the_noise_matrix_is_found_again():
    """Labels drawn from known probabilities of the truth, then confused by a known matrix."""
    rng = np.random.default_rng(0)
    truth = np.array([[0.9, 0.1, 0.0], [0.0, 0.8, 0.2], [0.05, 0.05, 0.9]])
    probs = rng.dirichlet([0.15] * 3, 20_000)
    true = (probs.cumsum(1) > rng.random((len(probs), 1))).argmax(1)
    given = (truth[true].cumsum(1) > rng.random((len(probs), 1))).argmax(1)
    np.testing.assert_allclose(_noise(probs, given), truth, atol=0.02)


def test_a_label_that_the_model_does_not_know_is_wrong_for_certain():
    judged = judge(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, -1]))
    assert judged.wrong_n[1] == 1 > judged.wrong_n[0]


@pytest.mark.parametrize("counts", [[50, 50], [7, 5, 9], [1, 1], [3, 100, 2, 1]], ids=str)
def test_folds_are_balanced_within_each_class(counts):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    folds = fold_of(labels)
    assert set(folds) <= set(range(FOLDS))
    for label in range(len(counts)):
        sizes = np.bincount(folds[labels == label], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("counts", [[1, 1], [1, 30], [1, 2, 3], [30, 1, 1], [2, 0, 2]], ids=str)
def test_few_images_give_probabilities_all_the_same(counts):
    features, labels = blobs(counts)
    probs = out_of_fold(prepare(features), labels, len(counts))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)
    judged = judge(probs, labels)
    assert ((judged.wrong_n >= 0) & (judged.wrong_n <= 1)).all()


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_features_that_never_change_do_no_harm(value):
    features = np.full((12, 2, 30), value, np.float32)
    labels = np.arange(12) % 2
    assert np.isfinite(out_of_fold(prepare(features), labels, 2)).all()
