"""The schema, and how files of earlier and later studios are opened."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.catalog import open_catalog
from core.catalog.lookalikes import NearPair
from core.catalog.migrations import (
    _SKIPPED_WORDS,
    MIGRATIONS,
    _kinds_of_skipped,
    _one_journal,
    _ways_of_imports,
)
from core.catalog.migrations import _checks_of_another_measure as _checks_anew
from core.catalog.quality import QualityRow
from core.errors import FILE_FAULTS, WorkspaceError
from tests.builders import stored

SCHEMA = {
    "settings": "name value",
    "classes": "name hidden",
    "imports": "id source at added known way",
    "skipped": "import_id path reason kind",
    "images": "id suffix width_px height_px label side side_reason status reviewed source_path "
    "import_id url split_group",
    "edits": "id at kind image_id before after target origin batch below",
    "settled": "origin",
    "fingerprints": "image_id thumbnail blank",
    "lookalikes": "first second similarity",
    "shots": "image_id camera taken_s",
    "runs": "id name kind config classes created_at job_id note edits",
    "jobs": "id kind args state stop_requested done total doing doing_since started_at ended_at "
    "message hint paused",
    "events": "run_id seq at kind payload",
    "predictions": "run_id scope image_id probs",
    "quality": "image_id dark bright blur information",
    "renames": "id old new last_edit last_run",
    "studies": "id kind config result at job_id",
    "(indexes)": "edits_by_after edits_by_batch edits_by_before edits_by_below edits_by_image_id "
    "edits_by_kind edits_by_target events_by_kind images_by_id images_by_label images_in_groups "
    "shots_by_time",
}


def schema(file) -> dict[str, str]:
    """Table -> its columns, and the names of the indexes."""
    raw = sqlite3.connect(file)
    tables = raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    columns = {
        name: " ".join(row[1] for row in raw.execute(f"PRAGMA table_info({name})"))
        for (name,) in tables.fetchall()
    }
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql <> '' ORDER BY name"
    columns["(indexes)"] = " ".join(name for (name,) in raw.execute(indexes))
    raw.close()
    return columns


def set_version(file, version: int) -> None:
    raw = sqlite3.connect(file)
    raw.execute(f"PRAGMA user_version = {version}")
    raw.close()


def test_the_schema_is_the_expected_one(workspace, catalog):
    assert schema(workspace.catalog_file) == SCHEMA


def test_an_empty_file_becomes_a_catalog(workspace):
    workspace.catalog_file.touch()
    open_catalog(workspace).close()
    assert schema(workspace.catalog_file) == SCHEMA


def test_reopening_keeps_what_is_stored(workspace):
    catalog = open_catalog(workspace)
    stored(catalog, ["apple", "pear"])
    seed = catalog.seed
    catalog.close()
    again = open_catalog(workspace)
    assert again.images.classes() == ["apple", "pear"]
    assert again.seed == seed
    again.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_an_earlier_step_is_brought_up_to_date(version, workspace, monkeypatch):
    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", MIGRATIONS[:version])
    open_catalog(workspace).close()
    changes_the_schema = version < MIGRATIONS.index(_checks_anew)  # which only removes rows
    assert (schema(workspace.catalog_file) != SCHEMA) is changes_the_schema
    monkeypatch.undo()
    open_catalog(workspace).close()
    assert schema(workspace.catalog_file) == SCHEMA


OLD_JOURNAL = ("keep", "keep", "undo", "keep", "undo", "undo", "redo", "redo", "keep")


def test_undo_goes_on_in_a_journal_of_before_there_were_batches(workspace, monkeypatch):
    """Edits 1 and 2, 2 undone, 4, then 4 and 1 undone and redone, 9."""
    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", MIGRATIONS[:3])
    open_catalog(workspace).close()
    monkeypatch.undo()
    image_id = "0" * 64
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("INSERT INTO classes VALUES ('apple')")
    raw.execute("INSERT INTO imports VALUES (1, 'a test', '', 1, 0)")
    row = [image_id, ".jpg", 48, 32, "apple", "train", "hash", "in use", 0, "a.jpg", 1]
    raw.execute(f"INSERT INTO images VALUES ({', '.join('?' * len(row))})", row)
    state = {"label": "apple", "status": "in use"}
    states = [json.dumps({**state, "reviewed": reviewed}) for reviewed in (False, True)]
    for number, (kind, target) in enumerate(zip(OLD_JOURNAL, [0, 0, 2, 0, 4, 1, 1, 4, 0]), start=1):
        raw.execute(
            "INSERT INTO edits VALUES (?, '2026', ?, ?, ?, ?, ?, ?)",
            [number, kind, image_id, *states, target or None, f"tab:{number}"],
        )
    raw.commit()
    raw.close()
    catalog = open_catalog(workspace)
    assert [edit.batch for edit in catalog.journal.history()] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    undone = [catalog.journal.undo() for _ in range(4)]
    assert [[edit.target for edit in edits] for edits in undone] == [[9], [4], [1], []]
    redone = [catalog.journal.redo() for _ in range(4)]
    assert [[edit.target for edit in edits] for edits in redone] == [[1], [4], [9], []]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(workspace.catalog_file).execute("UPDATE edits SET batch = 1")
    catalog.close()


def test_sets_that_were_kept_apart_from_the_journal_are_its_last_steps(workspace, monkeypatch):
    step = MIGRATIONS.index(_one_journal)
    needed = (_kinds_of_skipped, _ways_of_imports)  # today's catalog cannot do without these
    before = (*MIGRATIONS[:step], *needed)
    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", before)
    catalog = open_catalog(workspace)
    ids = stored(catalog, ["apple", "pear", "apple", "pear"])
    catalog.journal.relabel(ids[0], "pear")
    catalog.close()
    monkeypatch.undo()
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("ALTER TABLE skipped DROP COLUMN kind")
    raw.execute("ALTER TABLE imports DROP COLUMN way")
    raw.execute(f"PRAGMA user_version = {step}")
    for images, undone in ((ids[:2], 0), (ids[2:], 1), (ids[1:3], 0)):
        raw.execute(
            "INSERT INTO kept_together (images, place, undone) VALUES (?, 1, ?)",
            [json.dumps(images), undone],
        )
    raw.commit()
    raw.close()
    catalog = open_catalog(workspace)
    assert catalog.journal.kept_sets() == [frozenset(ids[:2]), frozenset(ids[1:3])]
    catalog.journal.undo()
    assert catalog.journal.kept_sets() == [frozenset(ids[:2])]
    catalog.journal.undo()
    assert catalog.journal.kept_sets() == []
    assert [edit.kind for edit in catalog.journal.next_undo()] == ["relabel"]
    catalog.journal.undo()
    assert catalog.images.get(ids[0]).label == "apple"
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(workspace.catalog_file).execute("DELETE FROM edits")
    catalog.close()


def test_files_skipped_before_there_were_kinds_get_one_by_their_words(workspace, monkeypatch):
    step = MIGRATIONS.index(_kinds_of_skipped)
    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", MIGRATIONS[:step])
    open_catalog(workspace).close()
    monkeypatch.undo()
    reasons = {
        "the same picture as a.jpg": "same picture",
        "the same picture is already there as 'cat' (a.jpg)": "another class",
        "far too many pixels": "too many pixels",
        "too many pixels (9 x 9; limit 50 M)": "too many pixels",
        "the site answered 404 (Not Found)": "refused by the site",
        "it was said in words that nobody knows": "other",
    }
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("INSERT INTO imports VALUES (1, 'a test', '', 0, 0)")
    raw.executemany("INSERT INTO skipped VALUES (1, 'a.jpg', ?)", [[reason] for reason in reasons])
    raw.commit()
    raw.close()
    catalog = open_catalog(workspace)
    assert {skip.reason: skip.kind for skip in catalog.images.skipped(1)} == reasons
    catalog.close()


def test_photos_of_before_a_way_was_noted_are_still_of_the_camera(workspace, monkeypatch):
    step = MIGRATIONS.index(_ways_of_imports)
    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", MIGRATIONS[:step])
    open_catalog(workspace).close()
    monkeypatch.undo()
    ways = {"Camera: open hand": "camera", "Cameras": "", "/home/me/Camera: roll": ""}
    raw = sqlite3.connect(workspace.catalog_file)
    sql = "INSERT INTO imports (source, at, added, known) VALUES (?, '', 1, 0)"
    raw.executemany(sql, [[source] for source in ways])
    raw.commit()
    raw.close()
    catalog = open_catalog(workspace)
    assert {record.source: record.way for record in catalog.images.imports()} == ways
    catalog.close()


def test_checks_by_earlier_measures_are_asked_for_again(workspace, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr("core.catalog.migrations.MIGRATIONS", MIGRATIONS[: _number(_checks_anew)])
        catalog = open_catalog(workspace)
        ids = stored(catalog, ["ant", "bee"])
        catalog.lookalikes.replace_pairs([NearPair(ids[0], ids[1], 0.7)], "features")
        catalog.quality.add([QualityRow(ids[0], 1, 1, 0.1, 1)])
        catalog.close()
    catalog = open_catalog(workspace)
    assert catalog.lookalikes.searched_with() is None
    assert catalog.lookalikes.pairs() == []
    assert catalog.quality.unchecked() == ids
    catalog.close()


def _number(step) -> int:
    return MIGRATIONS.index(step)


def test_every_kind_that_old_words_are_mapped_to_is_one():
    assert {kind for _, kind in _SKIPPED_WORDS} <= set(FILE_FAULTS)


def test_a_step_that_fails_leaves_the_file_as_it_was(workspace, monkeypatch):
    def broken(db):
        db.run("CREATE TABLE half (x)")
        raise ZeroDivisionError

    monkeypatch.setattr("core.catalog.migrations.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(ZeroDivisionError):
        open_catalog(workspace)
    monkeypatch.undo()
    open_catalog(workspace).close()
    assert schema(workspace.catalog_file) == SCHEMA


def test_a_file_of_a_newer_studio_is_refused(workspace):
    open_catalog(workspace).close()
    set_version(workspace.catalog_file, len(MIGRATIONS) + 1)
    with pytest.raises(WorkspaceError, match="newer TopLoss"):
        open_catalog(workspace)


def test_a_database_of_something_else_is_refused(workspace):
    raw = sqlite3.connect(workspace.catalog_file)
    raw.execute("CREATE TABLE settings (x)")
    raw.close()
    with pytest.raises(WorkspaceError):
        open_catalog(workspace)


def test_opening_a_new_workspace_from_many_places_at_once(workspace):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_catalog(workspace), range(8)))
    assert {catalog.seed for catalog in opened} == {opened[0].seed}
    for catalog in opened:
        catalog.close()
    assert schema(workspace.catalog_file) == SCHEMA
