"""The schema as a numbered list of steps; each runs once, in a transaction of its own.

Never change a step that has been released: add one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from core.catalog.connection import Connection
from core.errors import WorkspaceError


def _dataset(db: Connection) -> None:
    db.run("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    db.run("INSERT INTO settings VALUES ('seed', '42'), ('valid_share', '0.2')")
    db.run("CREATE TABLE classes (name TEXT PRIMARY KEY)")
    db.run(
        """CREATE TABLE imports (
            id INTEGER PRIMARY KEY, source TEXT NOT NULL, at TEXT NOT NULL,
            added INTEGER NOT NULL, known INTEGER NOT NULL)"""
    )
    db.run(
        """CREATE TABLE skipped (
            import_id INTEGER NOT NULL REFERENCES imports (id),
            path TEXT NOT NULL, reason TEXT NOT NULL)"""
    )
    db.run(
        """CREATE TABLE images (
            id TEXT PRIMARY KEY, suffix TEXT NOT NULL,
            width_px INTEGER NOT NULL, height_px INTEGER NOT NULL,
            label TEXT NOT NULL REFERENCES classes (name) ON UPDATE CASCADE,
            side TEXT NOT NULL CHECK (side IN ('train', 'valid', 'test')),
            side_reason TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('in use', 'quarantined')),
            reviewed INTEGER NOT NULL DEFAULT 0,
            source_path TEXT NOT NULL,
            import_id INTEGER NOT NULL REFERENCES imports (id))"""
    )
    db.run("CREATE INDEX images_by_label ON images (status, label, side)")
    db.run(
        """CREATE TRIGGER side_never_moves BEFORE UPDATE OF side ON images
        WHEN OLD.side <> NEW.side
        BEGIN SELECT RAISE(ABORT, 'the side of an image never moves'); END"""
    )


def _journal(db: Connection) -> None:
    db.run(
        """CREATE TABLE edits (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
            image_id TEXT NOT NULL REFERENCES images (id),
            before TEXT NOT NULL, after TEXT NOT NULL,
            target INTEGER REFERENCES edits (id),
            origin TEXT UNIQUE)"""
    )
    for verb in ("UPDATE", "DELETE"):
        _refuse(db, verb)


def _refuse(db: Connection, verb: str) -> None:
    db.run(
        f"""CREATE TRIGGER edits_are_kept_{verb.lower()} BEFORE {verb} ON edits
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
    )


def _runs(db: Connection) -> None:
    db.run(
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, args TEXT NOT NULL,
            state TEXT NOT NULL, stop_requested INTEGER NOT NULL DEFAULT 0,
            done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
            doing TEXT NOT NULL DEFAULT '', doing_since REAL,
            started_at REAL NOT NULL, ended_at REAL,
            message TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '')"""
    )
    db.run(
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, kind TEXT NOT NULL,
            config TEXT NOT NULL, classes TEXT NOT NULL, created_at TEXT NOT NULL,
            job_id INTEGER REFERENCES jobs (id))"""
    )
    db.run(
        """CREATE TABLE events (
            run_id INTEGER NOT NULL REFERENCES runs (id), seq INTEGER NOT NULL,
            at REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
            PRIMARY KEY (run_id, seq)) WITHOUT ROWID"""
    )
    db.run(
        """CREATE TABLE predictions (
            run_id INTEGER NOT NULL REFERENCES runs (id), scope TEXT NOT NULL,
            image_id TEXT NOT NULL REFERENCES images (id), probs BLOB NOT NULL,
            PRIMARY KEY (run_id, scope, image_id)) WITHOUT ROWID"""
    )


def _batches(db: Connection) -> None:
    db.run("DROP TRIGGER edits_are_kept_update")
    db.run("ALTER TABLE edits ADD COLUMN batch INTEGER REFERENCES edits (id)")
    db.run("ALTER TABLE edits ADD COLUMN below INTEGER")
    edits = [(row["id"], row["kind"]) for row in db.rows("SELECT id, kind FROM edits ORDER BY id")]
    db.run_many("UPDATE edits SET batch = id, below = ? WHERE id = ?", _below(edits))
    _refuse(db, "UPDATE")
    db.run("CREATE TABLE settled (origin TEXT PRIMARY KEY) WITHOUT ROWID")
    for columns in ("batch", "below, batch", "target", "image_id", "kind"):
        db.run(f"CREATE INDEX edits_by_{columns.split(',')[0]} ON edits ({columns})")
    for state in ("before", "after"):
        db.run(f"CREATE INDEX edits_by_{state} ON edits (json_extract({state}, '$.label'))")


def _below(edits: Iterable[tuple[int, str]]) -> list[tuple[int | None, int]]:
    """For each edit what was in force when it came (0: nothing), and its id; undo and redo are
    no steps themselves and have None.
    """
    in_force, undone = [0], list[int]()
    below: list[tuple[int | None, int]] = []
    for edit_id, kind in edits:
        step = kind not in ("undo", "redo")
        below.append((in_force[-1] if step else None, edit_id))
        if kind == "undo":
            undone.append(in_force.pop())
        elif kind == "redo":
            in_force.append(undone.pop())
        else:
            in_force.append(edit_id)
            undone.clear()
    return below


def _lookalikes(db: Connection) -> None:
    db.run(
        """CREATE TABLE fingerprints (
            image_id TEXT PRIMARY KEY REFERENCES images (id),
            thumbnail BLOB NOT NULL, blank TEXT NOT NULL)"""
    )
    db.run(
        """CREATE TABLE lookalikes (
            first TEXT NOT NULL REFERENCES images (id), second TEXT NOT NULL REFERENCES images (id),
            similarity REAL NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID"""
    )
    db.run(
        """CREATE TABLE kept_together (
            id INTEGER PRIMARY KEY AUTOINCREMENT, images TEXT NOT NULL,
            place INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0)"""
    )


def _ways_in(db: Connection) -> None:
    db.run("ALTER TABLE images ADD COLUMN url TEXT NOT NULL DEFAULT ''")
    db.run("ALTER TABLE images ADD COLUMN split_group TEXT NOT NULL DEFAULT ''")
    db.run("UPDATE images SET split_group = id")
    db.run("CREATE INDEX images_by_group ON images (split_group)")
    # Until something was trained nothing was compared, and the person may choose another split:
    # that is said by a setting which lives as long as one transaction.
    db.run("DROP TRIGGER side_never_moves")
    db.run(
        """CREATE TRIGGER side_never_moves BEFORE UPDATE OF side ON images
        WHEN OLD.side <> NEW.side
            AND NOT EXISTS (SELECT 1 FROM settings WHERE name = 'splitting')
        BEGIN SELECT RAISE(ABORT, 'the side of an image never moves'); END"""
    )


def _quality(db: Connection) -> None:
    db.run(
        """CREATE TABLE quality (
            image_id TEXT PRIMARY KEY REFERENCES images (id),
            dark REAL NOT NULL, bright REAL NOT NULL, blur REAL NOT NULL, information REAL NOT NULL)
        WITHOUT ROWID"""
    )


def _renames(db: Connection) -> None:
    db.run("ALTER TABLE classes ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0")
    db.run(
        """CREATE TABLE renames (
            id INTEGER PRIMARY KEY AUTOINCREMENT, old TEXT NOT NULL, new TEXT NOT NULL,
            last_edit INTEGER NOT NULL, last_run INTEGER NOT NULL)"""
    )


def _studies(db: Connection) -> None:
    db.run("ALTER TABLE jobs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0")
    db.run("ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    db.run(
        """CREATE TABLE studies (
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, config TEXT NOT NULL,
            result TEXT NOT NULL, at TEXT NOT NULL, job_id INTEGER REFERENCES jobs (id))"""
    )


def _edits_before_a_run(db: Connection) -> None:
    db.run("ALTER TABLE runs ADD COLUMN edits INTEGER NOT NULL DEFAULT 0")
    db.run("UPDATE runs SET edits = COALESCE(json_extract(config, '$.journal'), 0)")
    db.run("UPDATE runs SET config = json_remove(config, '$.journal')")


def _gallery(db: Connection) -> None:
    # Holds all that a gallery asks for, in its order: no page reads more than this index.
    db.run(
        """CREATE INDEX images_by_id ON images
        (id, status, label, side, import_id, source_path)"""
    )


def _shots(db: Connection) -> None:
    db.run(
        """CREATE TABLE shots (
            image_id TEXT PRIMARY KEY REFERENCES images (id),
            camera TEXT NOT NULL, taken_s REAL NOT NULL) WITHOUT ROWID"""
    )
    db.run("CREATE INDEX shots_by_time ON shots (camera, taken_s)")


def _events_by_kind(db: Connection) -> None:
    db.run("CREATE INDEX events_by_kind ON events (run_id, kind, seq)")


def _sounds_resemble_their_equals_only(db: Connection) -> None:
    # Spectrograms look alike; the next search takes their fingerprints anew.
    sounds = "(SELECT id FROM images WHERE suffix IN ('.wav', '.flac', '.mp3'))"
    db.run(f"DELETE FROM fingerprints WHERE image_id IN {sounds}")
    db.run(f"DELETE FROM lookalikes WHERE first IN {sounds} OR second IN {sounds}")


def _groups(db: Connection) -> None:
    # Counting groups reads this index only.
    db.run("CREATE INDEX images_in_groups ON images (split_group, status, side)")
    db.run("DROP INDEX images_by_group")


def _one_journal(db: Connection) -> None:
    """Edits may speak of a class instead of an image; sets of look-alikes that were kept become
    edits, as the last that was done.
    """
    columns = "id, at, kind, image_id, before, after, target, origin, batch, below"
    db.run(
        """CREATE TABLE all_edits (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
            image_id TEXT REFERENCES images (id), before TEXT NOT NULL, after TEXT NOT NULL,
            target INTEGER REFERENCES all_edits (id), origin TEXT UNIQUE,
            batch INTEGER REFERENCES all_edits (id), below INTEGER)"""
    )
    db.run(f"INSERT INTO all_edits ({columns}) SELECT {columns} FROM edits ORDER BY id")
    db.run("DROP TABLE edits")
    db.run("ALTER TABLE all_edits RENAME TO edits")
    _index_edits(db)
    below = _in_force(db)
    for row in db.rows("SELECT images FROM kept_together WHERE NOT undone ORDER BY id"):
        below = _keep_all(db, json.loads(row["images"]), below)
    db.run("DROP TABLE kept_together")
    for verb in ("UPDATE", "DELETE"):
        _refuse(db, verb)


def _index_edits(db: Connection) -> None:
    for columns in ("batch", "below, batch", "target", "image_id", "kind"):
        db.run(f"CREATE INDEX edits_by_{columns.split(',')[0]} ON edits ({columns})")
    for state in ("before", "after"):
        db.run(f"CREATE INDEX edits_by_{state} ON edits (json_extract({state}, '$.label'))")


def _in_force(db: Connection) -> int:
    """The batch of the last step in force; 0 when there is none."""
    row = db.row(
        """SELECT CASE edits.kind
        WHEN 'undo' THEN target.below WHEN 'redo' THEN target.batch ELSE edits.batch END
        FROM edits LEFT JOIN edits AS target ON target.id = edits.target
        ORDER BY edits.id DESC LIMIT 1"""
    )
    return int(row[0]) if row else 0


def _keep_all(db: Connection, images: list[str], below: int) -> int:
    """Say in the journal that these images all stay; the batch."""
    last = db.row("SELECT COALESCE(MAX(id), 0) FROM edits")
    batch, at = (last[0] if last else 0) + 1, datetime.now(UTC).isoformat(timespec="seconds")
    for number, image_id in enumerate(images):
        db.run(
            """INSERT INTO edits (id, at, kind, image_id, before, after, batch, below)
            SELECT ?, ?, 'keep all', id, state, state, ?, ? FROM (SELECT id, json_object(
                'label', label, 'status', status, 'reviewed', json(iif(reviewed, 'true', 'false'))
            ) AS state FROM images WHERE id = ?)""",
            [batch + number, at, batch, below, image_id],
        )
    return batch


_SKIPPED_WORDS = (
    ("the file is empty", "empty"),
    ("the answer is empty", "empty"),
    ("larger than ", "too large"),
    ("in a part of the file that is too large", "too large"),
    ("too many pixels", "too many pixels"),
    ("far too many pixels", "too many pixels"),
    ("too small to learn from", "too small"),
    ("not a picture", "no picture"),
    ("a web page or other text", "no picture"),
    ("the row holds no picture", "no picture"),
    ("damaged", "damaged"),
    ("a sound that cannot be decoded", "damaged"),
    ("cannot be unpacked", "damaged"),
    ("its part of the file is damaged", "damaged"),
    ("its answer is compressed and damaged", "damaged"),
    ("truncated", "truncated"),
    ("a JPEG of more than ", "too many scans"),
    ("takes too long to decode", "takes too long"),
    ("a kind of sound that is not read", "unusual sound"),
    ("shorter than ", "too short"),
    ("longer than ", "too long"),
    ("cannot be read", "unreadable"),
    ("not a regular file", "no regular file"),
    ("a device or a pipe", "no regular file"),
    ("a link", "link"),
    ("hidden or system file", "hidden"),
    ("its path leads out", "leads out"),
    ("there is another file of this name", "name taken"),
    ("not in a class folder", "no class"),
    ("the table has no label for it", "no class"),
    ("the regular expression finds no label", "no class"),
    ("of another configuration", "not wanted"),
    ("a program: never run", "not wanted"),
    ("neither a picture nor a table", "not wanted"),
    ("not in the table", "not in the table"),
    ("the table names it; it is gone", "missing"),
    ("several files have this name", "ambiguous"),
    ("the same picture as ", "same picture"),
    ("the same picture is already there as", "another class"),
    ("already there as ", "relabelled"),
    ("it was deleted here", "deleted"),
    ("it leads into this machine's own network", "inside address"),
    ("its host is a name inside a network", "inside address"),
    ("in the list before", "listed twice"),
    ("redirected more than ", "too many redirects"),
    ("the site answered ", "refused by the site"),
    ("its answer cannot be understood", "not understood"),
    ("its certificate cannot be trusted", "insecure"),
    ("no secure connection is possible", "insecure"),
    ("no answer in time", "no answer"),
    ("not complete after ", "no answer"),
    ("its host did not answer before", "no answer"),
    ("the connection broke", "no connection"),
    ("the answer broke off", "no connection"),
    ("no connection to its host", "no connection"),
    ("its host is not known", "no connection"),
)
"""How reasons began until files were skipped with a kind, and the kind of each."""


def _checks_of_another_measure(db: Connection) -> None:
    """Blur and look-alikes are measured anew: what earlier limits said would be read wrongly."""
    db.run("DELETE FROM quality")
    db.run("DELETE FROM lookalikes")
    db.run("DELETE FROM settings WHERE name LIKE 'lookalikes_searched_%'")


def _kinds_of_skipped(db: Connection) -> None:
    db.run("ALTER TABLE skipped ADD COLUMN kind TEXT NOT NULL DEFAULT 'other'")
    db.run_many(
        "UPDATE skipped SET kind = ? WHERE substr(reason, 1, ?) = ?",
        [(kind, len(start), start) for start, kind in _SKIPPED_WORDS],
    )


def _ways_of_imports(db: Connection) -> None:
    """Until then only the words of its source told that an import was a photo of the camera."""
    db.run("ALTER TABLE imports ADD COLUMN way TEXT NOT NULL DEFAULT ''")
    db.run("UPDATE imports SET way = 'camera' WHERE substr(source, 1, 8) = 'Camera: '")


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _dataset,
    _journal,
    _runs,
    _batches,
    _lookalikes,
    _ways_in,
    _quality,
    _renames,
    _studies,
    _edits_before_a_run,
    _gallery,
    _shots,
    _events_by_kind,
    _sounds_resemble_their_equals_only,
    _groups,
    _one_journal,
    _kinds_of_skipped,
    _ways_of_imports,
    _checks_of_another_measure,
)


def migrate(db: Connection) -> None:
    """Bring the file up to this version of the studio.

    Raises:
        WorkspaceError: the file was written by a newer studio, or is not a catalog.
    """
    while _version(db) < len(MIGRATIONS):
        with db.atomic():  # takes the write lock, so that two processes do not both take a step
            version = _version(db)
            if version < len(MIGRATIONS):
                MIGRATIONS[version](db)
                db.run(f"PRAGMA user_version = {version + 1}")


def _version(db: Connection) -> int:
    row = db.row("PRAGMA user_version")
    version = int(row[0]) if row else 0
    if version > len(MIGRATIONS):
        raise WorkspaceError(
            "This workspace was made by a newer TopLoss.",
            "Update TopLoss, or choose another workspace in the sidebar.",
        )
    return version
