"""Fingerprints, and pairs of look-alikes; what the person decides about them is in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from core.catalog.connection import Connection
from core.catalog.journal import SETS

PairKind = Literal["two labels", "both sides", "copies"]
_LAST_SEARCH = "lookalikes_searched_with"
_SEARCHED_UP_TO = "lookalikes_searched_up_to"
# Pairs that ask for a decision: both in use, and not in a set that was kept together. CROSS JOIN
# keeps this order: SQLite would try all images in use with all others first.
_OPEN = f"""WITH kept AS MATERIALIZED (SELECT one.image_id, other.image_id
        FROM ({SETS}) AS kept_set CROSS JOIN edits AS one ON one.batch = kept_set.batch
        CROSS JOIN edits AS other ON other.batch = kept_set.batch)
    SELECT {{}} FROM lookalikes
    CROSS JOIN images AS a ON a.id = first CROSS JOIN images AS b ON b.id = second
    WHERE a.status = 'in use' AND b.status = 'in use' AND (first, second) NOT IN kept"""
_KINDS: dict[PairKind, str] = {
    "two labels": "a.label <> b.label",
    "both sides": "(a.side = 'train') <> (b.side = 'train')",
    "copies": "a.label = b.label AND (a.side = 'train') = (b.side = 'train')",
}
KINDS_OF_PAIRS = tuple(_KINDS)


class PrintRow(NamedTuple):
    """A fingerprint: 1,024 grey levels, and what equals of a blank picture share (else "")."""

    image_id: str
    thumbnail: bytes
    blank: str


class NearPair(NamedTuple):
    """Two images, the one that came earlier first; `similarity` is 0..1, 1 for equals."""

    first: str
    second: str
    similarity: float


class Lookalikes:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def without_fingerprint(self) -> list[str]:
        """Ids of images that no search has seen, in the order of their arrival."""
        sql = """SELECT id FROM images WHERE id NOT IN (SELECT image_id FROM fingerprints)
            ORDER BY rowid"""
        return [row[0] for row in self._db.rows(sql)]

    def add_fingerprints(self, rows: Iterable[PrintRow]) -> None:
        with self._db.atomic():
            self._db.run_many("INSERT OR IGNORE INTO fingerprints VALUES (?, ?, ?)", rows)

    def fingerprints(self) -> list[PrintRow]:
        """All that are known, in the order of the images' arrival."""
        sql = """SELECT fingerprints.* FROM fingerprints JOIN images ON images.id = image_id
            ORDER BY images.rowid"""
        return [PrintRow(*row) for row in self._db.rows(sql)]

    def in_blocks(self, count: int) -> Iterator[list[PrintRow]]:
        """All that are known, so many at a time, by id."""
        sql = "SELECT * FROM fingerprints WHERE image_id > ? ORDER BY image_id LIMIT ?"
        last = ""
        while rows := [PrintRow(*row) for row in self._db.rows(sql, [last, count])]:
            yield rows
            last = rows[-1].image_id

    def arrival(self) -> dict[str, int]:
        """When images came: smaller is earlier."""
        return {row[0]: row[1] for row in self._db.rows("SELECT id, rowid FROM images")}

    def replace_pairs(self, pairs: Iterable[NearPair], searched_with: str) -> None:
        """Store what a search found in place of what the last one found.

        Args:
            searched_with: the key of the features that were compared; empty for none.
        """
        with self._db.atomic():
            self._db.run("DELETE FROM lookalikes")
            self._db.run_many("INSERT INTO lookalikes VALUES (?, ?, ?)", pairs)
            sql = "INSERT OR REPLACE INTO settings VALUES (?, ?)"
            self._db.run(sql, [_LAST_SEARCH, searched_with])
            newest = self._db.rows("SELECT COALESCE(MAX(rowid), 0) FROM images")[0][0]
            self._db.run(sql, [_SEARCHED_UP_TO, str(newest)])

    def came_since(self) -> int:
        """How many images came after the last search."""
        sql = """SELECT COUNT(*) FROM images WHERE rowid > COALESCE(
            (SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?), 0)"""
        return int(self._db.rows(sql, [_SEARCHED_UP_TO])[0][0])

    def searched_with(self) -> str | None:
        """What the last search compared besides fingerprints; None before the first search."""
        row = self._db.row("SELECT value FROM settings WHERE name = ?", [_LAST_SEARCH])
        return str(row[0]) if row else None

    def pairs(self) -> list[NearPair]:
        """What the last search found, most similar first."""
        sql = "SELECT * FROM lookalikes ORDER BY similarity DESC, first, second"
        return [NearPair(*row) for row in self._db.rows(sql)]

    def count(self) -> int:
        """How many pairs the last search found."""
        row = self._db.row("SELECT COUNT(*) FROM lookalikes")
        return int(row[0]) if row else 0

    def open_counts(self) -> dict[PairKind, int]:
        """How many pairs of each kind ask for a decision; one may be of the first two kinds."""
        row = self._db.row(_OPEN.format(", ".join(f"TOTAL({_KINDS[kind]})" for kind in _KINDS)))
        return dict(zip(_KINDS, map(int, row or [0] * len(_KINDS)), strict=True))

    def copied_in_training(self) -> set[str]:
        """Ids of validation and test images of which a training image is a look-alike, whatever
        the labels, by the pairs that ask for a decision.
        """
        columns = "CASE WHEN a.side = 'train' THEN second ELSE first END"
        sql = f"{_OPEN.format(columns)} AND {_KINDS['both sides']}"
        return {row[0] for row in self._db.rows(sql)}

    def open_pairs(self, kind: PairKind, count: int = -1, start: int = 0) -> list[NearPair]:
        """Pairs of a kind that ask for a decision, most similar first; -1: all of them."""
        sql = f"""{_OPEN.format("lookalikes.*")} AND {_KINDS[kind]}
            ORDER BY similarity DESC, first, second LIMIT ? OFFSET ?"""
        return [NearPair(*row) for row in self._db.rows(sql, [count, start])]
