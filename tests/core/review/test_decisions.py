"""Decisions about look-alikes: each once, and undone in the order they were made."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import open_catalog
from core.review.marks import store_marks
from tests.builders import stored


@pytest.fixture
def ids(catalog):
    return stored(catalog, ["apple", "pear", "apple", "pear"])


class Tab:
    """Sends operations one after the other, as the browser does."""

    def __init__(self, catalog, name: str = "tab") -> None:
        self.catalog, self.name, self.operations = catalog, name, []

    def send(self, op: str, *ids: str, **more: object):
        operation = {"cid": self.name, "seq": len(self.operations) + 1, "op": op, **more}
        self.operations.append(operation | ({"ids": list(ids)} if ids else {}))
        return store_marks(self.catalog, self.operations).problems

    def state(self) -> tuple[list[str], list[set[str]]]:
        """Ids out of use, and the kept sets."""
        out = [image.id for image in self.catalog.images.all("quarantined")]
        return sorted(out), [set(kept_set) for kept_set in self.catalog.journal.kept_sets()]


@pytest.fixture
def tab(catalog):
    return Tab(catalog)


def test_keeping_one_deletes_the_others_as_one_step(tab, ids):
    tab.send("delete", *ids[1:])
    assert tab.state() == (sorted(ids[1:]), [])
    tab.send("undo")
    assert tab.state() == ([], [])


def test_keeping_all_says_nothing_about_the_pictures(tab, ids):
    tab.send("keep all", *ids[:2])
    assert tab.state() == ([], [set(ids[:2])])
    assert not tab.catalog.images.get(ids[0]).reviewed
    assert tab.catalog.answers.all() == [] and tab.catalog.answers.last(9) == []
    assert tab.catalog.journal.changed_images(0) == set()


def test_both_kinds_are_undone_and_redone_in_order(tab, ids):
    steps = [
        ("keep all", *ids[:2]),
        ("delete", ids[2]),
        ("keep all", ids[0], ids[3]),
        ("keep all", ids[1], ids[3]),
        ("delete", ids[1]),
    ]
    states = [tab.state()]
    for step in steps:
        assert tab.send(*step) == ()
        states.append(tab.state())
    for state in states[-2::-1]:
        tab.send("undo")
        assert tab.state() == state
    assert tab.send("undo") == ()
    assert tab.state() == states[0]
    for state in states[1:]:
        tab.send("redo")
        assert tab.state() == state


def test_an_operation_is_stored_once_however_often_it_is_sent(tab, ids):
    tab.send("keep all", *ids[:2])
    tab.send("undo")
    tab.send("reopen", *ids[2:])
    for _ in range(3):
        assert store_marks(tab.catalog, tab.operations).problems == ()
        assert tab.state() == ([], [])


def test_a_decision_survives_a_restart_and_can_be_taken_back_later(tab, workspace, ids):
    tab.send("keep all", *ids[:2])
    again = open_catalog(workspace)
    other = Tab(again, "another tab")
    assert other.state() == ([], [set(ids[:2])])
    other.send("reopen", *ids[:2])
    assert tab.state() == ([], [])
    again.close()


def test_asking_again_can_be_taken_back_and_takes_only_what_holds_two_of_them(tab, ids):
    tab.send("keep all", *ids[:2])
    tab.send("keep all", *ids[1:3])
    tab.send("reopen", *ids[:2])
    assert tab.state() == ([], [set(ids[1:3])])
    tab.send("undo")
    assert tab.state() == ([], [set(ids[:2]), set(ids[1:3])])
    tab.send("redo")
    assert tab.state() == ([], [set(ids[1:3])])
    tab.send("keep all", *ids[:2])
    assert tab.state() == ([], [set(ids[1:3]), set(ids[:2])])


def test_a_decision_about_one_picture_or_a_picture_that_is_gone_is_refused(tab, ids):
    assert "no mark" in tab.send("keep all", ids[0])[0].message
    assert "not in the workspace" in tab.send("keep all", ids[0], "f" * 64)[-1].message
    assert tab.state() == ([], [])


def test_a_label_is_changed_through_the_journal(tab, ids):
    tab.send("relabel", ids[0], label="pear")
    assert tab.catalog.images.get(ids[0]).label == "pear"


def test_a_problem_is_said_once_and_the_rest_is_stored(tab, ids):
    bad = [{"op": "keep all", "cid": "x", "seq": k, "ids": ["no id"] * 2} for k in range(3)]
    good = {"op": "keep all", "cid": "x", "seq": 9, "ids": ids[:2]}
    (problem,) = store_marks(tab.catalog, [*bad, good]).problems
    assert "no mark" in problem.message
    assert tab.state() == ([], [set(ids[:2])])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "op": st.sampled_from(["keep all", "reopen", "undo", "redo", "delete"]) | ANYTHING,
            "cid": st.text(max_size=3) | ANYTHING,
            "seq": st.integers() | ANYTHING,
            "ids": st.lists(st.sampled_from(["f" * 64, "e" * 64]) | ANYTHING, max_size=3)
            | ANYTHING,
        },
    )
    | ANYTHING
)
def test_nothing_that_a_browser_sends_is_an_exception(catalog, operation):
    problems = store_marks(catalog, [operation]).problems
    assert all(problem.message and problem.hint for problem in problems)
