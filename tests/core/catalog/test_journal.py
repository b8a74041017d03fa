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
from core.records import EditFilter, ImageState
from core.workspace import Workspace
from tests.builders import a_record, stored

CLASSES = ("apple", "pear", "plum")


@pytest.fixture
def ids(catalog) -> list[str]:
    return stored(catalog, CLASSES)


def states(catalog) -> list[tuple[str, str, bool]]:
    """What edits can change of every image, by the order in which images were stored."""
    images = [i for status in ("in use", "quarantined") for i in catalog.images.all(status)]
    return [(i.label, i.status, i.reviewed) for i in sorted(images, key=lambda i: i.source_path)]


def touched(edits) -> list[str]:
    return [edit.image_id for edit in edits]


def test_a_new_label_is_stored_with_what_was_before(catalog, ids):
    (edit,) = catalog.journal.relabel(ids[0], "pear")
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
    assert (image.status, image.reviewed) == ("in use", False)  # nobody said that it is right


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
        assert [e.kind for e in catalog.journal.undo()] == ["undo"]
        assert states(catalog) == expected
    assert catalog.journal.undo() == ()
    for expected in seen[1:]:
        assert [e.kind for e in catalog.journal.redo()] == ["redo"]
        assert states(catalog) == expected
    assert catalog.journal.redo() == ()
    assert catalog.journal.count() == 9


def test_a_new_edit_clears_what_could_be_redone(catalog, ids):
    catalog.journal.relabel(ids[0], "pear")
    catalog.journal.undo()
    catalog.journal.keep(ids[1])
    assert catalog.journal.redo() == ()
    assert catalog.images.get(ids[0]).label == "apple"


def test_nothing_to_undo_stores_nothing(catalog, ids):
    assert catalog.journal.undo() == ()
    assert catalog.journal.redo() == ()
    assert catalog.journal.count() == 0


def test_undo_takes_the_last_edit_of_whichever_tab(catalog, ids, workspace):
    other = open_catalog(workspace)
    catalog.journal.relabel(ids[0], "pear")
    other.journal.relabel(ids[1], "plum")
    assert touched(catalog.journal.undo()) == [ids[1]]
    assert other.images.get(ids[1]).label == "pear"
    assert touched(other.journal.undo()) == [ids[0]]
    assert catalog.journal.undo() == ()
    assert touched(catalog.journal.redo()) == [ids[0]]
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
    assert len(act(catalog.journal, ids[0])) == 1
    after = states(catalog)
    assert act(catalog.journal, ids[0]) == ()
    assert catalog.journal.count() == 3
    assert states(catalog) == after


def test_a_redo_sent_twice_is_stored_once(catalog, ids):
    for image_id in ids[:2]:
        catalog.journal.quarantine(image_id)
    catalog.journal.undo()
    catalog.journal.undo()
    assert len(catalog.journal.redo("tab-1")) == 1
    assert catalog.journal.redo("tab-1") == ()
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
    (edit,) = catalog.journal.relabel(ids[0], "pear")
    raw = sqlite3.connect(workspace.catalog_file)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(sql)
    raw.close()
    assert catalog.journal.history() == [edit]


def test_history_is_newest_first_and_as_long_as_asked(catalog, ids):
    edits = [edit for image_id in ids for edit in catalog.journal.keep(image_id)]
    assert catalog.journal.history(2) == [edits[2], edits[1]]


def test_one_action_is_one_step_however_many_images(catalog, ids):
    catalog.journal.keep(ids[0])
    edits = catalog.journal.relabel(ids, "plum", origin="tab-1")
    assert [edit.batch for edit in edits] == [edits[0].id] * 3
    assert catalog.journal.relabel(ids, "plum", origin="tab-1") == ()
    after = states(catalog)
    assert catalog.journal.next_undo() == edits
    assert touched(catalog.journal.undo("tab-2")) == ids
    assert states(catalog)[0] == ("apple", "in use", True)
    assert states(catalog)[1:] == [(label, "in use", False) for label in CLASSES[1:]]
    assert catalog.journal.undo("tab-2") == ()
    assert catalog.journal.next_redo() == edits
    assert touched(catalog.journal.redo("tab-3")) == ids
    assert states(catalog) == after


def test_an_action_that_fails_for_one_image_stores_nothing(catalog, ids):
    before = states(catalog)
    with pytest.raises(Conflict):
        catalog.journal.quarantine([*ids, "f" * 64], origin="tab-1")
    assert states(catalog) == before
    assert catalog.journal.count() == 0
    assert len(catalog.journal.quarantine(ids, origin="tab-1")) == 3


def test_an_action_on_no_image_stores_nothing(catalog, ids):
    assert catalog.journal.quarantine([]) == ()
    assert catalog.journal.undo() == ()


def test_undo_takes_back_only_the_step_that_was_shown(catalog, ids):
    (shown,) = catalog.journal.keep(ids[0])
    (newer,) = catalog.journal.quarantine(ids[1])
    with pytest.raises(Conflict, match="meanwhile"):
        catalog.journal.undo(only=shown.batch)
    assert touched(catalog.journal.undo(only=newer.batch)) == [ids[1]]
    with pytest.raises(Conflict, match="meanwhile"):
        catalog.journal.redo(only=shown.batch)
    assert touched(catalog.journal.redo(only=newer.batch)) == [ids[1]]


def test_undo_after_undo_and_a_new_step_finds_the_step_below(catalog, ids):
    """The path forks: a, b undone, c, c undone, d; what was cleared never comes back."""
    catalog.journal.relabel(ids[0], "pear")
    for label in ("plum", "apple", "plum"):
        catalog.journal.relabel(ids[1], label)
        catalog.journal.undo()
    catalog.journal.quarantine(ids[2])
    assert catalog.journal.redo() == ()
    assert touched(catalog.journal.undo()) == [ids[2]]
    assert touched(catalog.journal.undo()) == [ids[0]]
    assert catalog.journal.undo() == ()
    assert [touched(catalog.journal.redo()) for _ in range(3)] == [[ids[0]], [ids[2]], []]


def test_undo_to_a_class_that_is_gone_is_said_plainly(catalog, ids, workspace):
    catalog.journal.relabel(ids[0], "pear")
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("DELETE FROM classes WHERE name = 'apple'")
    raw.commit()
    raw.close()
    with pytest.raises(Conflict, match="no class 'apple'"):
        catalog.journal.undo()
    assert catalog.images.get(ids[0]).label == "pear"


def test_revert_sets_one_picture_back_and_can_be_undone(catalog, ids):
    before = states(catalog)
    edits = catalog.journal.relabel(ids, "plum")
    after = states(catalog)
    (reverted,) = catalog.journal.revert(edits[1].id, origin="tab-1")
    assert (reverted.kind, reverted.target) == ("revert", edits[1].id)
    assert states(catalog) == [after[0], before[1], after[2]]
    assert catalog.journal.revert(edits[1].id, origin="tab-1") == ()
    assert catalog.journal.undo()[0].kind == "undo"
    assert states(catalog) == after
    catalog.journal.redo()
    assert states(catalog)[1] == before[1]


def test_a_picture_that_was_changed_since_is_not_reverted(catalog, ids):
    (edit,) = catalog.journal.relabel(ids[0], "pear")
    catalog.journal.relabel(ids[0], "plum")
    with pytest.raises(Conflict, match="changed again"):
        catalog.journal.revert(edit.id)
    with pytest.raises(Conflict):
        catalog.journal.revert(999)
    assert catalog.images.get(ids[0]).label == "plum"
    assert catalog.journal.count() == 2


def test_what_came_to_nothing_does_nothing_later_either(catalog, ids):
    catalog.journal.settle("tab-1")
    catalog.journal.keep(ids[0])
    assert catalog.journal.is_settled("tab-1")
    assert catalog.journal.undo("tab-1") == ()
    assert not catalog.journal.is_settled(None)
    assert catalog.images.get(ids[0]).reviewed


def edit_ids(catalog, limit: int = 20, start: int = 0, **filters) -> list[int]:
    """Ids of the edits that fit, and as many as are counted."""
    edits = [past.edit.id for past in catalog.journal.search(EditFilter(**filters), limit, start)]
    assert start or limit < 20 or len(edits) == catalog.journal.count(EditFilter(**filters))
    return edits


def test_the_history_is_searched_by_kind_class_and_file(catalog, ids):
    catalog.journal.relabel(ids[0], "pear")
    catalog.journal.quarantine([ids[1], ids[2]])
    catalog.journal.undo()
    assert edit_ids(catalog) == [5, 4, 3, 2, 1]
    assert edit_ids(catalog, kind="quarantine") == [3, 2]
    assert edit_ids(catalog, label="apple") == [1]
    assert edit_ids(catalog, label="pear") == [4, 2, 1]
    assert edit_ids(catalog, text="PLUM/") == [5, 3]
    assert edit_ids(catalog, kind="undo", label="pear", text="1.jpg") == [4]
    assert edit_ids(catalog, text="no such file") == []
    assert [edit_ids(catalog, 2, start) for start in (0, 2, 4, 6)] == [[5, 4], [3, 2], [1], []]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "100%", "a_b", "\\%"])
def test_signs_of_the_query_language_mean_themselves(text, catalog):
    plain = a_record(1)
    image = replace(a_record(2), source_path=f"in {text} out.jpg")
    catalog.images.add("a test", [plain, image], [], 0)
    catalog.journal.keep([plain.id, image.id])
    assert edit_ids(catalog, text=text) == [2]


def test_the_history_says_what_can_be_reverted(catalog, ids):
    catalog.journal.relabel(ids[0], "pear")
    catalog.journal.relabel(ids[0], "plum")
    catalog.journal.keep(ids[0])
    past = catalog.journal.search(EditFilter())
    assert [p.revertable for p in past] == [
        False,
        True,
        False,
    ]  # newest first; keep changed nothing
    assert {p.source_path for p in past} == {"apple/000.jpg"}


def test_only_what_is_in_force_is_counted(catalog, ids):
    catalog.journal.keep(ids)
    catalog.journal.relabel(ids[:2], "plum")
    catalog.journal.quarantine(ids[0])
    catalog.journal.undo()
    catalog.journal.undo()
    assert catalog.journal.in_force() == {"keep": 3}
    catalog.journal.redo()
    assert catalog.journal.in_force() == {"keep": 3, "relabel": 2}
    assert catalog.journal.in_force(since="9999") == {}


class Model:
    """What the journal should do, in plain Python: a list of states and a position in it."""

    def __init__(self) -> None:
        self.path = [tuple((label, "in use", False) for label in CLASSES)]
        self.position = 0

    @property
    def now(self):
        return list(self.path[self.position])

    def edit(self, images: list[int], kind: str, label: str) -> None:
        after = list(self.now)
        for image in images:
            old_label, old_status, _ = after[image]
            after[image] = {
                "relabel": (label, old_status, True),
                "quarantine": (old_label, "quarantined", True),
                "restore": (old_label, "in use", False),
                "keep": (old_label, old_status, True),
            }[kind]
        self.go_on(after)

    def go_on(self, after) -> None:
        self.path[self.position + 1 :] = [tuple(after)]
        self.position += 1

    def step(self, kind: str) -> bool:
        to = self.position + (1 if kind == "redo" else -1)
        if not 0 <= to < len(self.path):
            return False
        self.position = to
        return True


KINDS = ("relabel", "quarantine", "restore", "keep", "undo", "undo", "redo", "redo", "revert")
STEPS = st.tuples(
    st.sampled_from(KINDS),
    st.lists(st.integers(0, len(CLASSES) - 1), min_size=1, max_size=3, unique=True),
    st.sampled_from(CLASSES),
    st.booleans(),
    st.integers(1, 12),
)


def revert(catalog, ids, model: Model, number: int) -> None:
    """Revert an edit made some time ago, if there is one, as the model would."""
    edits = catalog.journal.history(number)
    if len(edits) < number:
        return
    edit, image = edits[-1], ids.index(edits[-1].image_id)
    state = lambda s: (s.label, s.status, s.reviewed)  # noqa: E731
    if model.now[image] != state(edit.after):
        with pytest.raises(Conflict):
            catalog.journal.revert(edit.id)
        return
    catalog.journal.revert(edit.id)
    after = list(model.now)
    after[image] = state(edit.before)
    model.go_on(after)


@given(st.lists(STEPS, max_size=40))
@hypothesis_settings(max_examples=60, deadline=None)
def test_the_journal_does_what_a_list_with_a_place_in_it_does(steps):
    with tempfile.TemporaryDirectory() as folder:
        tabs = [open_catalog(Workspace(Path(folder))) for _ in range(2)]
        ids = stored(tabs[0], CLASSES)
        model = Model()
        for kind, images, label, tab, number in steps:
            journal = tabs[tab].journal
            if kind in ("undo", "redo"):
                expected = journal.next_undo() if kind == "undo" else journal.next_redo()
                assert touched(getattr(journal, kind)()) == touched(expected)
                assert bool(expected) == model.step(kind)
            elif kind == "revert":
                revert(tabs[tab], ids, model, number)
            else:
                values = [label] if kind == "relabel" else []
                getattr(journal, kind)([ids[k] for k in images], *values)
                model.edit(images, kind, label)
            assert states(tabs[not tab]) == model.now
        assert replay(tabs[0]) == model.now
        for tab in tabs:
            tab.close()


def replay(catalog) -> list[tuple[str, str, bool]]:
    """The states that follow from the journal alone: the last `after` of every image."""
    images = sorted(
        (i for status in ("in use", "quarantined") for i in catalog.images.all(status)),
        key=lambda i: i.source_path,
    )
    states = {i.id: (label, "in use", False) for i, label in zip(images, CLASSES)}
    for edit in reversed(catalog.journal.history(1000)):
        before = ImageState(*states[edit.image_id])
        assert edit.before == before
        states[edit.image_id] = (edit.after.label, edit.after.status, edit.after.reviewed)
    return [states[i.id] for i in images]


def test_when_it_began_is_the_time_of_the_first_edit(catalog):
    (image_id,) = stored(catalog, ["apple"])
    assert catalog.journal.began_at() is None
    (first,) = catalog.journal.keep(image_id)
    catalog.journal.undo()
    assert catalog.journal.began_at() == first.at
