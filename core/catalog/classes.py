"""Classes: their names, and what becomes of their images when they are merged or deleted.

A class is never removed, because the journal speaks of it. A hidden one is listed only while it
has images in use, as after an undo.
"""

from __future__ import annotations

from core.catalog.connection import Connection
from core.catalog.images import Images
from core.catalog.journal import Journal
from core.catalog.names import is_listed
from core.errors import Conflict
from core.records import Edit


class Classes:
    """Each change is one step of the journal, and undone there.

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

    def add(self, name: str) -> tuple[Edit, ...]:
        """List a class without images, or list a hidden one again; the edits.

        Raises:
            Conflict: it is listed already.
        """
        with self._db.atomic():
            if is_listed(self._db, name):
                raise Conflict(f"There is a class {name!r} already.", "Choose another name.")
            return self._journal.add_class(name)

    def rename(self, old: str, new: str) -> tuple[Edit, ...]:
        """Call a class otherwise, in what was written down too: no image changes; the edits.

        A hidden class that had the name before gets another one.

        Raises:
            Conflict: a listed class has that name.
        """
        with self._db.atomic():
            self._check(old)
            return () if new == old else self._journal.rename_class(old, new)

    def merge(self, old: str, into: str) -> tuple[Edit, ...]:
        """Give all images of a class the label of another one, and hide it; the edits.

        What was said of the labels still counts. Deleted images keep theirs.
        """
        with self._db.atomic():
            self._check(old)
            self._check(into)
            if old == into:
                raise Conflict("A class cannot be merged into itself.", "Choose another one.")
            return self._journal.merge_class(old, self._in_use(old), into)

    def delete(self, name: str) -> tuple[Edit, ...]:
        """Take all images of a class out of use, and hide it; the edits."""
        with self._db.atomic():
            self._check(name)
            return self._journal.drop_class(name, self._in_use(name))

    def _in_use(self, name: str) -> list[str]:
        sql = "SELECT id FROM images WHERE status = 'in use' AND label = ?"
        return [row[0] for row in self._db.rows(sql, [name])]

    def _check(self, name: str) -> None:
        if not is_listed(self._db, name):
            raise Conflict(
                f"There is no class {name!r} any more.",
                "Reload the page to see the classes of now; nothing was changed.",
            )
