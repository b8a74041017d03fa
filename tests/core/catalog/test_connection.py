"""Transactions, and errors a person can read."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

import pytest

from core.catalog import connection, open_catalog
from core.catalog.connection import Connection
from core.errors import Conflict, WorkspaceError


@pytest.fixture
def db(tmp_path):
    opened = Connection(tmp_path / "a.sqlite")
    opened.run("CREATE TABLE notes (text TEXT PRIMARY KEY)")
    yield opened
    opened.close()


def notes(db: Connection) -> list[str]:
    return [row[0] for row in db.rows("SELECT text FROM notes ORDER BY text")]


def write(db: Connection, text: str) -> None:
    db.run("INSERT INTO notes VALUES (?)", [text])


def test_what_happens_in_a_transaction_is_stored(db):
    with db.atomic():
        write(db, "a")
        with db.atomic():
            write(db, "b")
    assert notes(db) == ["a", "b"]


def test_an_error_takes_everything_back(db):
    with pytest.raises(ZeroDivisionError), db.atomic():
        write(db, "a")
        with db.atomic():
            write(db, "b")
        raise ZeroDivisionError
    assert notes(db) == []


def test_an_error_inside_takes_back_the_inner_part_only(db):
    with db.atomic():
        write(db, "a")
        for text in ("b", "c"):
            with suppress(ZeroDivisionError), db.atomic():
                with db.atomic():
                    write(db, text)
                raise ZeroDivisionError
        write(db, "d")
    assert notes(db) == ["a", "d"]


def test_a_failed_commit_leaves_the_connection_usable(db):
    db.run("CREATE TABLE pages (note TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(Conflict), db.atomic():
        db.run("INSERT INTO pages VALUES ('a note that is not there')")
    with db.atomic():
        write(db, "a")
    assert notes(db) == ["a"]
    assert db.rows("SELECT * FROM pages") == []


def test_another_connection_sees_nothing_until_the_end(db, tmp_path):
    other = Connection(tmp_path / "a.sqlite")
    with db.atomic():
        write(db, "a")
        assert notes(other) == []
    assert notes(other) == ["a"]
    other.close()


def test_a_catalog_locked_by_another_process_is_a_conflict(db, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)
    other = Connection(tmp_path / "a.sqlite")
    with db.atomic(), pytest.raises(Conflict, match="written by something else"), other.atomic():
        pass
    other.close()


def test_a_value_that_breaks_a_rule_is_a_conflict(db):
    write(db, "a")
    with pytest.raises(Conflict, match="UNIQUE"):
        write(db, "a")


@pytest.mark.parametrize("value", [10**30, "\udcff"], ids=["huge number", "half a letter"])
def test_a_value_that_sqlite_cannot_hold_is_a_conflict(value, db):
    with pytest.raises(Conflict):
        db.run("INSERT INTO notes VALUES (?)", [value])


def test_a_full_disk_is_said_in_a_sentence(db):
    db.run("PRAGMA max_page_count = 3")
    with pytest.raises(WorkspaceError, match="disk is full"), db.atomic():
        for number in range(1000):
            write(db, f"{number} {'x' * 1000}")
    assert notes(db) == []


def test_a_catalog_that_may_only_be_read_is_said_in_a_sentence(db):
    db.run("PRAGMA query_only = ON")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        write(db, "a")


@pytest.mark.parametrize("content", [b"\x93random\x00" * 900, b"text, not a catalog\n" * 50])
def test_a_damaged_file_is_said_in_a_sentence(content, workspace):
    workspace.catalog_file.write_bytes(content)
    with pytest.raises(WorkspaceError) as caught:
        open_catalog(workspace)
    assert str(workspace.catalog_file) in caught.value.hint
    assert workspace.catalog_file.read_bytes() == content


def test_a_catalog_damaged_in_the_middle_is_said_in_a_sentence(workspace):
    catalog = open_catalog(workspace)
    catalog.close()
    content = bytearray(workspace.catalog_file.read_bytes())
    content[4096:] = b"\x93" * (len(content) - 4096)
    workspace.catalog_file.write_bytes(content)
    with pytest.raises(WorkspaceError):
        open_catalog(workspace).images.all()


def test_a_folder_in_place_of_the_catalog_is_said_in_a_sentence(workspace):
    workspace.catalog_file.mkdir()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        open_catalog(workspace)


def test_a_file_in_place_of_the_workspace_is_not_taken_for_a_full_disk(tmp_path):
    """The path holds words that errors are made of: "full", "locked", "denied"."""
    blocker = tmp_path / "full locked denied"
    blocker.write_text("")
    with pytest.raises(WorkspaceError) as caught:
        Connection(blocker / "fruits" / "catalog.sqlite")
    assert "disk is full" not in caught.value.message


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c.images.all(),
        lambda c: c.images.add("x", [], [], 0),
        lambda c: c.images.counts(),
        lambda c: c.seed,
        lambda c: c.journal.undo(),
        lambda c: c.journal.relabel("a", "b"),
        lambda c: c.runs.all(),
        lambda c: c.jobs.create("import", {}),
        lambda c: c.jobs.latest(),
    ],
)
def test_no_error_of_sqlite_leaks(use, workspace):
    """The tables are gone: a catalog that something else has made or broken."""
    catalog = open_catalog(workspace)
    raw = sqlite3.connect(workspace.catalog_file)
    for table in ("settings", "classes", "imports", "images", "edits", "runs", "jobs"):
        raw.execute(f"DROP TABLE {table}")
    raw.close()
    with pytest.raises(WorkspaceError):
        use(catalog)
    catalog.close()


def test_what_is_stored_is_on_the_disk_before_anybody_hears_of_it(workspace):
    """2 is FULL: the log is written to the disk at each commit, so a power cut takes no mark."""
    catalog = open_catalog(workspace)
    with catalog.atomic():
        assert catalog._db.rows("PRAGMA synchronous")[0][0] == 2
    assert catalog._db.rows("PRAGMA journal_mode")[0][0] == "wal"
    catalog.close()
