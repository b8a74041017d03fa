"""Confusions and per-class figures; scikit-learn is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from core.interpretation.confusion import (
    ConfusedPair,
    class_reports,
    confusion_matrix,
    grouped_order,
    most_confused,
)


def random_answers(seed: int, classes: int = 6, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 0.7, labels, rng.integers(0, classes, n))
    return labels, predicted


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_scikit_learn(seed):
    labels, predicted = random_answers(seed)
    expected = metrics.confusion_matrix(labels, predicted, labels=range(7))
    assert np.array_equal(confusion_matrix(labels, predicted, 7), expected)


@pytest.mark.parametrize("seed", range(5))
def test_precision_recall_and_f1_are_those_of_scikit_learn(seed):
    labels, predicted = random_answers(seed)
    reports = class_reports(confusion_matrix(labels, predicted, 6))
    expected = metrics.precision_recall_fscore_support(labels, predicted, labels=range(6))
    ours = [[r.precision.value, r.recall.value, r.f1, r.images] for r in reports]
    np.testing.assert_allclose(np.array(ours).T, np.array(expected))


def test_intervals_hold_the_value_and_f1s_interval_covers():
    """Of many draws, about 95 % of the intervals hold the true F1."""
    rng = np.random.default_rng(0)
    truth = np.array([[40, 10], [5, 45]]) / 100
    true_f1 = 2 * 40 / (2 * 40 + 10 + 5)
    inside = 0
    for _ in range(600):
        counts = rng.multinomial(120, truth.ravel()).reshape(2, 2)
        report = class_reports(counts)[0]
        assert report.f1_low <= report.f1 <= report.f1_high
        inside += report.f1_low <= true_f1 <= report.f1_high
    assert 0.92 <= inside / 600 <= 0.98


def test_a_class_without_images_or_answers_has_no_f1():
    empty = class_reports(np.array([[3, 0], [0, 0]]))[1]
    assert np.isnan(empty.f1) and (empty.f1_low, empty.f1_high) == (0.0, 1.0)


def test_labels_that_the_run_does_not_know_are_left_out():
    matrix = confusion_matrix(np.array([-1, 0, 1]), np.array([0, 0, 0]), 2)
    assert matrix.tolist() == [[1, 0], [1, 0]]


def test_confused_classes_sit_together():
    matrix = np.diag([50] * 6)
    for a, b in ((0, 3), (3, 5), (1, 4)):  # two groups, and class 2 by itself
        matrix[a, b] = 9
    order = grouped_order(matrix).tolist()
    assert sorted(order) == list(range(6))
    assert order[:3] in ([0, 3, 5], [5, 3, 0])
    assert set(order[3:5]) == {1, 4} and order[5] == 2


@pytest.mark.parametrize("classes", [0, 1, 2, 40])
def test_any_number_of_classes_has_an_order(classes):
    matrix = np.random.default_rng(1).integers(0, 3, (classes, classes))
    assert sorted(grouped_order(matrix)) == list(range(classes))


def test_the_most_confused_pairs_come_first():
    matrix = np.array([[9, 2, 0], [5, 9, 1], [2, 0, 9]])
    assert most_confused(matrix) == [
        ConfusedPair(1, 0, 5),
        ConfusedPair(0, 1, 2),
        ConfusedPair(2, 0, 2),
        ConfusedPair(1, 2, 1),
    ]
    assert [p.count for p in most_confused(matrix, minimum=2)] == [5, 2, 2]
    assert most_confused(np.diag([3, 3])) == []
