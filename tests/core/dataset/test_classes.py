"""Changes of classes by a person: names are cleaned, and each change can be taken back."""

from __future__ import annotations

import pytest

from core.dataset.classes import (
    add_class,
    delete_class,
    imbalance,
    merge_class,
    rename_class,
)
from core.errors import Conflict, StudioError
from core.records import EditFilter
from tests.builders import a_record, stored


@pytest.fixture
def ids(catalog) -> list[str]:
    return stored(catalog, ["cat", "cat", "dog"])


def labels(catalog) -> list[str]:
    return sorted(image.label for image in catalog.images.all())


@pytest.mark.parametrize(
    "act",
    [
        lambda catalog: add_class(catalog, "bird"),
        lambda catalog: rename_class(catalog, "cat", "lion"),
        lambda catalog: merge_class(catalog, "cat", "dog"),
        lambda catalog: delete_class(catalog, "cat"),
    ],
)
def test_each_change_can_be_taken_back(act, catalog, ids):
    before = catalog.images.counts(), labels(catalog), catalog.answers.all()
    change = act(catalog)
    assert (catalog.images.counts(), labels(catalog)) != before[:2]
    catalog.journal.undo(only=change.batch)
    assert (catalog.images.counts(), labels(catalog), catalog.answers.all()) == before
    again = act(catalog)
    assert again.sentence == change.sentence


def test_an_empty_class_comes_back_too(catalog, ids):
    add_class(catalog, "bird")
    for act in (lambda: delete_class(catalog, "bird"), lambda: merge_class(catalog, "bird", "cat")):
        change = act()
        assert "bird" not in catalog.images.classes()
        catalog.journal.undo(only=change.batch)
        assert "bird" in catalog.images.classes()


def test_what_came_after_a_change_is_not_undone_with_it(catalog, ids):
    change = merge_class(catalog, "cat", "dog")
    catalog.journal.keep(ids[2])
    with pytest.raises(Conflict, match="meanwhile"):
        catalog.journal.undo(only=change.batch)
    assert catalog.images.classes() == ["dog"]


def test_a_new_class_is_taken_back_after_what_was_put_there(catalog, ids):
    change = add_class(catalog, "bird")
    catalog.journal.relabel(ids[0], "bird")
    with pytest.raises(Conflict, match="meanwhile"):
        catalog.journal.undo(only=change.batch)
    assert labels(catalog) == ["bird", "cat", "dog"]
    catalog.journal.undo()
    catalog.journal.undo(only=change.batch)
    assert catalog.images.classes() == ["cat", "dog"]


def test_names_go_back_and_forth_with_undo_and_redo(catalog, ids):
    rename_class(catalog, "cat", "lion")
    catalog.journal.relabel(ids[0], "dog")
    rename_class(catalog, "lion", "tiger")
    names = [["dog", "tiger"]]
    for _ in range(3):
        catalog.journal.undo()
        names.append(catalog.images.classes())
    assert names == [["dog", "tiger"], ["dog", "lion"], ["dog", "lion"], ["cat", "dog"]]
    assert labels(catalog) == ["cat", "cat", "dog"]
    for expected in names[-2::-1]:
        catalog.journal.redo()
        assert catalog.images.classes() == expected
    assert labels(catalog) == ["dog", "dog", "tiger"]


def test_a_name_that_is_taken_by_now_is_not_given_back(catalog, ids):
    rename_class(catalog, "cat", "lion")
    catalog.images.add("a test", [a_record(9, "cat", "train")], [], 0)
    with pytest.raises(Conflict, match="already"):
        catalog.journal.undo()
    assert catalog.images.classes() == ["cat", "dog", "lion"]


def test_classes_stay_as_they_are_while_a_job_goes_on(catalog, ids):
    rename_class(catalog, "cat", "lion")
    job = catalog.jobs.create("quick", {})
    with pytest.raises(Conflict, match="going on"):
        catalog.journal.undo()
    with pytest.raises(Conflict, match="going on"):
        delete_class(catalog, "dog")
    assert catalog.images.classes() == ["dog", "lion"]
    catalog.jobs.end(job.id, "done")
    catalog.journal.undo()
    assert catalog.images.classes() == ["cat", "dog"]


@pytest.mark.parametrize("text", ["", "   ", "\u200b\n", "\x00"])
def test_no_name_is_refused(text, catalog, ids):
    with pytest.raises(StudioError, match="needs a name"):
        add_class(catalog, text)
    with pytest.raises(StudioError, match="needs a name"):
        rename_class(catalog, "cat", text)
    assert catalog.images.classes() == ["cat", "dog"]


def test_names_are_cleaned_as_those_of_folders(catalog, ids):
    add_class(catalog, "  big\u00a0 \u202ebird\n" + "x" * 200)
    (name,) = set(catalog.images.classes()) - {"cat", "dog"}
    assert name.startswith("big bird x") and len(name) == 100
    with pytest.raises(Conflict, match="already"):
        add_class(catalog, " cat ")


def test_merged_images_are_found_in_the_history_by_both_names(catalog, ids):
    merge_class(catalog, "cat", "dog")
    rename_class(catalog, "dog", "pet")
    assert catalog.journal.count(EditFilter(label="pet", kind="merge")) == 2
    assert catalog.journal.count(EditFilter(label="cat", kind="merge")) == 2 + 1  # and the class


def test_imbalance_is_said_only_when_it_is_large():
    def counts(**train: int) -> dict:
        return {name: {"train": n, "valid": 50, "test": 0} for name, n in train.items()}

    assert imbalance(counts(grizzly=10, teddy=1000)).times == 100
    assert imbalance(counts(grizzly=10, teddy=49, none=0)) is None
    assert imbalance(counts(grizzly=10, teddy=50)).fewest == "grizzly"
    assert imbalance(counts(grizzly=10)) is None
    assert imbalance({}) is None
