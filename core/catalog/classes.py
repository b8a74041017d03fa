"""Classes: their names, and what becomes of their images when they are merged or deleted.

A class is never removed, because the journal speaks of it. A hidden one is listed only while it
has images in use, as after an undo.
"""

from __future__ import annotations

from core.catalog.connection import Connection
from core.catalog.images import Images
from core.catalog.journal import Journal
from core.errors import Conflict
from core.records import Edit


class Classes:
    """What changes images is one step of the journal, and undone there.

    A class that is not listed is a `Conflict`, and nothing is changed.
    """

    def __init__(self, db: Connection, images: Images, journal: Journal) -> None:
        self._db = db
        self._images = images
        self._journal = journal

    def renames(self) -> int:
        """How often a class was renamed: what remembers names is out of date when it grows."""
        row = self._db.row("SELECT COUNT(*) FROM renames")
        return int(row[0]) if row else 0

    def add(self, name: str) -> None:
        """List a class without images, or list a hidden one again.

        Raises:
            Conflict: it is listed already.
        """
        with self._db.atomic():
            if name in self._images.classes():
                raise _taken(name, "Choose another name.")
            self.show(name)

    def show(self, name: str) -> None:
        """List a class, whether it has images or not."""
        sql = "INSERT INTO classes (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET hidden = 0"
        self._db.run(sql, [name])

    def rename(self, old: str, new: str) -> None:
        """Call a class otherwise, in what was written down too: no image changes.

        A hidden class that had the name before gets another one.

        Raises:
            Conflict: a listed class has that name.
        """
        with self._db.atomic():
            self._check(old)
            if new == old:
                return
            if new in self._images.classes():
                raise _taken(new, "Merge the two classes instead, or choose another name.")
            if self._is_there(new):
                self._rename(new, self._free_name(new))
            self._rename(old, new)

    def merge(self, old: str, into: str) -> tuple[Edit, ...]:
        """Give all images of a class the label of another one, and hide it; the edits.

        What was said of the labels still counts. Deleted images keep theirs.
        """
        with self._db.atomic():
            self._check(old)
            self._check(into)
            if old == into:
                raise Conflict("A class cannot be merged into itself.", "Choose another one.")
            self._hide(old)
            return self._journal.merge(self._in_use(old), into)

    def delete(self, name: str) -> tuple[Edit, ...]:
        """Take all images of a class out of use, and hide it; the edits."""
        with self._db.atomic():
            self._check(name)
            self._hide(name)
            return self._journal.drop(self._in_use(name))

    def _in_use(self, name: str) -> list[str]:
        sql = "SELECT id FROM images WHERE status = 'in use' AND label = ?"
        return [row[0] for row in self._db.rows(sql, [name])]

    def _hide(self, name: str) -> None:
        self._db.run("UPDATE classes SET hidden = 1 WHERE name = ?", [name])

    def _rename(self, old: str, new: str) -> None:
        self._db.run("UPDATE classes SET name = ? WHERE name = ?", [new, old])
        self._db.run("UPDATE renames SET new = ? WHERE new = ?", [new, old])
        self._db.run(
            """INSERT INTO renames (old, new, last_edit, last_run) VALUES (?, ?,
            (SELECT COALESCE(MAX(id), 0) FROM edits), (SELECT COALESCE(MAX(id), 0) FROM runs))""",
            [old, new],
        )

    def _free_name(self, name: str) -> str:
        number, free = 1, f"{name} (old)"
        while self._is_there(free):
            number += 1
            free = f"{name} (old {number})"
        return free

    def _is_there(self, name: str) -> bool:
        return self._db.row("SELECT 1 FROM classes WHERE name = ?", [name]) is not None

    def _check(self, name: str) -> None:
        if name not in self._images.classes():
            raise Conflict(
                f"There is no class {name!r} any more.",
                "Reload the page to see the classes of now; nothing was changed.",
            )


def _taken(name: str, hint: str) -> Conflict:
    return Conflict(f"There is a class {name!r} already.", hint)
