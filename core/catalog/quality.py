"""Measures of pictures in the catalog, and filters on them that stay in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from core.catalog.connection import Connection

Measure = Literal["dark", "bright", "blur", "information", "side", "shape"]
_SHORT, _LONG = "MIN(width_px, height_px)", "MAX(width_px, height_px)"
_EXPRESSIONS: dict[str, str] = {
    "dark": "dark",
    "bright": "bright",
    "blur": "blur",
    "information": "information",
    "side": _SHORT,
    "shape": f"CAST({_SHORT} AS REAL) / {_LONG}",
}
_UNCHECKED = """FROM images WHERE status = 'in use'
    AND NOT EXISTS (SELECT 1 FROM quality WHERE image_id = images.id)"""
# CROSS JOIN keeps the order: the table with the measure first, so that few rows of the other one
# are looked up; NOT INDEXED reads it from end to end: by an index, each row would be looked up. Who
# looked at a picture and kept it has said that it is fine.
_CHECKED = "quality CROSS JOIN images ON images.id = image_id WHERE status = 'in use'"
_OF_IMAGES = "images NOT INDEXED CROSS JOIN quality ON images.id = image_id WHERE status = 'in use'"


def _flagged(measure: Measure) -> str:
    table = _OF_IMAGES if measure in ("side", "shape") else _CHECKED
    return f"FROM {table} AND NOT reviewed AND {_EXPRESSIONS[measure]} < ?"


class QualityRow(NamedTuple):
    """What was measured of an image; see `core.images.quality.Quality`."""

    image_id: str
    dark: float
    bright: float
    blur: float
    information: float


class Qualities:
    """Measures are those of `QualityRow`, and `side`, the short side in px, and `shape`, short by
    long side. A picture is flagged when a measure is below a limit, it is in use, and it was not
    reviewed.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db

    def unchecked(self) -> list[str]:
        """Ids of images in use that were not measured, in the order of their arrival."""
        return [row[0] for row in self._db.rows(f"SELECT id {_UNCHECKED} ORDER BY images.rowid")]

    def unchecked_count(self) -> int:
        in_use = self._count("SELECT COUNT(*) FROM images WHERE status = 'in use'")
        return in_use - self._count(f"SELECT COUNT(*) FROM {_CHECKED}")

    def checked_count(self) -> int:
        """How many images were measured, those that were set aside since then among them."""
        return self._count("SELECT COUNT(*) FROM quality")

    def add(self, rows: Iterable[QualityRow]) -> None:
        with self._db.atomic():
            self._db.run_many("INSERT OR REPLACE INTO quality VALUES (?, ?, ?, ?, ?)", rows)

    def flagged_counts(self, limits: Mapping[Measure, float]) -> dict[Measure, int]:
        """How many images are flagged by each measure."""
        counts = (f"(SELECT COUNT(*) {_flagged(measure)})" for measure in limits)
        row = self._db.row(f"SELECT {', '.join(counts)}", limits.values())
        return dict(zip(limits, row or [0] * len(limits), strict=True))

    def flagged(
        self, measure: Measure, limit: float, count: int = -1, start: int = 0
    ) -> list[tuple[str, float]]:
        """Ids of flagged images with their values, the worst first; -1: all of them."""
        sql = f"""SELECT images.id, {_EXPRESSIONS[measure]} AS value {_flagged(measure)}
            ORDER BY value, images.id LIMIT ? OFFSET ?"""
        return [(row[0], row[1]) for row in self._db.rows(sql, [limit, count, start])]

    def histogram(self, measure: Measure, top: float, bins: int) -> list[int]:
        """How many measured images have a value in each of `bins` equal parts of 0..`top`; the
        last part has those above, too.
        """
        sql = f"""SELECT MIN(CAST({_EXPRESSIONS[measure]} * ? AS INTEGER), ?) AS bin, COUNT(*)
            FROM {_CHECKED} GROUP BY bin"""
        counts = [0] * bins
        for place, count in self._db.rows(sql, [bins / top, bins - 1]):
            counts[place] = count
        return counts

    def _count(self, sql: str) -> int:
        row = self._db.row(sql)
        return int(row[0]) if row else 0
