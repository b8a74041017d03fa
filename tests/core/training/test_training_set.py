"""Which images a run learns from, and when there is nothing to learn."""

from __future__ import annotations

import pytest

from core.errors import StudioError
from core.training.training_set import training_set
from tests.builders import a_record


def store(catalog, *sides_of: tuple[str, str]) -> list[str]:
    images = [a_record(n, label, side) for n, (label, side) in enumerate(sides_of)]
    catalog.images.add("a test", images, [], 0)
    return [image.id for image in images]


def test_images_by_side_with_the_numbers_of_their_classes(context, catalog):
    sides = [("pear", "train"), ("apple", "train"), ("pear", "valid"), ("apple", "test")]
    ids = store(catalog, *sides)
    data = training_set(context)
    assert data.classes == ("apple", "pear")
    assert dict(zip(data.train.image_ids, data.train.labels_n)) == {ids[0]: 1, ids[1]: 0}
    assert (data.valid.image_ids, list(data.valid.labels_n)) == ((ids[2],), [1])
    assert (data.test.image_ids, list(data.test.labels_n)) == ((ids[3],), [0])


def test_a_class_without_training_images_is_checked_and_never_right(context, catalog):
    store(catalog, ("a", "train"), ("b", "train"), ("a", "valid"), ("c", "valid"))
    data = training_set(context)
    assert data.classes == ("a", "b")
    assert sorted(data.valid.labels_n) == [-1, 0]


def test_deleted_images_take_no_part_and_relabelled_ones_count_as_what_they_are(context, catalog):
    ids = store(catalog, ("a", "train"), ("b", "train"), ("a", "train"), ("a", "valid"))
    catalog.journal.quarantine(ids[2])
    catalog.journal.relabel(ids[0], "b")
    with pytest.raises(StudioError, match="only one class"):
        training_set(context)
    catalog.journal.restore(ids[2])
    assert sorted(training_set(context).train.labels_n) == [0, 1, 1]


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ([], "no classes"),
        ([("a", "train"), ("a", "valid")], "only one class"),
        ([("a", "train"), ("b", "valid")], "only one class"),
        ([("a", "valid"), ("b", "valid")], "no classes"),
        ([("a", "train"), ("b", "train")], "no validation images"),
        ([("a", "train"), ("b", "train"), ("a", "test")], "no validation images"),
    ],
)
def test_nothing_to_learn_or_check_is_said_in_a_sentence(sides, message, context, catalog):
    store(catalog, *sides)
    with pytest.raises(StudioError, match=message):
        training_set(context)
