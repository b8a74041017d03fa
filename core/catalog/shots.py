"""When and by which camera pictures were taken, where their files say so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.catalog.connection import Connection


class ShotRow(NamedTuple):
    """A picture, its camera, and the time by the camera's clock, in seconds."""

    image_id: str
    camera: str
    taken_s: float


class Shots:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, rows: Iterable[ShotRow]) -> None:
        with self._db.atomic():
            self._db.run_many("INSERT OR IGNORE INTO shots VALUES (?, ?, ?)", rows)

    def between(self, camera: str, first_s: float, last_s: float) -> list[ShotRow]:
        """What this camera took in a time, in the order of time."""
        sql = """SELECT image_id, camera, taken_s FROM shots
            WHERE camera = ? AND taken_s BETWEEN ? AND ? ORDER BY taken_s, image_id"""
        return [ShotRow(*row) for row in self._db.rows(sql, [camera, first_s, last_s])]
