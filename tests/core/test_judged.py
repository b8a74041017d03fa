"""What a run says of the images of today, side by side with their labels."""

from __future__ import annotations

import numpy as np
import pytest

from core.judged import judged
from core.metrics import Share
from core.records import Predictions
from tests.builders import a_record

CLASSES = ("a", "b")


@pytest.fixture
def run(catalog):
    """Answers on two validation and two training images: the first of each is right."""
    images = [a_record(n, "a", side) for n, side in enumerate(["valid"] * 2 + ["train"] * 2)]
    catalog.images.add("a test", images, [], 0)
    run = catalog.runs.create("quick", {}, CLASSES)
    probs = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    for scope, pair in (("final", images[:2]), ("out-of-fold", images[2:])):
        ids = tuple(image.id for image in pair)
        catalog.runs.store_predictions(run.id, scope, Predictions(ids, probs, CLASSES))
    return run


def test_rows_are_joined_by_image(catalog, run):
    for side in ("valid", "train"):
        table = judged(catalog, run, side)
        assert table.accuracy == Share(1, 2)
        assert not table.seen
        for image, probs in zip(table.images, table.probs_nc, strict=True):
            assert probs[0] == pytest.approx(0.9 if image.source_path[-5] in "02" else 0.2)
        np.testing.assert_allclose(np.sort(table.losses_n), -np.log([0.9, 0.2]), rtol=1e-5)


def test_an_image_out_of_use_is_not_counted(catalog, run):
    catalog.journal.quarantine(judged(catalog, run, "valid").images[0].id)
    assert len(judged(catalog, run, "valid")) == 1


def test_a_label_that_the_run_does_not_know_is_wrong_and_costs_most(catalog, run):
    catalog.images.add("a test", [a_record(9, "fig", "test")], [], 0)
    image = judged(catalog, run, "valid").images[0]
    catalog.journal.relabel(image.id, "fig")
    table = judged(catalog, run, "valid")
    row = [i.id for i in table.images].index(image.id)
    assert table.labels_n[row] == -1 and not table.right_n[row]
    assert table.losses_n.argmax() == row


def test_training_answers_of_a_model_that_saw_them_say_so(catalog, run):
    tuned = catalog.runs.create("fine-tune", {}, CLASSES)
    ids = tuple(image.id for image in catalog.images.all(sides=["train"]))
    probs = np.full((2, 2), 0.5, np.float32)
    catalog.runs.store_predictions(tuned.id, "final", Predictions(ids, probs, CLASSES))
    assert judged(catalog, tuned, "train").seen
    assert len(judged(catalog, tuned, "valid")) == 0


def test_nothing_answered_is_no_trouble(catalog, run):
    empty = judged(catalog, run, "test")
    assert len(empty) == 0 and empty.accuracy == Share(0, 0)
    assert len(empty.losses_n) == len(empty.right_n) == len(empty.confidence_n) == 0
