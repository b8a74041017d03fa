"""Runs compared on the same images, by today's labels."""

from __future__ import annotations

import numpy as np
import pytest

from core.interpretation.comparison import before_after, comparable, difference, paired, run_results
from core.metrics import Share
from core.records import Predictions
from tests.builders import a_record

CLASSES = ("a", "b")


@pytest.fixture
def ids(catalog):
    """Twelve validation images and one test image, all of class a."""
    images = [a_record(n, "a", "valid") for n in range(12)] + [a_record(99, "a", "test")]
    images.append(a_record(100, "b", "train"))
    catalog.images.add("a test", images, [], 0)
    return [image.id for image in images[:13]]


def answer(catalog, answers: dict[str, str]) -> str:
    """A run that gives these images these classes; its name."""
    run = catalog.runs.create("quick", {}, CLASSES)
    probs_nc = np.array([[0.9, 0.1] if a == "a" else [0.2, 0.8] for a in answers.values()])
    predictions = Predictions(tuple(answers), probs_nc.astype(np.float32), CLASSES)
    catalog.runs.store_predictions(run.id, "final", predictions)
    return run.name


def says(ids, right: int) -> dict[str, str]:
    """The right class for the first ones, the wrong one for the others."""
    return {image_id: "a" if k < right else "b" for k, image_id in enumerate(ids)}


def test_no_runs_no_standings(catalog):
    assert run_results(catalog) == []
    catalog.runs.create("quick", {}, CLASSES)  # without a model
    assert run_results(catalog) == []


def test_runs_are_compared_on_the_images_of_the_newest(catalog, ids):
    answer(catalog, says(ids[:8], right=8))
    answer(catalog, says(ids[:12], right=5))
    newer, older = run_results(catalog)
    assert [newer.run.id, older.run.id] == [2, 1]
    assert (newer.accuracy.hits, newer.accuracy.total, newer.missing) == (5, 12, 0)
    assert (older.accuracy.hits, older.accuracy.total, older.missing) == (8, 8, 4)
    assert list(newer.right_n) == [image_id in ids[:5] for image_id in sorted(ids[:12])]


def test_only_runs_that_answered_the_same_images_are_ranked(catalog, ids):
    for count, right in ((12, 7), (8, 8), (12, 9), (12, 7), (11, 9)):
        answer(catalog, says(ids[:count], right))
    assert [s.run.id for s in comparable(run_results(catalog))] == [5, 3, 4, 1]
    answer(catalog, says(ids[:12], right=2))
    assert [s.run.id for s in comparable(run_results(catalog))] == [3, 4, 1, 6]


def test_a_pair_is_compared_where_both_answered(catalog, ids):
    answer(catalog, says(ids[:8], right=8))
    answer(catalog, says(ids[:12], right=5))
    both = paired(*run_results(catalog))
    assert (both.images, both.only_a, both.only_b) == (8, 0, 3)
    assert both.p_value == pytest.approx(0.25)
    assert "on the 8 images that both have seen" in difference(*run_results(catalog))


def test_labels_are_those_of_today(catalog, ids):
    answer(catalog, says(ids[:4], right=4))
    answer(catalog, says(ids[:4], right=3))
    catalog.journal.relabel(ids[3], "b")
    newer, older = run_results(catalog)
    assert (newer.accuracy.hits, older.accuracy.hits) == (4, 3)


def test_an_image_out_of_use_counts_for_nobody(catalog, ids):
    answer(catalog, says(ids[:4], right=3))
    catalog.journal.quarantine(ids[3])
    (only,) = run_results(catalog)
    assert (only.accuracy.hits, only.accuracy.total) == (3, 3)


def test_the_test_side_is_compared_by_itself(catalog, ids):
    answer(catalog, says(ids, right=12))
    (valid,), (test,) = run_results(catalog), run_results(catalog, "test")
    assert (valid.accuracy.hits, valid.accuracy.total) == (12, 12)
    assert (test.accuracy.hits, test.accuracy.total) == (0, 1)


def test_a_class_that_a_run_did_not_know_is_wrong(catalog, ids):
    answer(catalog, says(ids[:2], right=2))
    catalog.images.add("a test", [a_record(500, "fig", "train")], [], 0)
    catalog.journal.relabel(ids[0], "fig")
    (only,) = run_results(catalog)
    assert (only.accuracy.hits, only.accuracy.total) == (1, 2)


@pytest.mark.parametrize(
    ("right", "sentence"),
    [
        ((4, 4), "quick 2 and quick 1 are right and wrong on the same images."),
        (
            (4, 5),
            "quick 2 is right on 1 image that quick 1 gets wrong, and wrong on 0 that it gets "
            "right: that can be chance (p = 1).",
        ),
        (
            (10, 2),
            "quick 1 is right on 8 images that quick 2 gets wrong, and wrong on 0 that it gets "
            "right: a real difference (p = 0.0078).",
        ),
    ],
)
def test_the_sentence_says_whether_two_runs_differ(right, sentence, catalog, ids):
    for count in right:
        answer(catalog, says(ids[:12], count))
    assert difference(*run_results(catalog)) == sentence


def test_the_sentence_does_not_depend_on_who_is_named_first(catalog, ids):
    answer(catalog, says(ids[:12], 3))
    answer(catalog, says(ids[:12], 11))
    newer, older = run_results(catalog)
    assert difference(newer, older) == difference(older, newer)


def test_runs_without_a_common_image_are_not_called_the_same(catalog, ids):
    answer(catalog, says(ids[:4], right=4))
    answer(catalog, says(ids[4:8], right=0))
    assert difference(*run_results(catalog)) == "quick 2 and quick 1 have no images in common."


def test_before_and_after_cleaning_counts_changed_labels_apart(catalog, ids):
    answer(catalog, says(ids[:12], right=6))
    catalog.journal.relabel(ids[:2], "b")
    catalog.journal.keep(ids[5])
    answer(catalog, says(ids[:12], right=9) | {ids[0]: "b"})
    both = before_after(catalog)
    assert (both.before.id, both.after.id) == (1, 2)
    assert (both.kept_before, both.kept_after) == (Share(4, 10), Share(7, 10))
    assert (both.changed_before, both.changed_after) == (Share(0, 2), Share(1, 2))
    assert both.p_value == pytest.approx(0.25)  # three images changed sides, all one way


def test_without_cleaning_in_between_there_is_nothing_to_compare(catalog, ids):
    assert before_after(catalog) is None
    catalog.journal.relabel(ids[0], "b")
    answer(catalog, says(ids, right=6))
    assert before_after(catalog) is None
    catalog.journal.keep(ids[1])
    answer(catalog, says(ids, right=9))
    assert before_after(catalog) is None
    catalog.journal.quarantine(ids[1])
    answer(catalog, says(ids[2:], right=9))
    assert before_after(catalog) is not None


def test_images_that_only_one_of_two_runs_answered_do_not_shrink_others(catalog, ids):
    answer(catalog, says(ids[:1], right=1))
    answer(catalog, says(ids[:12], right=6))
    catalog.journal.relabel(ids[0], "b")
    answer(catalog, says(ids[:12], right=6))
    assert before_after(catalog).kept_after.total == 11
