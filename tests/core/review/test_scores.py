"""Scores: what answers teach, and where wrong labels are expected."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics import label_numbers
from tests.core.review.conftest import scores_of


def test_answers_are_about_the_label_that_an_image_came_with(catalog, score):
    ids = score(*[("pear", 0.99)] * 30, *[("apple", 0.95)] * 30)
    before = scores_of(catalog)
    for image_id in ids[:5]:
        catalog.journal.relabel(image_id, "apple")
    agreed = scores_of(catalog)
    assert agreed.chance_wrong.coefficients[0] > before.chance_wrong.coefficients[0]
    for image_id in ids[5:15]:
        catalog.journal.keep(image_id)
    doubted = scores_of(catalog)
    assert doubted.chance_wrong.coefficients[0] < agreed.chance_wrong.coefficients[0]
    np.testing.assert_array_equal(before.judgement.wrong_n, doubted.judgement.wrong_n)


def test_the_estimate_is_of_images_in_use_that_nobody_looked_at(catalog, score):
    ids = score(*[("pear", 0.9)] * 4, *[("apple", 0.9)] * 6)
    catalog.journal.keep(ids[0])
    catalog.journal.quarantine(ids[5])
    estimate = scores_of(catalog).estimate
    assert estimate.total.total == 8
    assert {name: count.total for name, count in estimate.by_class} == {"pear": 3, "apple": 5}
    assert sum(c.expected for _, c in estimate.by_class) == pytest.approx(estimate.total.expected)
    assert sum(p.expected for p in estimate.by_pair) == pytest.approx(estimate.total.expected)
    assert estimate.by_class[0][0] == "pear"
    assert (estimate.by_pair[0].given, estimate.by_pair[0].true) == ("pear", "apple")


def test_deleted_pictures_teach_nothing_about_labels(catalog, score):
    ids = score(*[("apple", 0.9)] * 40, ("pear", 0.1))
    before = scores_of(catalog)
    catalog.journal.quarantine(ids[:20])  # blurred ones, say
    after = scores_of(catalog)
    np.testing.assert_allclose(after.chance_wrong.coefficients, before.chance_wrong.coefficients)
    assert after.estimate.total.expected < before.estimate.total.expected


def test_a_right_label_is_less_suspicious_than_a_wrong_one(catalog, score):
    ids = score(("apple", 0.9), ("pear", 0.9), *[("apple", 0.9), ("pear", 0.1)] * 10)
    right, wrong = scores_of(catalog).of(catalog.images.some(ids[:2]))
    assert right.wrong < 0.3
    assert wrong.wrong > 0.5
    assert wrong.predicted == "apple" and wrong.probability == pytest.approx(0.9)


def test_counting_ids_that_are_not_scored_counts_none(catalog, score):
    score(("apple", 0.9), ("pear", 0.9))
    assert scores_of(catalog).count(["f" * 64]).total == 0


def test_labels_as_label_numbers():
    assert label_numbers(["b", "a", "c"], ("a", "b")).tolist() == [1, 0, -1]


def test_controls_are_pictures_that_the_model_doubts_less_than_most(catalog, score):
    ids = score(*[("apple", 0.5 + 0.01 * k) for k in range(40)], ("pear", 0.1))  # later: surer
    assert scores_of(catalog).controls.total == 0
    catalog.journal.keep(ids[0])
    catalog.journal.keep(ids[38])
    catalog.journal.relabel(ids[39], "pear")
    scores = scores_of(catalog)
    assert (scores.controls.hits, scores.controls.total) == (1, 2)
    hidden, everything = scores.estimate.unsuspected, scores.estimate.total
    assert hidden.total == 19 and hidden.expected < everything.expected / 2
