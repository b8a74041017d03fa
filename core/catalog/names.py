"""Names of classes that were written down before a rename, given as they are today.

Edits and runs are never rewritten. `renames` says of a name `old` in edits up to `last_edit`, and
in runs up to `last_run`, that the class is called `new` today: a later rename brings `new` up to
date, so the first row that fits is the answer, however many renames there were.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.connection import Connection


def todays_name(name: str, edit: str) -> str:
    """SQL: what the class is called today that `name` meant in the edit with the id `edit`."""
    return f"""COALESCE((SELECT new FROM renames WHERE old = {name} AND last_edit >= {edit}
        ORDER BY last_edit, renames.id LIMIT 1), {name})"""


def todays_classes(db: Connection, run_id: int, classes: Sequence[str]) -> tuple[str, ...]:
    """What the classes of a run are called today, in its order."""
    sql = "SELECT old, new FROM renames WHERE last_run >= ? ORDER BY last_run DESC, id DESC"
    today = {row["old"]: row["new"] for row in db.rows(sql, [run_id])}  # the earliest comes last
    return tuple(today.get(name, name) for name in classes)
