"""The append-only journal: every change a person makes to an image, and the way back.

Undo and redo are edits too. They work on the workspace, not on a browser tab: the last change
is undone first, whoever made it, so an image always goes back to a state it really had.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, replace

from core.catalog.connection import Connection
from core.catalog.images import now
from core.errors import Conflict
from core.records import Edit, EditKind, ImageState


class Journal:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def relabel(self, image_id: str, label: str, origin: str | None = None) -> Edit | None:
        """Give an image another label; it counts as reviewed then.

        `origin` names the person's action (client and number): an action that was already
        stored is not stored twice, and None is returned.

        Raises:
            Conflict: the class or the image is not there any more.
        """
        if self._db.row("SELECT 1 FROM classes WHERE name = ?", [label]) is None:
            raise Conflict(
                f"There is no class {label!r} any more.",
                "Choose another label; the image keeps the one it has.",
            )
        return self._edit("relabel", image_id, origin, label=label, reviewed=True)

    def quarantine(self, image_id: str, origin: str | None = None) -> Edit | None:
        """Take an image out of use; its file stays."""
        return self._edit("quarantine", image_id, origin, status="quarantined", reviewed=True)

    def restore(self, image_id: str, origin: str | None = None) -> Edit | None:
        """Put a quarantined image back in use."""
        return self._edit("restore", image_id, origin, status="in use")

    def keep(self, image_id: str, origin: str | None = None) -> Edit | None:
        """Say that the label is right."""
        return self._edit("keep", image_id, origin, reviewed=True)

    def undo(self, origin: str | None = None) -> Edit | None:
        """Take back the last edit that is in force; None when there is none."""
        return self._step_back_or_forth("undo", origin)

    def redo(self, origin: str | None = None) -> Edit | None:
        """Apply again what was undone last; None when a newer edit came since, or nothing was."""
        return self._step_back_or_forth("redo", origin)

    def history(self, limit: int = 50) -> list[Edit]:
        """The last edits, newest first."""
        rows = self._db.rows("SELECT * FROM edits ORDER BY id DESC LIMIT ?", [limit])
        return [_edit(row) for row in rows]

    def count(self) -> int:
        """Length of the journal: a position in it."""
        row = self._db.row("SELECT COUNT(*) FROM edits")
        return int(row[0]) if row else 0

    def _edit(
        self, kind: EditKind, image_id: str, origin: str | None, **changes: object
    ) -> Edit | None:
        with self._db.atomic():
            if self._is_stored(origin):
                return None
            before = self._state(image_id)
            after = replace(before, **changes)  # type: ignore[arg-type]
            return self._append(kind, image_id, before, after, None, origin)

    def _step_back_or_forth(self, kind: EditKind, origin: str | None) -> Edit | None:
        with self._db.atomic():
            if self._is_stored(origin):
                return None
            undone, redoable = self._stacks()
            stack = undone if kind == "undo" else redoable
            if not stack:
                return None
            row = self._db.row("SELECT * FROM edits WHERE id = ?", [stack[-1]])
            assert row is not None, "the stack holds ids of the journal"
            target = _edit(row)
            after = target.before if kind == "undo" else target.after
            state = self._state(target.image_id)
            return self._append(kind, target.image_id, state, after, target.id, origin)

    def _stacks(self) -> tuple[list[int], list[int]]:
        """Ids of edits that undo and redo would take, the next one last."""
        in_force: list[int] = []
        undone: list[int] = []
        for row in self._db.rows("SELECT id, kind, target FROM edits ORDER BY id"):
            if row["kind"] == "undo":
                undone.append(in_force.pop())
            elif row["kind"] == "redo":
                in_force.append(undone.pop())
            else:
                in_force.append(row["id"])
                undone.clear()
        return in_force, undone

    def _is_stored(self, origin: str | None) -> bool:
        if origin is None:
            return False
        return self._db.row("SELECT 1 FROM edits WHERE origin = ?", [origin]) is not None

    def _state(self, image_id: str) -> ImageState:
        row = self._db.row("SELECT label, status, reviewed FROM images WHERE id = ?", [image_id])
        if row is None:
            raise Conflict(
                "This image is not in the workspace.",
                "Reload the page; nothing was changed.",
            )
        return ImageState(row["label"], row["status"], bool(row["reviewed"]))

    def _append(
        self,
        kind: EditKind,
        image_id: str,
        before: ImageState,
        after: ImageState,
        target: int | None,
        origin: str | None,
    ) -> Edit:
        at = now()
        self._db.run(
            "UPDATE images SET label = ?, status = ?, reviewed = ? WHERE id = ?",
            [after.label, after.status, after.reviewed, image_id],
        )
        edit_id = self._db.run(
            """INSERT INTO edits (at, kind, image_id, before, after, target, origin)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [at, kind, image_id, _json(before), _json(after), target, origin],
        )
        return Edit(edit_id, at, kind, image_id, before, after, target)


def _json(state: ImageState) -> str:
    return json.dumps(asdict(state), ensure_ascii=False)


def _edit(row: sqlite3.Row) -> Edit:
    return Edit(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        image_id=row["image_id"],
        before=ImageState(**json.loads(row["before"])),
        after=ImageState(**json.loads(row["after"])),
        target=row["target"],
    )
