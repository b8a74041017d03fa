"""How the split stands, in numbers."""

from __future__ import annotations

from core.catalog.connection import Connection
from core.records import Side


class Sides:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def reasons(self) -> dict[Side, dict[str, int]]:
        """Images in use, per side and what decided it."""
        counts: dict[Side, dict[str, int]] = {}
        # By the index of what is in use, SQLite would look up each row.
        sql = """SELECT side, side_reason, COUNT(*) FROM images NOT INDEXED WHERE status = 'in use'
            GROUP BY side, side_reason ORDER BY side, side_reason"""
        for side, reason, count in self._db.rows(sql):
            counts.setdefault(side, {})[reason] = count
        return counts

    def groups(self) -> tuple[int, int]:
        """How many groups have more than one image in use, and how many images these are."""
        row = self._db.row(
            """SELECT COUNT(*), TOTAL(size) FROM
            (SELECT COUNT(*) AS size FROM images INDEXED BY images_in_groups
            WHERE status = 'in use' GROUP BY split_group HAVING size > 1)"""
        )
        return (int(row[0]), int(row[1])) if row else (0, 0)
