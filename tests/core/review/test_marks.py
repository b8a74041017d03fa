"""Marks from the browser: each once, and nothing that it sends is an exception."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import Catalog, connection, open_catalog
from core.catalog.connection import Connection
from core.errors import StudioError
from core.review.marks import ACTIONS, MOST_IMAGES, Stored, store_marks
from tests.builders import a_record, stored


@pytest.fixture
def ids(catalog):
    return stored(catalog, ["apple", "pear", "apple"])


def mark(seq: int, op: str, *ids: str, **more: object) -> dict[str, object]:
    return {"cid": "tab", "seq": seq, "op": op, "ids": list(ids), **more}


def state(label: str, deleted: bool = False) -> dict[str, object]:
    return {"label": label, "deleted": deleted}


def kinds(catalog) -> list[str]:
    return [edit.kind for edit in reversed(catalog.journal.history(500))]


def test_every_action_is_stored(catalog, ids):
    marks = [
        mark(1, "relabel", ids[0], label="pear"),
        mark(2, "delete", ids[1]),
        mark(3, "keep", ids[2]),
        mark(4, "restore", ids[1]),
        mark(5, "undo"),
        mark(6, "redo"),
    ]
    stored_now = store_marks(catalog, marks)
    assert stored_now.problems == ()
    assert list(stored_now.edits) == catalog.journal.history()[::-1]
    assert kinds(catalog) == ["relabel", "quarantine", "keep", "restore", "undo", "redo"]
    assert catalog.images.get(ids[0]).label == "pear"
    assert catalog.images.get(ids[1]).status == "in use"


def test_a_mark_of_many_pictures_is_one_step(catalog, ids):
    store_marks(catalog, [mark(1, "relabel", *ids, label="pear"), mark(2, "undo")])
    assert kinds(catalog) == ["relabel"] * 3 + ["undo"] * 3
    assert [catalog.images.get(i).label for i in ids] == ["apple", "pear", "apple"]


def test_a_mark_is_stored_once_however_often_it_is_sent(catalog, ids):
    marks = [mark(1, "delete", *ids[:2]), mark(2, "undo"), mark(3, "delete", ids[1])]
    assert len(store_marks(catalog, marks).edits) == 5
    for _ in range(3):
        assert store_marks(catalog, marks) == Stored((), ())
    assert len(store_marks(catalog, [*marks, mark(4, "keep", ids[2])]).edits) == 1
    assert catalog.journal.count() == 6
    assert catalog.images.get(ids[0]).status == "in use"


def test_an_undo_that_found_nothing_takes_nothing_back_later(catalog, ids):
    marks = [mark(1, "undo"), mark(2, "keep", ids[0])]
    for _ in range(2):
        store_marks(catalog, marks)
    assert kinds(catalog) == ["keep"]


def test_two_hundred_quick_marks_are_stored_in_order(catalog, ids):
    """As the browser sends them: the log grows, and its beginning comes again and again."""
    ops = ("keep", "delete", "undo")
    marks = [mark(n, ops[n % 3], *[ids[n % 3]] * (n % 3 < 2)) for n in range(200)]
    for length in (1, 2, 5, 5, 40, 41, 120, 119, 200, 200):
        assert store_marks(catalog, marks[max(0, length - 90) : length]).problems == ()
    expected = [("keep", "quarantine", "undo")[n % 3] for n in range(200)]
    assert kinds(catalog) == expected


def test_two_tabs_count_for_themselves(catalog, ids):
    here, elsewhere = mark(1, "keep", ids[0]), {**mark(1, "keep", ids[1]), "cid": "another tab"}
    assert store_marks(catalog, [here, elsewhere]).problems == ()
    assert catalog.journal.count() == 2


def test_what_another_tab_did_is_not_overwritten(catalog, ids):
    """Each tab relabels what it sees; the later one is told what it did not see."""
    was = [state("apple"), state("pear"), state("apple")]
    store_marks(catalog, [{**mark(1, "relabel", *ids[:2], label="pear", was=was[:2]), "cid": "b"}])
    marks = [mark(1, "relabel", *ids, label="apple", was=was)]
    stored_now = store_marks(catalog, marks)
    assert [edit.image_id for edit in stored_now.edits] == ids[1:]
    (problem,) = stored_now.problems
    assert problem.message == "1 picture was changed in another tab and keeps what was done there."
    assert problem.hint
    assert [catalog.images.get(i).label for i in ids] == ["pear", "apple", "apple"]
    assert store_marks(catalog, marks) == Stored((), ())


def test_pictures_that_were_deleted_elsewhere_stay_deleted(catalog, ids):
    catalog.journal.quarantine(ids[:2])
    was = [state("apple"), state("pear"), state("apple")]
    stored_now = store_marks(catalog, [mark(1, "relabel", *ids, label="pear", was=was)])
    assert [edit.image_id for edit in stored_now.edits] == [ids[2]]
    (problem,) = stored_now.problems
    assert "2 pictures were deleted in another tab and stay deleted" in problem.message
    assert catalog.images.quarantined_count() == 2


def test_pictures_that_were_restored_elsewhere_are_left_alone(catalog, ids):
    stored_now = store_marks(catalog, [mark(1, "keep", ids[0], was=[state("apple", True)])])
    assert stored_now.edits == ()
    assert "changed in another tab" in stored_now.problems[0].message


def test_a_refused_mark_is_not_stored_when_it_would_fit_again(catalog, ids):
    marks = [mark(1, "relabel", ids[0], label="pear", was=[state("apple")])]
    catalog.journal.quarantine(ids[0])
    assert len(store_marks(catalog, marks).problems) == 1
    catalog.journal.undo()
    assert store_marks(catalog, marks) == Stored((), ())
    assert catalog.images.get(ids[0]).label == "apple"


def test_a_class_that_is_gone_is_said_and_not_stored(catalog, ids, workspace):
    catalog.journal.relabel(ids[1], "apple")
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("DELETE FROM classes WHERE name = 'pear'")
    raw.commit()
    raw.close()
    marks = [mark(1, "relabel", *ids, label="pear"), mark(2, "undo"), mark(3, "keep", ids[0])]
    stored_now = store_marks(catalog, marks)
    assert [edit.kind for edit in stored_now.edits] == ["keep"]
    (problem,) = stored_now.problems  # the same sentence for both
    assert "no class 'pear' any more" in problem.message


def test_pictures_that_are_not_there_are_said_and_the_others_stored(catalog, ids):
    stored_now = store_marks(catalog, [mark(1, "delete", "0" * 64, ids[0], "1" * 64)])
    assert [edit.image_id for edit in stored_now.edits] == [ids[0]]
    assert [p.message for p in stored_now.problems] == ["2 pictures are not in this workspace."]


def test_a_catalog_that_may_only_be_read_is_said_once_and_tried_again(workspace, catalog, ids):
    reading = Connection(workspace.catalog_file)
    reading.run("PRAGMA query_only = ON")
    marks = [mark(n, "delete", ids[n]) for n in range(3)] + [mark(3, "undo")]
    stored_now = store_marks(Catalog(reading), marks)
    assert stored_now.edits == ()
    (problem,) = stored_now.problems
    assert "cannot be written" in problem.message and "permissions" in problem.hint
    reading.close()
    assert catalog.journal.count() == 0
    assert len(store_marks(catalog, marks).edits) == 4


def test_a_catalog_that_something_else_writes_is_tried_again(workspace, catalog, ids, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)
    other = open_catalog(workspace)
    with catalog.atomic():
        (problem,) = store_marks(other, [mark(1, "keep", ids[0])]).problems
    assert "written by something else" in problem.message
    assert len(store_marks(other, [mark(1, "keep", ids[0])]).edits) == 1
    other.close()


def test_one_mark_is_for_so_many_pictures(catalog, ids):
    many = [f"{n:064x}" for n in range(MOST_IMAGES + 1)]
    (problem,) = store_marks(catalog, [mark(1, "delete", *many)]).problems
    assert "200 pictures at most" in problem.message
    assert catalog.journal.count() == 0


GARBAGE = [
    None,
    "delete",
    17,
    ["delete"],
    {},
    {"op": "delete"},
    {"cid": "tab", "seq": 1},
    {"cid": "tab", "seq": 1, "op": "delete"},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": None},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": 5},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": "a" * 64},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["0" * 64]},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["0" * 64 + "\n"]},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["../../catalog.sqlite"]},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["' OR 1=1 --"]},
    {"cid": "tab", "seq": 1, "op": "destroy", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": None, "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": {"a": 1}, "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": ["undo"], "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": "relabel", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": "relabel", "ids": ["IMAGE"], "label": None},
    {"cid": "tab", "seq": 1, "op": "relabel", "ids": ["IMAGE"], "label": 3},
    {"cid": "tab", "seq": 1, "op": "relabel", "ids": ["IMAGE"], "label": "no such class"},
    {"cid": "tab", "seq": 1, "op": "relabel", "ids": ["IMAGE"], "label": "\ud800"},
    {"seq": 1, "op": "delete", "ids": ["IMAGE"]},
    {"cid": None, "seq": 1, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "", "seq": 1, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "\ud800", "seq": 1, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "op": "undo"},
    {"cid": "tab", "seq": None, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": "1", "op": "delete", "ids": ["IMAGE"]},
    {"cid": "t" * 101, "seq": 1, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 10**30, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": True, "op": "delete", "ids": ["IMAGE"]},
    {"cid": "tab", "seq": 1, "op": "delete", "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": []},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["IMAGE", "IMAGE"]},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": ["IMAGE", None]},
    {"cid": "tab", "seq": 1, "op": "delete", "ids": {"IMAGE": 1}},
    *(
        {"cid": "tab", "seq": 1, "op": "delete", "ids": ["IMAGE"], "was": was}
        for was in (
            [],
            "apple",
            ["apple"],
            [None],
            [{}],
            [{"label": "apple"}],
            [{"label": "apple", "deleted": 0}],
            [{"label": ["apple"], "deleted": False}],
            [{"label": "apple", "deleted": False}] * 2,
        )
    ),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
def test_garbage_is_a_message_and_the_other_marks_are_stored(garbage, catalog, ids):
    if isinstance(garbage, dict) and isinstance(garbage.get("ids"), list):
        garbage = {**garbage, "ids": [ids[0] if i == "IMAGE" else i for i in garbage["ids"]]}
    before = catalog.images.get(ids[0])
    marks = [mark(8, "keep", ids[1]), garbage, mark(9, "delete", ids[2])]
    (problem,) = store_marks(catalog, marks).problems
    assert isinstance(problem, StudioError)
    assert problem.message and problem.hint
    assert catalog.images.get(ids[0]) == before
    assert catalog.images.get(ids[1]).reviewed
    assert catalog.images.get(ids[2]).status == "quarantined"


def test_a_label_named_none_is_not_what_is_missing(catalog, ids):
    more = stored_class(catalog, "None")
    (problem,) = store_marks(catalog, [mark(1, "relabel", ids[0])]).problems
    assert catalog.images.get(ids[0]).label == "apple", problem
    assert store_marks(catalog, [mark(2, "relabel", ids[0], label="None")]).problems == ()
    assert catalog.images.get(ids[0]).label == catalog.images.get(more).label == "None"


def stored_class(catalog, label: str) -> str:
    image = a_record(99, label)
    catalog.images.add("a test", [image], [], 0)
    return image.id


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
operations = (
    st.dictionaries(st.sampled_from(["cid", "seq", "op", "ids", "label", "was"]), json) | json
)


@given(st.lists(operations | st.fixed_dictionaries({"op": st.sampled_from(ACTIONS), "ids": json})))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_is_an_exception(catalog, marks):
    problems = store_marks(catalog, marks).problems
    assert all(isinstance(problem, StudioError) for problem in problems)


@pytest.mark.parametrize("op", ["relabel", "delete", "keep"])
def test_test_pictures_are_left_alone_and_it_is_said(catalog, op):
    images = [a_record(1), a_record(2, side="test"), a_record(3, "pear")]
    catalog.images.add("a test", images, [], 0)
    stored = store_marks(catalog, [mark(1, op, *[image.id for image in images[:2]], label="pear")])
    assert {edit.image_id for edit in stored.edits} == {images[0].id}
    (problem,) = stored.problems
    assert problem.message == "1 picture is a test picture and stays as it is."
    assert catalog.images.get(images[1].id) == images[1]


def test_a_test_picture_that_was_deleted_elsewhere_may_come_back(catalog):
    image = a_record(1, side="test")
    catalog.images.add("a test", [image], [], 0)
    catalog.journal.quarantine(image.id)
    assert store_marks(catalog, [mark(1, "restore", image.id)]).problems == ()
    assert catalog.images.get(image.id).status == "in use"
