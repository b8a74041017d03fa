"""Classes: renamed without a trace in answers and runs, merged and deleted with a way back."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Conflict
from core.records import EditFilter, Predictions, Verdict
from tests.builders import a_record, stored

HOSTILE = ("'; DROP TABLE images; --", "a/b", "日本", '{"label": "x"}', "%_\\", "=1+1", "<b>")


@pytest.fixture
def ids(catalog) -> list[str]:
    return stored(catalog, ["cat", "cat", "dog", "dog"])


def label(catalog, image_id: str) -> str:
    return catalog.images.get(image_id).label


def history_of(catalog) -> list[tuple[str, str, str]]:
    """All edits of images, oldest first: kind, label before and after."""
    edits = reversed(catalog.journal.history())
    return [(e.kind, e.before.label, e.after.label) for e in edits if e.image_id]


def test_a_rename_changes_the_name_everywhere_and_no_image(catalog, ids):
    catalog.journal.relabel(ids[0], "dog")
    run = catalog.runs.create("quick", {}, ["cat", "dog"])
    catalog.classes.rename("cat", "lion")
    assert catalog.images.classes() == ["dog", "lion"]
    assert [label(catalog, i) for i in ids] == ["dog", "lion", "dog", "dog"]
    assert history_of(catalog) == [("relabel", "lion", "dog")]
    assert catalog.runs.get(run.id).classes == ("lion", "dog")
    assert catalog.answers.all() == [Verdict(ids[0], "lion", True)]
    assert catalog.journal.count(EditFilter(kind="rename")) == catalog.classes.renames() == 1
    assert catalog.journal.changed_images(1) == set()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_names(name, catalog, ids):
    catalog.journal.relabel(ids[0], "dog")
    catalog.classes.rename("cat", name)
    assert history_of(catalog) == [("relabel", name, "dog")]
    assert catalog.journal.count(EditFilter(label=name, kind="relabel")) == 1
    for classes in (["cat", "dog"], sorted([name, "dog"])):
        step = catalog.journal.undo if "cat" in classes else catalog.journal.redo
        step()
        assert catalog.images.classes() == classes
    catalog.journal.undo()
    catalog.journal.undo()
    assert label(catalog, ids[0]) == "cat"


def test_a_rename_there_and_back_and_on(catalog, ids):
    catalog.journal.keep(ids[0])  # as cat
    first = catalog.runs.create("quick", {}, ["cat", "dog"])
    catalog.classes.rename("cat", "lion")
    catalog.journal.keep(ids[1])  # as lion
    second = catalog.runs.create("quick", {}, ["dog", "lion"])
    catalog.classes.rename("lion", "cat")
    assert history_of(catalog) == [("keep", "cat", "cat")] * 2
    assert catalog.runs.get(first.id).classes == ("cat", "dog")
    assert catalog.runs.get(second.id).classes == ("dog", "cat")
    catalog.classes.rename("cat", "puma")
    assert history_of(catalog) == [("keep", "puma", "puma")] * 2
    assert [run.classes for run in catalog.runs.all()] == [("dog", "puma"), ("puma", "dog")]


def test_two_classes_swap_their_names(catalog, ids):
    catalog.journal.relabel(ids[0], "dog")
    run = catalog.runs.create("quick", {}, ["cat", "dog"])
    for old, new in (("cat", "x"), ("dog", "cat"), ("x", "dog")):
        catalog.classes.rename(old, new)
    assert history_of(catalog) == [("relabel", "dog", "cat")]
    assert catalog.runs.get(run.id).classes == ("dog", "cat")
    for _ in range(4):
        catalog.journal.undo()
    assert [label(catalog, i) for i in ids] == ["cat", "cat", "dog", "dog"]


def test_a_name_that_is_free_again_means_the_new_class(catalog, ids):
    catalog.journal.keep(ids[0])
    old = catalog.runs.create("quick", {}, ["cat", "dog"])
    catalog.classes.rename("cat", "lion")
    catalog.classes.add("cat")
    catalog.journal.relabel(ids[2], "cat")
    new = catalog.runs.create("quick", {}, ["cat", "dog", "lion"])
    assert history_of(catalog) == [("keep", "lion", "lion"), ("relabel", "dog", "cat")]
    assert catalog.runs.get(old.id).classes == ("lion", "dog")
    assert catalog.runs.get(new.id).classes == ("cat", "dog", "lion")
    catalog.classes.rename("cat", "tiger")
    assert history_of(catalog) == [("keep", "lion", "lion"), ("relabel", "dog", "tiger")]
    for kind, name in (("keep", "lion"), ("relabel", "tiger")):
        assert catalog.journal.count(EditFilter(kind, name)) == 1
        assert catalog.journal.count(EditFilter(kind, "cat")) == 0


def test_the_name_of_a_merged_class_can_be_taken(catalog, ids):
    """Merge cat into dog, then call them all cat: the hidden class gives way, and undo works."""
    catalog.journal.keep(ids[0])
    run = catalog.runs.create("quick", {}, ["cat", "dog"])
    catalog.classes.merge("cat", "dog")
    catalog.classes.rename("dog", "cat")
    assert catalog.images.classes() == ["cat"]
    assert history_of(catalog)[1:] == [("merge", "cat (old)", "cat")] * 2
    assert catalog.runs.get(run.id).classes == ("cat (old)", "cat")
    catalog.journal.undo()
    assert [label(catalog, i) for i in ids] == ["dog"] * 4
    catalog.journal.undo()
    assert [label(catalog, i) for i in ids] == ["cat (old)", "cat (old)", "dog", "dog"]
    assert catalog.images.classes() == ["cat (old)", "dog"]
    catalog.journal.redo()
    catalog.journal.redo()
    assert catalog.images.classes() == ["cat"]


def test_old_names_that_are_taken_are_numbered(catalog, ids):
    stored_more = a_record(99, "cat (old)")
    catalog.images.add("a test", [stored_more], [], 0)
    catalog.classes.merge("cat", "dog")
    catalog.classes.rename("dog", "cat")
    assert catalog.images.classes() == ["cat", "cat (old)"]
    catalog.journal.undo()
    catalog.journal.undo()
    assert catalog.images.classes() == ["cat (old 2)", "cat (old)", "dog"]


def test_a_name_that_is_taken_is_refused_with_a_way_out(catalog, ids):
    with pytest.raises(Conflict, match="Merge"):
        catalog.classes.rename("cat", "dog")
    with pytest.raises(Conflict, match="already"):
        catalog.classes.add("cat")
    for act in (
        lambda: catalog.classes.rename("bird", "x"),
        lambda: catalog.classes.merge("bird", "cat"),
        lambda: catalog.classes.merge("cat", "bird"),
        lambda: catalog.classes.merge("cat", "cat"),
        lambda: catalog.classes.delete("bird"),
    ):
        with pytest.raises(Conflict):
            act()
    catalog.classes.rename("cat", "cat")
    assert catalog.images.classes() == ["cat", "dog"]
    assert catalog.journal.count() == catalog.classes.renames() == 0


def test_merging_is_one_step_that_says_nothing_of_the_labels(catalog, ids):
    catalog.journal.keep(ids[0])
    catalog.journal.relabel(ids[2], "cat")
    edits = catalog.classes.merge("cat", "dog")
    assert len(edits) == 3 + 1 and len({edit.batch for edit in edits}) == 1  # 1 of the class
    assert catalog.images.classes() == ["dog"]
    assert [i.reviewed for i in catalog.images.some(ids)] == [True, False, True, False]
    # What was kept was right and stays right; what was relabelled to the same class is right now.
    assert {a.image_id: a.wrong for a in catalog.answers.all()} == {ids[0]: False, ids[2]: False}
    assert catalog.answers.last(9) == [False, False]
    assert catalog.answers.progress(("train",), "2000").wrong == 0
    catalog.journal.undo()
    assert [label(catalog, i) for i in ids] == ["cat", "cat", "cat", "dog"]
    assert {a.image_id: a.wrong for a in catalog.answers.all()} == {ids[0]: False, ids[2]: True}
    catalog.journal.redo()
    assert catalog.images.classes() == ["dog"]


def test_merges_in_a_row_and_a_mark_after_them(catalog, ids):
    stored_more = a_record(99, "wolf")
    catalog.images.add("a test", [stored_more], [], 0)
    catalog.journal.keep(ids[0])
    catalog.classes.merge("cat", "dog")
    catalog.classes.merge("dog", "wolf")
    assert [a.wrong for a in catalog.answers.all()] == [False]
    catalog.classes.add("bird")
    catalog.journal.relabel(ids[0], "bird")
    catalog.journal.keep(ids[1])
    wrong = {a.image_id: (a.first_label, a.wrong) for a in catalog.answers.all()}
    assert wrong == {ids[0]: ("wolf", True), ids[1]: ("wolf", False)}


def test_deleting_a_class_takes_its_images_out_of_use(catalog, ids):
    catalog.journal.keep(ids[0])
    catalog.classes.delete("cat")
    assert catalog.images.classes() == ["dog"]
    assert {i.id for i in catalog.images.all("quarantined")} == set(ids[:2])
    assert catalog.answers.all() == catalog.answers.last(9) == []
    assert catalog.images.counts() == {"dog": {"train": 2, "valid": 0, "test": 0}}
    catalog.journal.undo()
    assert catalog.images.classes() == ["cat", "dog"]
    assert [a.wrong for a in catalog.answers.all()] == [False]


def test_a_restored_image_brings_its_class_back(catalog, ids):
    catalog.classes.delete("cat")
    catalog.journal.restore(ids[0])
    assert catalog.images.classes() == ["cat", "dog"]


def test_nothing_new_is_put_in_a_hidden_class_but_imports_show_it(catalog, ids):
    catalog.classes.merge("cat", "dog")
    with pytest.raises(Conflict, match="no class"):
        catalog.journal.relabel(ids[2], "cat")
    catalog.images.add("more", [a_record(77, "cat")], [], 0)
    catalog.journal.quarantine(a_record(77).id)
    assert catalog.images.classes() == ["cat", "dog"]


def test_a_class_without_images_is_added_hidden_and_shown(catalog, ids):
    catalog.classes.add("bird")
    assert catalog.images.classes() == ["bird", "cat", "dog"]
    assert catalog.images.counts()["bird"] == {"train": 0, "valid": 0, "test": 0}
    assert [edit.image_id for edit in catalog.classes.delete("bird")] == [""]
    assert catalog.images.classes() == ["cat", "dog"]
    catalog.classes.add("bird")
    catalog.journal.relabel(ids[0], "bird")
    assert label(catalog, ids[0]) == "bird"


def test_redo_and_revert_after_a_rename_find_the_image_as_they_left_it(catalog, ids):
    (edit,) = catalog.journal.relabel(ids[0], "dog")
    catalog.classes.rename("dog", "wolf")
    catalog.classes.rename("cat", "lion")
    catalog.journal.revert(edit.id)
    assert label(catalog, ids[0]) == "lion"
    for _ in range(4):
        catalog.journal.undo()
    assert [label(catalog, i) for i in ids] == ["cat", "cat", "dog", "dog"]
    for _ in range(3):
        catalog.journal.redo()
    assert label(catalog, ids[0]) == "wolf"
    redone = catalog.journal.search(EditFilter(kind="redo"))
    assert [past.revertable for past in redone if past.edit.image_id] == [True]


def test_predictions_carry_the_names_of_today(catalog, ids):
    run = catalog.runs.create("quick", {}, ["cat", "dog"])
    probs_nc = np.array([[0.9, 0.1]], np.float32)
    catalog.classes.rename("cat", "lion")  # while it was training
    catalog.runs.store_predictions(
        run.id, "final", Predictions((ids[0],), probs_nc, ("cat", "dog"))
    )
    assert catalog.runs.predictions(run.id, "final").classes == ("lion", "dog")
    assert catalog.runs.latest("final").classes == ("lion", "dog")
