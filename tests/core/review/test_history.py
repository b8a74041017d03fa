"""The history in plain words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.catalog import Catalog
from core.review.history import ago, describe, describe_step
from tests.builders import stored


@pytest.fixture
def ids(catalog: Catalog) -> list[str]:
    return stored(catalog, ["cat", "dog", "cat"])


def descriptions(catalog: Catalog) -> list[str]:
    """All edits in words, oldest first."""
    return [describe(edit) for edit in reversed(catalog.journal.history())]


def test_each_kind_has_its_words(catalog: Catalog, ids: list[str]) -> None:
    journal = catalog.journal
    journal.relabel(ids[0], "dog")
    journal.quarantine(ids[1])
    journal.restore(ids[1])
    journal.keep(ids[2])
    assert descriptions(catalog) == ["cat → dog", "deleted", "restored", "kept"]


def test_the_way_back_says_what_it_is_about(catalog: Catalog, ids: list[str]) -> None:
    journal = catalog.journal
    for change in (
        lambda: journal.relabel(ids[0], "dog"),
        lambda: journal.quarantine(ids[1]),
        lambda: journal.restore(ids[1]),
        lambda: journal.keep(ids[2]),
    ):
        (edit,) = change()
        description = describe(edit)
        assert [describe(e) for e in journal.undo()] == [f"undid: {description}"]
        assert [describe(e) for e in journal.redo()] == [f"redid: {description}"]
    (edit,) = journal.relabel(ids[2], "dog")
    assert [describe(e) for e in journal.revert(edit.id)] == ["reverted: cat → dog"]


def test_what_changed_nothing_says_so(catalog: Catalog, ids: list[str]) -> None:
    catalog.journal.relabel(ids[0], "cat")
    catalog.journal.keep(ids[0])
    catalog.journal.undo()
    assert descriptions(catalog) == ["kept", "kept", "undid: no change"]


def test_a_step_says_how_many_pictures_it_was_about(catalog: Catalog, ids: list[str]) -> None:
    journal = catalog.journal
    assert describe_step(journal.relabel(ids[0], "dog")) == "cat → dog"
    assert describe_step(journal.quarantine(ids)) == "deleted, 3 pictures"
    assert describe_step(journal.relabel(ids[:2], "cat")) == "dog → cat, 2 pictures"
    journal.relabel(ids[0], "dog")
    assert describe_step(journal.relabel(ids, "dog")) == "several → dog, 3 pictures"
    assert describe_step(journal.undo()) == "several changes, 3 pictures"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-5), "just now"),  # clocks differ
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "2026-03-01"),
    ],
)
def test_how_long_ago(passed: timedelta, words: str) -> None:
    assert ago("2026-03-01T12:00:00+00:00", datetime(2026, 3, 1, 12, tzinfo=UTC) + passed) == words
