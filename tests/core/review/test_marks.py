"""Marks from the browser: each once, and nothing that it sends is an exception."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.review.marks import store_marks
from tests.builders import a_record, stored

ACTIONS = ("relabel", "delete", "restore", "keep", "undo", "redo")


@pytest.fixture
def ids(catalog):
    return stored(catalog, ["apple", "pear", "apple"])


def mark(seq: int, op: str, image_id: str | None = None, **more: object) -> dict[str, object]:
    return {"cid": "tab", "seq": seq, "op": op, "id": image_id, **more}


def test_every_action_is_stored(catalog, ids):
    marks = [
        mark(1, "relabel", ids[0], label="pear"),
        mark(2, "delete", ids[1]),
        mark(3, "keep", ids[2]),
        mark(4, "restore", ids[1]),
        mark(5, "undo"),
        mark(6, "redo"),
    ]
    assert store_marks(catalog, marks) == []
    kinds = [edit.kind for edit in reversed(catalog.journal.history())]
    assert kinds == ["relabel", "quarantine", "keep", "restore", "undo", "redo"]
    assert catalog.images.get(ids[0]).label == "pear"
    assert catalog.images.get(ids[1]).status == "in use"


def test_a_mark_is_stored_once_however_often_it_is_sent(catalog, ids):
    marks = [mark(1, "delete", ids[0]), mark(2, "undo"), mark(3, "delete", ids[1])]
    for _ in range(3):
        assert store_marks(catalog, marks) == []
    assert store_marks(catalog, [*marks, mark(4, "keep", ids[2])]) == []
    assert catalog.journal.count() == 4
    assert catalog.images.get(ids[0]).status == "in use"


def test_two_tabs_count_for_themselves(catalog, ids):
    here, there = mark(1, "keep", ids[0]), {**mark(1, "keep", ids[1]), "cid": "another tab"}
    assert store_marks(catalog, [here, there]) == []
    assert catalog.journal.count() == 2


GARBAGE = [
    None,
    "delete",
    17,
    ["delete"],
    {},
    {"op": "delete"},
    {"cid": "tab", "seq": 1},
    {"cid": "tab", "seq": 1, "op": "delete"},
    {"cid": "tab", "seq": 1, "op": "delete", "id": None},
    {"cid": "tab", "seq": 1, "op": "delete", "id": 5},
    {"cid": "tab", "seq": 1, "op": "delete", "id": ["a" * 64]},
    {"cid": "tab", "seq": 1, "op": "delete", "id": "0" * 64},
    {"cid": "tab", "seq": 1, "op": "delete", "id": "0" * 64 + "\n"},
    {"cid": "tab", "seq": 1, "op": "delete", "id": "../../catalog.sqlite"},
    {"cid": "tab", "seq": 1, "op": "delete", "id": "' OR 1=1 --"},
    {"cid": "tab", "seq": 1, "op": "destroy", "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": None, "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": {"a": 1}, "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": ["undo"], "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": "relabel", "id": "IMAGE"},
    {"cid": "tab", "seq": 1, "op": "relabel", "id": "IMAGE", "label": None},
    {"cid": "tab", "seq": 1, "op": "relabel", "id": "IMAGE", "label": 3},
    {"cid": "tab", "seq": 1, "op": "relabel", "id": "IMAGE", "label": "no such class"},
    {"cid": "tab", "seq": 1, "op": "relabel", "id": "IMAGE", "label": "\ud800"},
    {"seq": 1, "op": "delete", "id": "IMAGE"},
    {"cid": None, "seq": 1, "op": "delete", "id": "IMAGE"},
    {"cid": "", "seq": 1, "op": "delete", "id": "IMAGE"},
    {"cid": "\ud800", "seq": 1, "op": "delete", "id": "IMAGE"},
    {"cid": "tab", "op": "delete", "id": "IMAGE"},
    {"cid": "tab", "op": "undo"},
    {"cid": "tab", "seq": None, "op": "delete", "id": "IMAGE"},
    {"cid": "tab", "seq": "1", "op": "delete", "id": "IMAGE"},
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
def test_garbage_is_a_message_and_the_other_marks_are_stored(garbage, catalog, ids):
    if isinstance(garbage, dict) and garbage.get("id") == "IMAGE":
        garbage = {**garbage, "id": ids[0]}
    before = catalog.images.get(ids[0])
    marks = [mark(8, "keep", ids[1]), garbage, mark(9, "delete", ids[2])]
    (problem,) = store_marks(catalog, marks)
    assert isinstance(problem, StudioError)
    assert problem.message and problem.hint
    assert catalog.images.get(ids[0]) == before
    assert catalog.images.get(ids[1]).reviewed
    assert catalog.images.get(ids[2]).status == "quarantined"


def test_a_label_named_none_is_not_what_is_missing(catalog, ids):
    more = stored_class(catalog, "None")
    (problem,) = store_marks(catalog, [mark(1, "relabel", ids[0])])
    assert catalog.images.get(ids[0]).label == "apple", problem
    assert store_marks(catalog, [mark(2, "relabel", ids[0], label="None")]) == []
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
operations = st.dictionaries(st.sampled_from(["cid", "seq", "op", "id", "label"]), json) | json


@given(st.lists(operations | st.fixed_dictionaries({"op": st.sampled_from(ACTIONS), "id": json})))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_is_an_exception(catalog, marks):
    problems = store_marks(catalog, marks)
    assert all(isinstance(problem, StudioError) for problem in problems)
