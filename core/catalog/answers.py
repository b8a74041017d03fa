"""What the person said about the labels: each image's first label, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.catalog.connection import Connection
from core.catalog.edits import LABEL_AFTER, LABEL_BEFORE
from core.catalog.names import todays_name
from core.records import SIDES, ReviewProgress, Verdict

# What was done to a whole class, or to look-alikes, says nothing of the labels.
_MARKS = "kind IN ('relabel', 'quarantine', 'restore', 'keep', 'revert')"
_SAID = f"SELECT {{columns}} FROM edits WHERE {_MARKS}"
# The first other edit of an image knows the label that it came with; beside MIN, SQLite takes the
# other columns from the row of the minimum.
_COLUMNS = "image_id, json_extract(before, '$.label') AS first_label, MIN(id) AS first"
_FIRST = f"""SELECT image_id, first, {todays_name("first_label", "first")} AS first_label
    FROM ({_SAID.format(columns=_COLUMNS)} GROUP BY image_id)"""
_MERGED = f"""SELECT edits.id, kind, target, image_id, {LABEL_BEFORE} AS old, {LABEL_AFTER} AS new
    FROM edits WHERE (kind = 'merge' OR (kind IN ('undo', 'redo', 'revert')
        AND target IN (SELECT id FROM edits WHERE kind = 'merge')))
    AND image_id IN ({_SAID.format(columns="image_id")}) ORDER BY edits.id"""


class _Merge(NamedTuple):
    image_id: str
    old: str
    new: str


class Answers:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def all(self) -> list[Verdict]:
        """Images that were reviewed, each with the label it came with.

        A deleted one is no answer: people delete blurred pictures and copies with right labels.
        """
        return self._answers(SIDES)

    def first_labels(self) -> dict[str, str]:
        """The labels that edited images came with, by image id.

        A class that was merged since is called as the one that took it in.
        """
        rows = self._db.rows(_FIRST)
        first_edits = {row["image_id"]: row["first"] for row in rows}
        labels = {row["image_id"]: str(row["first_label"]) for row in rows}
        for edit_id, (image_id, old, new) in self._merges().items():
            if edit_id > first_edits.get(image_id, edit_id) and labels[image_id] == old:
                labels[image_id] = new
        return labels

    def last(self, count: int) -> list[bool]:
        """Whether the pictures looked at last needed something, newest first: another label, or
        to be deleted.
        """
        sql = """SELECT images.id, label, status FROM images
            JOIN (SELECT image_id, MAX(id) AS newest FROM edits WHERE kind NOT IN ('merge', 'drop',
                'keep all', 'reopen') GROUP BY image_id) ON image_id = images.id
            WHERE reviewed ORDER BY newest DESC LIMIT ?"""
        rows, first_labels = self._db.rows(sql, [count]), self.first_labels()
        return [
            status == "quarantined" or label != first_labels.get(image_id, label)
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
            FROM edits WHERE at >= ? AND kind IN ('relabel', 'quarantine', 'restore', 'keep')""",
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

    def _answers(self, sides: Sequence[str]) -> list[Verdict]:
        marks, first_labels = ", ".join("?" * len(sides)), self.first_labels()
        sql = f"""SELECT id, label FROM images
            WHERE id IN (SELECT image_id FROM edits) AND reviewed AND status = 'in use'
            AND side IN ({marks})"""
        return [
            Verdict(image_id, first_labels[image_id], first_labels[image_id] != label)
            for image_id, label in self._db.rows(sql, sides)
            if image_id in first_labels
        ]

    def _merges(self) -> dict[int, _Merge]:
        """What merged classes did to each image, oldest first; what was undone is left out."""
        in_force: dict[int, _Merge] = {}
        for edit_id, kind, target, *merge in self._db.rows(_MERGED):
            if kind in ("merge", "redo"):
                in_force[target or edit_id] = _Merge(*merge)
            else:
                in_force.pop(target, None)
        return in_force
