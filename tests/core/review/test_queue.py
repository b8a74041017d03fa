"""The review queue: most suspicious first, and what has been looked at leaves it."""

from __future__ import annotations

import hashlib
import random
from typing import get_args

import pytest

from core.review.queue import CONTROL_EVERY, Filter, Order, queue, with_controls
from tests.core.review.conftest import CLASSES, FLOOR, score_again, scores_of


def queue_of(catalog, **criteria) -> list[str]:
    return queue(catalog, scores_of(catalog), Filter(**criteria))


def test_the_least_believable_label_is_first(catalog, score):
    ids = score(("apple", 0.9), ("apple", 0.1), ("pear", 0.8), ("pear", 0.4))
    assert queue_of(catalog) == [ids[1], ids[2], ids[3], ids[0]]


def test_equal_scores_keep_one_order(catalog, score):
    ids = score(*[("apple", 0.5)] * 6)
    assert queue_of(catalog) == sorted(ids)


def test_least_sure_first_whatever_the_label_says(catalog, score):
    ids = score(("apple", 0.9), ("pear", 0.9), ("apple", 0.55), ("pear", 0.2))
    assert queue_of(catalog, order="least sure") == [ids[2], ids[3], *sorted(ids[:2])]


def test_alike_together_is_asked_of_the_pictures(catalog, score):
    ids = score(("apple", 0.9), ("pear", 0.9), ("apple", 0.55))
    alike_together = Filter(order="alike together")
    assert queue(catalog, scores_of(catalog), alike_together, alike=sorted) == sorted(ids)


def test_a_relabelled_image_leaves_and_is_judged_by_its_new_label(catalog, score):
    ids = score(("pear", 0.9), ("apple", 0.6))
    catalog.journal.relabel(ids[0], "apple")
    assert queue_of(catalog) == [ids[1]]
    assert queue_of(catalog, show="reviewed") == [ids[0]]
    (now,) = scores_of(catalog).of(catalog.images.some(ids[:1]))
    assert now.loss == pytest.approx(0.10536, rel=1e-4)  # -log(0.9)
    catalog.journal.undo()
    assert queue_of(catalog) == ids


def test_kept_and_deleted_images_leave_and_come_back(catalog, score):
    ids = score(("pear", 0.9), ("pear", 0.8), ("pear", 0.7))
    catalog.journal.keep(ids[0])
    catalog.journal.quarantine(ids[1])
    assert queue_of(catalog) == [ids[2]]
    assert queue_of(catalog, show="reviewed") == [ids[0]]
    assert queue_of(catalog, show="deleted") == [ids[1]]
    catalog.journal.undo()
    assert queue_of(catalog) == [ids[1], ids[2]]


def test_a_class_that_the_run_did_not_know_is_at_the_top(catalog, score):
    stored_ids = score(("pear", 0.9), ("fig", 0.5))
    assert queue_of(catalog)[0] == stored_ids[1]
    (first,) = scores_of(catalog).of(catalog.images.some(stored_ids[1:]))
    assert first.loss == pytest.approx(FLOOR)
    assert first.predicted in CLASSES


def test_filters_by_label_prediction_and_side(catalog, score):
    ids = score(("pear", 0.9), ("apple", 0.2), ("apple", 0.8))
    assert queue_of(catalog, label="apple") == [ids[1], ids[2]]
    assert queue_of(catalog, text="APPLE/001") == [ids[1]]
    assert queue_of(catalog, predicted="apple") == [ids[0], ids[2]]
    assert queue_of(catalog, label="apple", predicted="apple") == [ids[2]]
    assert queue_of(catalog, side="train") == ids
    assert queue_of(catalog, side="valid") == []
    assert queue_of(catalog, label="no such class") == []


def test_the_newest_scores_count(catalog, score):
    ids = score(("apple", 0.9), ("apple", 0.8))
    score_again(catalog, ids, [0.1, 0.9])
    catalog.runs.create("fine-tune", {}, CLASSES)  # left no scores
    assert queue_of(catalog) == ids


def test_images_that_were_not_scored_are_not_shown(catalog, score):
    ids = score(("apple", 0.9), ("apple", 0.8))
    score_again(catalog, ids[:1], [0.1])
    assert queue_of(catalog) == ids[:1]


def hashes(count: int) -> list[str]:
    return [hashlib.sha256(str(k).encode()).hexdigest() for k in range(count)]


@pytest.mark.parametrize("count", [0, 1, 95, 96, 97, 500, 1001])
def test_controls_move_and_nothing_is_lost(count):
    worst = hashes(count)
    mixed = with_controls(worst)
    assert sorted(mixed) == sorted(worst)
    assert mixed == with_controls(worst)
    if count < 96:
        assert mixed == worst


def test_each_page_has_a_control_from_the_unsuspected_half():
    worst = hashes(960)
    mixed, lower = with_controls(worst), set(worst[480:])
    for start in range(0, 240, CONTROL_EVERY):
        assert len(lower.intersection(mixed[start : start + CONTROL_EVERY])) == 1
    suspects = [i for i in mixed if i not in lower]
    assert suspects == worst[:480]


def test_controls_are_a_fair_sample_of_the_unsuspected_half_however_it_is_ordered():
    """The lowest hashes, so new scores neither choose them nor change them."""
    worst = hashes(960)
    middle, fair = 480, sorted(hashes(960)[480:])[: 480 // (CONTROL_EVERY - 1)]
    for seed in range(3):
        lower = random.Random(seed).sample(worst[middle:], middle)
        first = with_controls(worst[:middle] + lower)[: len(fair) * CONTROL_EVERY]
        assert [image_id for image_id in first if image_id in lower] == fair


def test_test_pictures_are_never_listed(trained):
    catalog = trained.catalog
    test = {image.id for image in catalog.images.all(sides=["test"])}
    listed = {
        image_id
        for order in get_args(Order)
        for image_id in queue(catalog, scores_of(catalog), Filter(order=order))
    }
    assert test and listed
    assert not test & listed
