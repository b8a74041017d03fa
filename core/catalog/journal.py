"""The append-only journal: every change a person makes to images and classes, and the way back.

One action of a person is one batch of edits, and one step for undo and redo, which are edits too.
They work on the workspace, not on a browser tab: the last step is undone first, whoever made it,
so an image always goes back to a state it really had.

Each step remembers the step `below` it, the one in force when it came. So nothing has to be
replayed: the last row says where we stand, undo goes to the step below, and redo to the newest
step above.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from core.catalog.connection import Connection
from core.catalog.edits import EDITS, condition, edit_in, past_edit, state_in, values
from core.catalog.images import now
from core.catalog.names import call_class, is_listed, list_class
from core.errors import Conflict
from core.records import Edit, EditFilter, EditKind, ImageState, PastEdit

_ANY = EditFilter()
_LAST_STEP = """SELECT CASE edits.kind
    WHEN 'undo' THEN target.below WHEN 'redo' THEN target.batch ELSE edits.batch END
    FROM edits LEFT JOIN edits AS target ON target.id = edits.target
    ORDER BY edits.id DESC LIMIT 1"""
_IN_FORCE = """SELECT COALESCE(target.kind, edits.kind) AS what,
    SUM(CASE edits.kind WHEN 'undo' THEN -1 ELSE 1 END) AS count
    FROM edits LEFT JOIN edits AS target
    ON target.id = edits.target AND edits.kind IN ('undo', 'redo')
    WHERE COALESCE(target.at, edits.at) >= ?
    AND (edits.image_id IS NOT NULL OR COALESCE(target.kind, edits.kind) IN ('add', 'rename'))
    GROUP BY 1 HAVING count > 0"""


_IS_IN_FORCE = """COALESCE((SELECT later.kind FROM edits AS later
    WHERE later.target = {edit}.id AND later.kind IN ('undo', 'redo')
    ORDER BY later.id DESC LIMIT 1), 'redo') = 'redo'"""
SETS = f"""SELECT step.batch FROM edits AS step
    WHERE step.kind = 'keep all' AND step.id = step.batch AND {_IS_IN_FORCE.format(edit="step")}
    AND NOT EXISTS (SELECT 1 FROM edits AS again WHERE again.target = step.id
        AND again.kind = 'reopen' AND {_IS_IN_FORCE.format(edit="again")})"""
"""SQL: the batches that say of a set of images that all of them stay, and are in force."""


class _Move(NamedTuple):
    """Of an image, or of a class when `image_id` is empty."""

    image_id: str
    before: ImageState
    after: ImageState
    target: int | None = None


class Journal:
    """The verbs take one image id or several, which are one step then.

    `origin` names the person's action (client and number): an action that was already stored is
    not stored twice, and () is returned. An image or a class that is not there any more is a
    `Conflict`, and nothing is stored.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db

    def relabel(
        self, images: str | Iterable[str], label: str, origin: str | None = None
    ) -> tuple[Edit, ...]:
        """Give images another label; they count as reviewed then."""
        return self._store("relabel", images, origin, label=label, reviewed=True)

    def quarantine(
        self, images: str | Iterable[str], origin: str | None = None
    ) -> tuple[Edit, ...]:
        """Take images out of use; their files stay."""
        return self._store("quarantine", images, origin, status="quarantined", reviewed=True)

    def restore(self, images: str | Iterable[str], origin: str | None = None) -> tuple[Edit, ...]:
        """Put quarantined images back in use; what was said of their labels is open again."""
        return self._store("restore", images, origin, status="in use", reviewed=False)

    def keep(self, images: str | Iterable[str], origin: str | None = None) -> tuple[Edit, ...]:
        """Say that the labels are right."""
        return self._store("keep", images, origin, reviewed=True)

    def keep_all(self, images: Iterable[str], origin: str | None = None) -> tuple[Edit, ...]:
        """Say that all of these stay, though they look alike: it says nothing of the labels."""
        return self._store("keep all", images, origin)

    def reopen(self, images: Iterable[str], origin: str | None = None) -> tuple[Edit, ...]:
        """Ask again about every set kept by `keep_all` that holds two of these images."""
        ids = set(images)
        with self._db.atomic():
            if self.is_settled(origin):
                return ()
            moves = [
                _Move(edit.image_id, state := self._state(edit.image_id), state, edit.id)
                for members in self._sets()
                if len(ids.intersection(edit.image_id for edit in members)) > 1
                for edit in members
            ]
            return self._append("reopen", moves, origin, self._last_step())

    def kept_sets(self) -> list[frozenset[str]]:
        """The sets of images that are all to stay, oldest first."""
        return [frozenset(edit.image_id for edit in members) for members in self._sets()]

    def add_class(self, name: str) -> tuple[Edit, ...]:
        """List a class without images."""
        return self._store_class("add", _class(name, False), _class(name))

    def rename_class(self, old: str, new: str) -> tuple[Edit, ...]:
        """Call a class otherwise.

        Raises:
            Conflict: a listed class has that name.
        """
        return self._store_class("rename", _class(old), _class(new))

    def merge_class(self, name: str, images: Iterable[str], label: str) -> tuple[Edit, ...]:
        """Give all images of a class another label, and hide it: it says nothing of the labels."""
        return self._store_class("merge", _class(name), _class(name, False), images, label=label)

    def drop_class(self, name: str, images: Iterable[str]) -> tuple[Edit, ...]:
        """Take all images of a class out of use, and hide it: it says nothing of the labels."""
        out = {"status": "quarantined", "reviewed": False}
        return self._store_class("drop", _class(name), _class(name, False), images, **out)

    def revert(self, edit_id: int, origin: str | None = None) -> tuple[Edit, ...]:
        """Set one image back to what it was before an edit.

        Raises:
            Conflict: the image is not as that edit left it, or there is no such edit.
        """
        with self._db.atomic():
            if self.is_settled(origin):
                return ()
            row = self._db.row(f"{EDITS} WHERE edits.id = ?", [edit_id])
            edit = edit_in(row) if row else None
            if edit is None or not edit.image_id or self._state(edit.image_id) != edit.after:
                raise Conflict(
                    "This picture was changed again since.",
                    "Revert the later change first; nothing was changed.",
                )
            move = _Move(edit.image_id, edit.after, edit.before, edit.id)
            return self._append("revert", [move], origin, self._last_step())

    def undo(self, origin: str | None = None, only: int | None = None) -> tuple[Edit, ...]:
        """Take back the last step in force; () when there is none.

        Raises:
            Conflict: that step is not the batch `only`, the one that the person was shown.
        """
        return self._step("undo", origin, only)

    def redo(self, origin: str | None = None, only: int | None = None) -> tuple[Edit, ...]:
        """Apply again what was undone last; () when a newer step came since, or nothing was.

        Raises:
            Conflict: as for undo.
        """
        return self._step("redo", origin, only)

    def next_undo(self) -> tuple[Edit, ...]:
        """The edits that undo would take back."""
        return self._batch(self._last_step())

    def next_redo(self) -> tuple[Edit, ...]:
        """The edits that redo would apply again."""
        sql = "SELECT MAX(batch) FROM edits WHERE below = ?"
        row = self._db.row(sql, [self._last_step()])
        return self._batch(row[0]) if row and row[0] else ()

    def is_settled(self, origin: str | None) -> bool:
        """Whether an action was stored, or refused, before."""
        if origin is None:
            return False
        sql = (
            "SELECT 1 FROM edits WHERE origin = ? UNION ALL SELECT 1 FROM settled WHERE origin = ?"
        )
        return self._db.row(sql, [origin, origin]) is not None

    def settle(self, origin: str | None) -> None:
        """Say that an action came to nothing, so that it does nothing when it is sent again."""
        if origin is not None:
            self._db.run("INSERT OR IGNORE INTO settled VALUES (?)", [origin])

    def history(self, limit: int = 50) -> list[Edit]:
        """The last edits, newest first."""
        rows = self._db.rows(f"{EDITS} ORDER BY edits.id DESC LIMIT ?", [limit])
        return [edit_in(row) for row in rows]

    def began_at(self) -> str | None:
        """When the first edit was made (ISO 8601, UTC); None before it."""
        row = self._db.row("SELECT at FROM edits ORDER BY id LIMIT 1")
        return str(row[0]) if row else None

    def search(self, edit_filter: EditFilter, limit: int = 20, start: int = 0) -> list[PastEdit]:
        """Edits that fit, newest first, `start` of them left out."""
        conditions, arguments = condition(edit_filter)
        rows = self._db.rows(
            f"""SELECT page.*, source_path, label, status, reviewed FROM (
                {EDITS} WHERE {conditions} ORDER BY edits.id DESC LIMIT ? OFFSET ?
            ) AS page LEFT JOIN images ON images.id = page.image_id ORDER BY page.id DESC""",
            [*arguments, limit, start],
        )
        return [past_edit(row) for row in rows]

    def count(self, edit_filter: EditFilter = _ANY) -> int:
        """How many edits fit; all of them: the length of the journal, a position in it."""
        conditions, arguments = condition(edit_filter)
        row = self._db.row(f"SELECT COUNT(*) FROM edits WHERE {conditions}", arguments)
        return int(row[0]) if row else 0

    def changed_images(self, start: int, end: int | None = None) -> set[str]:
        """Images that were changed between two positions in the journal (see `count`)."""
        last = -1 if end is None else max(0, end - start)  # no row is ever removed
        sql = "SELECT image_id, kind FROM edits ORDER BY id LIMIT ? OFFSET ?"
        rows = self._db.rows(sql, [last, start])
        says_nothing = ("keep", "keep all", "reopen")
        return {row["image_id"] for row in rows if row["kind"] not in says_nothing} - {None}

    def in_force(self, since: str = "") -> dict[EditKind, int]:
        """Edits that are not undone, by kind, from a time (ISO 8601, UTC) on."""
        return {row["what"]: row["count"] for row in self._db.rows(_IN_FORCE, [since])}

    def _store(
        self, kind: EditKind, images: str | Iterable[str], origin: str | None, **changes: object
    ) -> tuple[Edit, ...]:
        ids = [images] if isinstance(images, str) else list(dict.fromkeys(images))
        with self._db.atomic():
            if self.is_settled(origin):
                return ()
            return self._append(kind, self._moves(ids, **changes), origin, self._last_step())

    def _store_class(
        self,
        kind: EditKind,
        before: ImageState,
        after: ImageState,
        images: Iterable[str] = (),
        **changes: object,
    ) -> tuple[Edit, ...]:
        """A step on a class and on images of it; the images change first."""
        with self._db.atomic():
            moves = [*self._moves(images, **changes), _Move("", before, after)]
            return self._append(kind, moves, None, self._last_step())

    def _moves(self, ids: Iterable[str], **changes: object) -> list[_Move]:
        states = {image_id: self._state(image_id) for image_id in ids}
        return [
            _Move(image_id, state, replace(state, **changes))  # type: ignore[arg-type]
            for image_id, state in states.items()
        ]

    def _sets(self) -> list[tuple[Edit, ...]]:
        return [self._batch(row[0]) for row in self._db.rows(f"{SETS} ORDER BY step.id")]

    def _step(self, kind: EditKind, origin: str | None, only: int | None) -> tuple[Edit, ...]:
        with self._db.atomic():
            if self.is_settled(origin):
                return ()
            targets = self.next_undo() if kind == "undo" else self.next_redo()
            if only not in (None, targets[0].batch if targets else 0):
                raise Conflict(
                    f"Something else was changed meanwhile; the {kind} was not done.",
                    "Look at what the button says now, then press it again.",
                )
            moves = [self._step_on(kind, target) for target in targets]
            return self._append(kind, moves, origin, None)

    def _step_on(self, kind: EditKind, target: Edit) -> _Move:
        start, goal = target.after, target.before
        if kind == "redo":
            start, goal = goal, start
        if target.image_id:
            start = self._state(target.image_id)
        return _Move(target.image_id, start, goal, target.id)

    def _last_step(self) -> int:
        """The batch of the last step in force; 0 when there is none."""
        row = self._db.row(_LAST_STEP)
        return int(row[0]) if row else 0

    def _batch(self, batch: int) -> tuple[Edit, ...]:
        rows = self._db.rows(f"{EDITS} WHERE batch = ? ORDER BY edits.id", [batch])
        return tuple(map(edit_in, rows))

    def _state(self, image_id: str) -> ImageState:
        row = self._db.row("SELECT label, status, reviewed FROM images WHERE id = ?", [image_id])
        if row is None:
            raise Conflict(
                "This image is not in the workspace.",
                "Reload the page; nothing was changed.",
            )
        return state_in(row)

    def _check_classes(self, kind: EditKind, labels: Iterable[str]) -> None:
        """A hidden class comes back by undo, but nothing new is put there."""
        for label in sorted(labels):
            row = self._db.row("SELECT 1 FROM classes WHERE name = ?", [label])
            if row is None or (kind == "relabel" and not is_listed(self._db, label)):
                raise Conflict(
                    f"There is no class {label!r} any more.",
                    "Choose another label; the image keeps the one it has.",
                )

    def _change_class(self, before: ImageState, after: ImageState) -> None:
        if self._db.row("SELECT 1 FROM jobs WHERE state IN ('starting', 'running')"):
            raise Conflict(
                "Something is going on in this workspace.",
                "Change classes, or take a change of them back, when it is done.",
            )
        if before.label != after.label:
            call_class(self._db, before.label, after.label)
        list_class(self._db, after.label, after.status == "in use")

    def _append(
        self, kind: EditKind, moves: Sequence[_Move], origin: str | None, below: int | None
    ) -> tuple[Edit, ...]:
        self._check_classes(kind, {move.after.label for move in moves if move.image_id})
        row, at = self._db.row("SELECT COALESCE(MAX(id), 0) + 1 FROM edits"), now()
        batch = int(row[0]) if row else 1
        edits = tuple(
            Edit(batch + k, at, kind, *move, batch)  # its fields stand in this order
            for k, move in enumerate(moves)
        )
        self._db.run_many(
            "UPDATE images SET label = ?, status = ?, reviewed = ? WHERE id = ?",
            ((e.after.label, e.after.status, e.after.reviewed, e.image_id) for e in edits),
        )
        for edit in edits:
            if not edit.image_id:
                self._change_class(edit.before, edit.after)
        self._db.run_many(
            """INSERT INTO edits (id, at, kind, image_id, before, after, target, batch, below,
            origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((*values(e), below, origin if e.id == batch else None) for e in edits),
        )
        return edits


def _class(name: str, listed: bool = True) -> ImageState:
    """The state of a class, as an edit speaks of it."""
    return ImageState(name, "in use" if listed else "quarantined", False)
