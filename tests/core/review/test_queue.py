"""The review queue: worst first, and what has been looked at leaves it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.records import Predictions
from core.review.queue import Filter, choose, scored_images
from tests.builders import stored

CLASSES = ("apple", "pear")
FLOOR = -math.log(1e-12)


@pytest.fixture
def score(catalog):
    """Store images of these labels, and a run that gives each this probability of "apple"."""

    def store(*rows: tuple[str, float]) -> list[str]:
        ids = stored(catalog, [label for label, _ in rows])
        score_again(catalog, ids, [share for _, share in rows])
        return ids

    return store


def score_again(catalog, ids, shares) -> None:
    run = catalog.runs.create("quick", {}, CLASSES)
    probs_nc = np.array([[share, 1 - share] for share in shares], np.float32)
    catalog.runs.store_predictions(
        run.id, "out-of-fold", Predictions(tuple(ids), probs_nc, CLASSES)
    )


def shown(catalog, **wanted) -> list[str]:
    return [s.image.id for s in choose(scored_images(catalog), Filter(**wanted))]


def test_nothing_scored_is_an_empty_queue(catalog):
    stored(catalog, ["apple"])
    assert scored_images(catalog) == []


def test_the_worst_come_first_with_what_the_model_thinks(catalog, score):
    ids = score(("apple", 0.9), ("pear", 0.8), ("apple", 0.3), ("pear", 0.2))
    scored = scored_images(catalog)
    assert [s.image.id for s in scored] == [ids[1], ids[2], ids[3], ids[0]]
    worst = scored[0]
    assert (worst.image.label, worst.predicted) == ("pear", "apple")
    assert worst.probability == pytest.approx(0.8)
    assert worst.loss == pytest.approx(-math.log(0.2), rel=1e-5)


def test_equal_losses_have_an_order_of_their_own(catalog, score):
    ids = score(*[("apple", 0.5)] * 5)
    assert [s.image.id for s in scored_images(catalog)] == sorted(ids)


def test_a_relabelled_image_leaves_and_is_judged_by_its_new_label(catalog, score):
    ids = score(("pear", 0.9), ("apple", 0.6))
    catalog.journal.relabel(ids[0], "apple")
    assert shown(catalog) == [ids[1]]
    assert shown(catalog, show="reviewed") == [ids[0]]
    (now,) = [s for s in scored_images(catalog) if s.image.id == ids[0]]
    assert now.loss == pytest.approx(-math.log(0.9), rel=1e-5)
    catalog.journal.undo()
    assert shown(catalog) == ids


def test_kept_and_deleted_images_leave_and_come_back(catalog, score):
    ids = score(("pear", 0.9), ("pear", 0.8), ("pear", 0.7))
    catalog.journal.keep(ids[0])
    catalog.journal.quarantine(ids[1])
    assert shown(catalog) == [ids[2]]
    assert shown(catalog, show="reviewed") == [ids[0]]
    assert shown(catalog, show="deleted") == [ids[1]]
    catalog.journal.undo()
    assert shown(catalog) == [ids[1], ids[2]]


def test_a_class_that_the_run_did_not_know_is_at_the_top(catalog, score):
    stored_ids = score(("pear", 0.9), ("fig", 0.5))
    scored = scored_images(catalog)
    assert scored[0].image.id == stored_ids[1]
    assert scored[0].loss == pytest.approx(FLOOR)
    assert scored[0].predicted in CLASSES


def test_filters_by_label_prediction_and_side(catalog, score):
    ids = score(("pear", 0.9), ("apple", 0.2), ("apple", 0.8))
    assert shown(catalog, label="apple") == [ids[1], ids[2]]
    assert shown(catalog, predicted="apple") == [ids[0], ids[2]]
    assert shown(catalog, label="apple", predicted="apple") == [ids[2]]
    assert shown(catalog, side="train") == ids
    assert shown(catalog, side="valid") == []
    assert shown(catalog, label="no such class") == []


def test_the_newest_scores_count(catalog, score):
    ids = score(("apple", 0.9), ("apple", 0.8))
    score_again(catalog, ids, [0.1, 0.9])
    catalog.runs.create("fine-tune", {}, CLASSES)  # left no scores
    assert [s.image.id for s in scored_images(catalog)] == ids


def test_images_that_were_not_scored_are_not_shown(catalog, score):
    ids = score(("apple", 0.9), ("apple", 0.8))
    score_again(catalog, ids[:1], [0.1])
    assert [s.image.id for s in scored_images(catalog)] == ids[:1]
