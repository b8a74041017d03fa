"""Edits as rows: what is asked of them, and what they say, in today's names of the classes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict

from core.catalog.images import containing
from core.catalog.names import todays_name
from core.records import Edit, EditFilter, ImageState, PastEdit

_LABEL = "json_extract(edits.{state}, '$.label')"
LABEL_BEFORE, LABEL_AFTER = (
    todays_name(_LABEL.format(state=state), "edits.id") for state in ("before", "after")
)
EDITS = f"""SELECT edits.*, {LABEL_BEFORE} AS label_before, {LABEL_AFTER} AS label_after
    FROM edits"""


def condition(edit_filter: EditFilter) -> tuple[str, list[str]]:
    """What the WHERE of a query on edits says, and its values."""
    conditions, arguments = ["TRUE"], list[str]()
    if edit_filter.kind is not None:
        conditions.append("kind = ?")
        arguments.append(edit_filter.kind)
    if edit_filter.label is not None:
        conditions.append(f"({_is_called('before')} OR {_is_called('after')})")
        arguments += [edit_filter.label] * 6
    if edit_filter.text:
        like = r"SELECT id FROM images WHERE source_path LIKE ? ESCAPE '\'"
        conditions.append(f"image_id IN ({like})")
        arguments.append(containing(edit_filter.text))
    return " AND ".join(conditions), arguments


def _is_called(state: str) -> str:
    """SQL: whether the class in that state is called ? today (three times the same value).

    The index on the label as it was written down finds the few that may be.
    """
    label = _LABEL.format(state=state)
    may_be = f"({label} = ? OR {label} IN (SELECT old FROM renames WHERE new = ?))"
    return f"({may_be} AND {todays_name(label, 'edits.id')} = ?)"


def values(edit: Edit) -> tuple[object, ...]:
    states = (json.dumps(asdict(state), ensure_ascii=False) for state in (edit.before, edit.after))
    image_id = edit.image_id or None
    return edit.id, edit.at, edit.kind, image_id, *states, edit.target, edit.batch


def state_in(row: sqlite3.Row) -> ImageState:
    return ImageState(row["label"], row["status"], bool(row["reviewed"]))


def past_edit(row: sqlite3.Row) -> PastEdit:
    edit = edit_in(row)
    if not edit.image_id:
        return PastEdit(edit, "", False)
    return PastEdit(edit, row["source_path"], edit.before != edit.after == state_in(row))


def edit_in(row: sqlite3.Row) -> Edit:
    """What a row of `EDITS` says. Names of classes are today's, but in a rename: there the names
    are what it is about.
    """
    before, after = json.loads(row["before"]), json.loads(row["after"])
    if row["image_id"] or before["label"] == after["label"]:
        before |= {"label": row["label_before"]}
        after |= {"label": row["label_after"]}
    return Edit(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        image_id=row["image_id"] or "",
        before=ImageState(**before),
        after=ImageState(**after),
        target=row["target"],
        batch=row["batch"],
    )
