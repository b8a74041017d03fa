"""Names of classes that were written down before a rename, given as they are today.

Edits and runs are never rewritten. `renames` says of a name `old` in edits up to `last_edit`, and
in runs up to `last_run`, that the class is called `new` today: a later rename brings `new` up to
date, so the first row that fits is the answer, however many renames there were.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.connection import Connection
from core.errors import Conflict


def todays_name(name: str, edit: str) -> str:
    """SQL: what the class is called today that `name` meant in the edit with the id `edit`."""
    return f"""COALESCE((SELECT new FROM renames WHERE old = {name} AND last_edit >= {edit}
        ORDER BY last_edit, renames.id LIMIT 1), {name})"""


def todays_classes(db: Connection, run_id: int, classes: Sequence[str]) -> tuple[str, ...]:
    """What the classes of a run are called today, in its order."""
    sql = "SELECT old, new FROM renames WHERE last_run >= ? ORDER BY last_run DESC, id DESC"
    today = {row["old"]: row["new"] for row in db.rows(sql, [run_id])}  # the earliest comes last
    return tuple(today.get(name, name) for name in classes)


def is_listed(db: Connection, name: str) -> bool:
    """Whether there is such a class; a hidden one is listed only while it has images in use."""
    sql = """SELECT NOT hidden OR EXISTS (SELECT 1 FROM images
        WHERE status = 'in use' AND label = name) FROM classes WHERE name = ?"""
    row = db.row(sql, [name])
    return bool(row and row[0])


def list_class(db: Connection, name: str, listed: bool) -> None:
    """List a class whether it has images or not, made if it is new; or only while it has."""
    sql = """INSERT INTO classes (name, hidden) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET hidden = excluded.hidden"""
    db.run(sql, [name, not listed])


def call_class(db: Connection, old: str, new: str) -> None:
    """Call a class otherwise, in what was written down too: no image changes.

    A hidden class that had the name before gets another one.

    Raises:
        Conflict: a listed class has that name.
    """
    if is_listed(db, new):
        raise Conflict(
            f"There is a class {new!r} already.",
            "Merge the two classes instead, or choose another name.",
        )
    if _exists(db, new):
        _rename(db, new, _free_name(db, new))
    _rename(db, old, new)


def _rename(db: Connection, old: str, new: str) -> None:
    db.run("UPDATE classes SET name = ? WHERE name = ?", [new, old])
    db.run("UPDATE renames SET new = ? WHERE new = ?", [new, old])
    db.run(
        """INSERT INTO renames (old, new, last_edit, last_run) VALUES (?, ?,
        (SELECT COALESCE(MAX(id), 0) FROM edits), (SELECT COALESCE(MAX(id), 0) FROM runs))""",
        [old, new],
    )


def _free_name(db: Connection, name: str) -> str:
    number, free = 1, f"{name} (old)"
    while _exists(db, free):
        number += 1
        free = f"{name} (old {number})"
    return free


def _exists(db: Connection, name: str) -> bool:
    return db.row("SELECT 1 FROM classes WHERE name = ?", [name]) is not None
