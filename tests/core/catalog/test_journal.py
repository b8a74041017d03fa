"""The journal: every change, and the way back."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.catalog import open_catalog
from core.errors import Conflict
from core.records import ImageState
from core.workspace import Workspace
from tests.builders import stored

CLASSES = ("apple", "pear", "plum")


@pytest.fixture
def ids(catalog) -> list[str]:
    return stored(catalog, CLASSES)


def states(catalog) -> list[tuple[str, str, bool]]:
    """What edits can change of every image, by the order in which images were stored."""
    images = [i for status in ("in use", "quarantined") for i in catalog.images.all(status)]
    return [(i.label, i.status, i.reviewed) for i in sorted(images, key=lambda i: i.source_path)]


def test_a_new_label_is_stored_with_what_was_before(catalog, ids):
    edit = catalog.journal.relabel(ids[0], "pear")
    assert (edit.kind, edit.image_id) == ("relabel", ids[0])
    assert edit.before == ImageState("apple", "in use", False)
    assert edit.after == ImageState("pear", "in use", True)
    assert catalog.images.get(ids[0]).label == "pear"
    assert catalog.journal.history() == [edit]
    assert catalog.journal.count() == 1


def test_quarantine_and_restore(catalog, ids):
    catalog.journal.quarantine(ids[0])
    assert catalog.images.get(ids[0]).status == "quarantined"
    catalog.journal.restore(ids[0])
    image = catalog.images.get(ids[0])
    assert (image.status, image.reviewed) == ("in use", True)


def test_keep_only_says_that_the_label_is_right(catalog, ids):
    before = catalog.images.get(ids[0])
    catalog.journal.keep(ids[0])
    assert catalog.images.get(ids[0]) == replace(before, reviewed=True)


def test_undo_and_redo_walk_the_same_path(catalog, ids):
    seen = [states(catalog)]
    for change in (
        lambda: catalog.journal.relabel(ids[0], "pear"),
        lambda: catalog.journal.quarantine(ids[1]),
        lambda: catalog.journal.keep(ids[0]),
    ):
        change()
        seen.append(states(catalog))
    for expected in reversed(seen[:-1]):
        assert catalog.journal.undo().kind == "undo"
        assert states(catalog) == expected
    assert catalog.journal.undo() is None
    for expected in seen[1:]:
        assert catalog.journal.redo().kind == "redo"
        assert states(catalog) == expected
    assert catalog.journal.redo() is None
    assert catalog.journal.count() == 9


def test_a_new_edit_clears_what_could_be_redone(catalog, ids):
    catalog.journal.relabel(ids[0], "pear")
    catalog.journal.undo()
    catalog.journal.keep(ids[1])
    assert catalog.journal.redo() is None
    assert catalog.images.get(ids[0]).label == "apple"


def test_nothing_to_undo_stores_nothing(catalog, ids):
    assert catalog.journal.undo() is None
    assert catalog.journal.redo() is None
    assert catalog.journal.count() == 0


def test_undo_takes_the_last_edit_of_whichever_tab(catalog, ids, workspace):
    other = open_catalog(workspace)
    catalog.journal.relabel(ids[0], "pear")
    other.journal.relabel(ids[1], "plum")
    assert catalog.journal.undo().image_id == ids[1]
    assert other.images.get(ids[1]).label == "pear"
    assert other.journal.undo().image_id == ids[0]
    assert catalog.journal.undo() is None
    assert catalog.journal.redo().image_id == ids[0]
    other.close()


@pytest.mark.parametrize(
    "act",
    [
        lambda journal, image_id: journal.relabel(image_id, "pear", origin="tab-1"),
        lambda journal, image_id: journal.quarantine(image_id, origin="tab-1"),
        lambda journal, image_id: journal.restore(image_id, origin="tab-1"),
        lambda journal, image_id: journal.keep(image_id, origin="tab-1"),
        lambda journal, image_id: journal.undo(origin="tab-1"),
    ],
)
def test_the_same_action_sent_twice_is_stored_once(act, catalog, ids):
    catalog.journal.keep(ids[2])
    catalog.journal.keep(ids[1])
    assert act(catalog.journal, ids[0]) is not None
    after = states(catalog)
    assert act(catalog.journal, ids[0]) is None
    assert catalog.journal.count() == 3
    assert states(catalog) == after


def test_a_redo_sent_twice_is_stored_once(catalog, ids):
    for image_id in ids[:2]:
        catalog.journal.quarantine(image_id)
    catalog.journal.undo()
    catalog.journal.undo()
    assert catalog.journal.redo("tab-1") is not None
    assert catalog.journal.redo("tab-1") is None
    assert catalog.images.quarantined_count() == 1


def test_a_class_that_is_not_there_is_a_conflict_and_changes_nothing(catalog, ids):
    with pytest.raises(Conflict, match="cherry"):
        catalog.journal.relabel(ids[0], "cherry")
    assert catalog.images.get(ids[0]).label == "apple"
    assert catalog.journal.count() == 0
    assert catalog.images.classes() == sorted(CLASSES)


@pytest.mark.parametrize("verb", ["quarantine", "restore", "keep"])
def test_an_image_that_is_not_there_is_a_conflict(verb, catalog, ids):
    with pytest.raises(Conflict):
        getattr(catalog.journal, verb)("f" * 64)
    with pytest.raises(Conflict):
        catalog.journal.relabel("f" * 64, "pear")
    assert catalog.journal.count() == 0


@pytest.mark.parametrize("sql", ["UPDATE edits SET kind = 'keep'", "DELETE FROM edits"])
def test_the_catalog_itself_refuses_to_change_the_journal(sql, catalog, ids, workspace):
    edit = catalog.journal.relabel(ids[0], "pear")
    raw = sqlite3.connect(workspace.catalog_file)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(sql)
    raw.close()
    assert catalog.journal.history() == [edit]


def test_history_is_newest_first_and_as_long_as_asked(catalog, ids):
    edits = [catalog.journal.keep(image_id) for image_id in ids]
    assert catalog.journal.history(2) == [edits[2], edits[1]]


class Model:
    """What the journal should do, in plain Python: a list of states and a place in it."""

    def __init__(self) -> None:
        self.path = [tuple((label, "in use", False) for label in CLASSES)]
        self.place = 0

    @property
    def now(self):
        return list(self.path[self.place])

    def edit(self, image: int, kind: str, label: str) -> None:
        old_label, old_status, old_reviewed = self.path[self.place][image]
        new = {
            "relabel": (label, old_status, True),
            "quarantine": (old_label, "quarantined", True),
            "restore": (old_label, "in use", old_reviewed),
            "keep": (old_label, old_status, True),
        }[kind]
        after = list(self.path[self.place])
        after[image] = new
        self.path[self.place + 1 :] = [tuple(after)]
        self.place += 1

    def step(self, kind: str) -> bool:
        to = self.place + (1 if kind == "redo" else -1)
        if not 0 <= to < len(self.path):
            return False
        self.place = to
        return True


STEPS = st.tuples(
    st.sampled_from(["relabel", "quarantine", "restore", "keep", "undo", "undo", "redo", "redo"]),
    st.integers(0, len(CLASSES) - 1),
    st.sampled_from(CLASSES),
    st.booleans(),
)


def do(catalog, ids, kind: str, image: int, label: str):
    if kind in ("undo", "redo"):
        return getattr(catalog.journal, kind)()
    values = [label] if kind == "relabel" else []
    return getattr(catalog.journal, kind)(ids[image], *values)


@given(st.lists(STEPS, max_size=40))
@hypothesis_settings(max_examples=40, deadline=None)
def test_the_journal_does_what_a_list_with_a_place_in_it_does(steps):
    with tempfile.TemporaryDirectory() as folder:
        tabs = [open_catalog(Workspace(Path(folder))) for _ in range(2)]
        ids = stored(tabs[0], CLASSES)
        model = Model()
        for kind, image, label, tab in steps:
            edit = do(tabs[tab], ids, kind, image, label)
            if kind in ("undo", "redo"):
                assert (edit is not None) == model.step(kind)
            else:
                model.edit(image, kind, label)
            assert states(tabs[not tab]) == model.now
        replayed = replay(tabs[0])
        assert replayed == model.now
        for tab in tabs:
            tab.close()


def replay(catalog) -> list[tuple[str, str, bool]]:
    """The states that follow from the journal alone: the last `after` of every image."""
    images = sorted(
        (i for status in ("in use", "quarantined") for i in catalog.images.all(status)),
        key=lambda i: i.source_path,
    )
    found = {i.id: (label, "in use", False) for i, label in zip(images, CLASSES)}
    for edit in reversed(catalog.journal.history(1000)):
        before = ImageState(*found[edit.image_id])
        assert edit.before == before
        found[edit.image_id] = (edit.after.label, edit.after.status, edit.after.reviewed)
    return [found[i.id] for i in images]
