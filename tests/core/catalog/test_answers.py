"""What the person said: about the label an image came with."""

from __future__ import annotations

from core.records import Verdict
from tests.builders import a_record, stored


def test_an_answer_is_about_the_first_label(catalog):
    ids = stored(catalog, ["ant", "ant", "bee", "bee"])
    journal = catalog.journal
    journal.relabel(ids[0], "bee")
    journal.keep(ids[1])
    journal.quarantine(ids[2])
    assert sorted(catalog.answers.all(), key=lambda a: ids.index(a.image_id)) == [
        Verdict(ids[0], "ant", True),
        Verdict(ids[1], "ant", False),
    ]  # to delete a picture says nothing about its label
    assert catalog.answers.first_labels() == {ids[0]: "ant", ids[1]: "ant", ids[2]: "bee"}


def test_changed_back_is_right_after_all_and_undo_takes_an_answer_back(catalog):
    ids = stored(catalog, ["ant", "bee"])
    catalog.journal.relabel(ids[0], "bee")
    catalog.journal.relabel(ids[0], "ant")
    assert [a.wrong for a in catalog.answers.all()] == [False]
    catalog.journal.undo()
    assert [a.wrong for a in catalog.answers.all()] == [True]
    catalog.journal.undo()
    assert catalog.answers.all() == []


def test_the_last_answers_newest_first(catalog):
    ids = stored(catalog, ["ant", "ant", "bee"])
    for image_id, label in zip(ids, ["bee", "ant", "ant"], strict=True):
        catalog.journal.relabel(image_id, label)
    assert catalog.answers.last(2) == [True, False]
    assert catalog.answers.last(9) == [True, False, True]


def test_progress_counts_the_sides_asked_for(catalog):
    images = [a_record(1), a_record(2), a_record(3, side="valid"), a_record(4, side="test")]
    catalog.images.add("a test", images, [], 0)
    catalog.journal.keep(images[0].id)
    catalog.journal.quarantine(images[2].id)
    catalog.journal.keep(images[3].id)
    progress = catalog.answers.progress(("train", "valid"), "2000")
    assert (progress.images, progress.reviewed, progress.recent) == (3, 2, 3)
    assert (progress.wrong, progress.deleted) == (0, 1)
    nothing = catalog.answers.progress(("train", "valid"), "2999")
    assert (nothing.recent, nothing.recent_first, nothing.recent_last) == (0, None, None)
