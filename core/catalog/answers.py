"""What the person said about the labels: each image's first label, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.connection import Connection
from core.records import Answer, ReviewProgress

# The first edit of an image knows the label that it came with; beside MIN, SQLite takes the other
# columns from the row of the minimum.
_FIRST = """SELECT image_id, json_extract(before, '$.label') AS given, MIN(id)
    FROM edits GROUP BY image_id"""
_RELABELLED = "reviewed AND status = 'in use' AND label <> COALESCE(given, label)"


class Answers:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def all(self) -> list[Answer]:
        """Images that were reviewed, each with the label it came with.

        A deleted one is no answer: people delete blurred pictures and copies with right labels.
        """
        sql = f"""SELECT id, given, {_RELABELLED} AS wrong FROM images
            JOIN ({_FIRST}) ON image_id = id WHERE reviewed AND status = 'in use'"""
        return [Answer(row["id"], row["given"], bool(row["wrong"])) for row in self._db.rows(sql)]

    def given_labels(self) -> dict[str, str]:
        """The labels that edited images came with, by image id."""
        return {row["image_id"]: row["given"] for row in self._db.rows(_FIRST)}

    def last(self, count: int) -> list[bool]:
        """Whether the pictures looked at last needed something, newest first: another label, or
        to be deleted.
        """
        sql = f"""SELECT {_RELABELLED} OR status = 'quarantined' AS wrong FROM images
            JOIN ({_FIRST}) AS first ON first.image_id = images.id
            JOIN (SELECT image_id, MAX(id) AS newest FROM edits GROUP BY image_id) AS last
            ON last.image_id = images.id WHERE reviewed ORDER BY newest DESC LIMIT ?"""
        return [bool(row["wrong"]) for row in self._db.rows(sql, [count])]

    def progress(self, sides: Sequence[str], since: str) -> ReviewProgress:
        """How much was reviewed on these sides.

        Args:
            since: ISO 8601; marks from then on are counted as recent.
        """
        marks = ", ".join("?" * len(sides))
        sql = f"""SELECT COUNT(*) AS images, TOTAL(reviewed) AS reviewed,
            TOTAL({_RELABELLED}) AS wrong, TOTAL(status = 'quarantined') AS deleted
            FROM images LEFT JOIN ({_FIRST}) ON image_id = id WHERE side IN ({marks})"""
        total = self._db.rows(sql, sides)[0]
        recent = self._db.rows(
            """SELECT COUNT(DISTINCT image_id) AS images, MIN(at) AS first, MAX(at) AS last
            FROM edits WHERE at >= ? AND kind NOT IN ('undo', 'redo', 'revert')""",
            [since],
        )[0]
        return ReviewProgress(
            images=total["images"],
            reviewed=int(total["reviewed"]),
            wrong=int(total["wrong"]),
            deleted=int(total["deleted"]),
            recent=recent["images"],
            recent_first=recent["first"],
            recent_last=recent["last"],
        )
