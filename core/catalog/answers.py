"""What the person said about the labels: each image's first label, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.connection import Connection
from core.catalog.edits import EDITS, edit_in
from core.catalog.names import todays_name
from core.records import SIDES, Answer, Edit, ReviewProgress

# A class that was merged or deleted says nothing of its labels. The first other edit of an image
# knows the label that it came with; beside MIN, SQLite takes the other columns from its row.
_FIRST = f"""SELECT image_id, first, {todays_name("given", "first")} AS given FROM (
    SELECT image_id, json_extract(before, '$.label') AS given, MIN(id) AS first FROM edits
    WHERE kind NOT IN ('merge', 'drop', 'undo', 'redo') GROUP BY image_id)"""
_MERGED = f"""{EDITS} WHERE edits.kind = 'merge' OR (edits.kind IN ('undo', 'redo', 'revert')
    AND edits.target IN (SELECT id FROM edits WHERE kind = 'merge')) ORDER BY edits.id"""


class Answers:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def all(self) -> list[Answer]:
        """Images that were reviewed, each with the label it came with.

        A deleted one is no answer: people delete blurred pictures and copies with right labels.
        """
        return self._answers(SIDES)

    def given_labels(self) -> dict[str, str]:
        """The labels that edited images came with, by image id.

        A class that was merged since is called as the one that took it in.
        """
        rows = self._db.rows(_FIRST)
        firsts = {row["image_id"]: row["first"] for row in rows}
        given = {row["image_id"]: str(row["given"]) for row in rows}
        for edit_id, edit in self._merges().items():
            image_id = edit.image_id
            if edit_id > firsts.get(image_id, edit_id) and given[image_id] == edit.before.label:
                given[image_id] = edit.after.label
        return given

    def last(self, count: int) -> list[bool]:
        """Whether the pictures looked at last needed something, newest first: another label, or
        to be deleted.
        """
        sql = """SELECT images.id, label, status FROM images
            JOIN (SELECT image_id, MAX(id) AS newest FROM edits WHERE kind NOT IN ('merge', 'drop')
                GROUP BY image_id) ON image_id = images.id
            WHERE reviewed ORDER BY newest DESC LIMIT ?"""
        rows, given = self._db.rows(sql, [count]), self.given_labels()
        return [
            status == "quarantined" or label != given.get(image_id, label)
            for image_id, label, status in rows
        ]

    def progress(self, sides: Sequence[str], since: str) -> ReviewProgress:
        """How much was reviewed on these sides.

        Args:
            since: ISO 8601; marks from then on are counted as recent.
        """
        marks = ", ".join("?" * len(sides))
        sql = f"""SELECT COUNT(*) AS images, TOTAL(reviewed) AS reviewed,
            TOTAL(status = 'quarantined') AS deleted FROM images WHERE side IN ({marks})"""
        total = self._db.rows(sql, sides)[0]
        recent = self._db.rows(
            """SELECT COUNT(DISTINCT image_id) AS images, MIN(at) AS first, MAX(at) AS last
            FROM edits WHERE at >= ?
            AND kind NOT IN ('merge', 'drop', 'undo', 'redo', 'revert')""",
            [since],
        )[0]
        return ReviewProgress(
            images=total["images"],
            reviewed=int(total["reviewed"]),
            wrong=sum(answer.wrong for answer in self._answers(sides)),
            deleted=int(total["deleted"]),
            recent=recent["images"],
            recent_first=recent["first"],
            recent_last=recent["last"],
        )

    def _answers(self, sides: Sequence[str]) -> list[Answer]:
        marks, given = ", ".join("?" * len(sides)), self.given_labels()
        sql = f"""SELECT id, label FROM images
            WHERE reviewed AND status = 'in use' AND side IN ({marks})"""
        return [
            Answer(image_id, given[image_id], given[image_id] != label)
            for image_id, label in self._db.rows(sql, sides)
            if image_id in given
        ]

    def _merges(self) -> dict[int, Edit]:
        """What merged classes did to each image, oldest first; what was undone is left out."""
        in_force: dict[int, Edit] = {}
        for edit in map(edit_in, self._db.rows(_MERGED)):
            if edit.kind in ("merge", "redo"):
                in_force[edit.target or edit.id] = edit
            else:
                in_force.pop(edit.target or 0, None)
        return in_force
