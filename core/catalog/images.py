"""Images, classes and imports in the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter

from core.catalog.connection import Connection
from core.errors import FileFault
from core.records import ImageRecord, ImportRecord, PictureFilter, Side, Skipped, Status

COLUMNS = """id, suffix, width_px, height_px, label, side, side_reason, status, reviewed,
    source_path, url, split_group"""
_SKIPPED_FOR = "FROM skipped WHERE ?1 IS NULL OR kind = ?1"
_values = attrgetter(*(field.name for field in fields(ImageRecord)))  # astuple would copy each
_REVIEWED = [field.name for field in fields(ImageRecord)].index("reviewed")


class Images:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(
        self,
        source: str,
        images: Sequence[ImageRecord],
        skipped: Sequence[Skipped],
        known: int,
        way: str = "",
    ) -> int:
        """Store one import, all of it or nothing; its id.

        Args:
            known: files that were in the catalog before (they are not touched).
            way: the name of the way in.
        """
        with self._db.atomic():
            import_id = self._db.run(
                "INSERT INTO imports (source, at, added, known, way) VALUES (?, ?, ?, ?, ?)",
                [source, now(), len(images), known, way],
            )
            labels = sorted({image.label for image in images})
            self._db.run_many(
                """INSERT INTO classes (name) VALUES (?)
                ON CONFLICT (name) DO UPDATE SET hidden = 0""",
                ((name,) for name in labels),
            )
            self._db.run_many(
                f"INSERT INTO images ({COLUMNS}, import_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                ((*_values(image), import_id) for image in images),
            )
            self._db.run_many(
                "INSERT INTO skipped (import_id, path, reason, kind) VALUES (?, ?, ?, ?)",
                ((import_id, skip.path, skip.reason, skip.kind) for skip in skipped),
            )
        return import_id

    def get(self, image_id: str) -> ImageRecord | None:
        row = self._db.row(f"SELECT {COLUMNS} FROM images WHERE id = ?", [image_id])
        return _image(row) if row else None

    def some(self, image_ids: Sequence[str]) -> list[ImageRecord]:
        """These images, in this order; ids that are not there are left out."""
        marks = ", ".join("?" * len(image_ids))
        rows = self._db.rows(f"SELECT {COLUMNS} FROM images WHERE id IN ({marks})", image_ids)
        images = {row["id"]: _image(row) for row in rows}
        return [images[i] for i in image_ids if i in images]

    def side_of_group(self, group: str) -> Side | None:
        """The side of the pictures of a group; None when there are none yet."""
        row = self._db.row("SELECT side FROM images WHERE split_group = ? LIMIT 1", [group])
        return row[0] if row else None

    def known_ids(self) -> set[str]:
        return {row[0] for row in self._db.rows("SELECT id FROM images")}

    def source(self, image_id: str) -> str:
        """What the import was called that brought this image; "" when it is not there."""
        sql = "SELECT source FROM imports JOIN images ON import_id = imports.id WHERE images.id = ?"
        row = self._db.row(sql, [image_id])
        return str(row[0]) if row else ""

    def sources(self) -> dict[str, str]:
        """What the import was called that brought each image, by image id."""
        sql = "SELECT images.id, source FROM images JOIN imports ON import_id = imports.id"
        return {row[0]: row[1] for row in self._db.rows(sql)}

    def all(self, status: Status = "in use", sides: Iterable[Side] = ()) -> list[ImageRecord]:
        """Images of a status, on the given sides (all when none is given), by id."""
        return self._all("status = ?", [status], sides)

    def of_any_status(self, sides: Iterable[Side] = ()) -> list[ImageRecord]:
        """Images in use and quarantined ones, on the given sides (all when none is given)."""
        return self._all("TRUE", [], sides)

    def sample(self, count: int, start: str = "") -> list[ImageRecord]:
        """Up to `count` images in use, from the id `start` on, then from the first again.

        Ids are hashes, so neighbours in this order have nothing to do with each other.
        """
        sql = f"""SELECT {COLUMNS} FROM images WHERE status = 'in use' AND id {{}} ?
            ORDER BY id LIMIT ?"""
        rows = self._db.rows(sql.format(">="), [start, count])
        rows += self._db.rows(sql.format("<"), [start, count - len(rows)])
        return [_image(row) for row in rows]

    def gallery(
        self, picture_filter: PictureFilter, limit: int, start: int = 0
    ) -> list[ImageRecord]:
        """Images that fit, by id (so mixed at random), `start` of them left out."""
        condition, values = _condition(picture_filter)
        # SQLite would sort all images in use rather than walk along the index by id.
        rows = self._db.rows(
            f"""SELECT id FROM images INDEXED BY images_by_id WHERE {condition}
            ORDER BY id LIMIT ? OFFSET ?""",
            [*values, limit, start],
        )
        return self.some([row[0] for row in rows])

    def gallery_count(self, picture_filter: PictureFilter) -> int:
        """How many images fit."""
        condition, values = _condition(picture_filter)
        by = "label" if picture_filter.import_id is None and not picture_filter.text else "id"
        sql = f"SELECT COUNT(*) FROM images INDEXED BY images_by_{by} WHERE {condition}"
        row = self._db.row(sql, values)
        return int(row[0]) if row else 0

    def counts(self) -> dict[str, dict[Side, int]]:
        """Images in use, per class and side; classes without images count too."""
        sql = """SELECT label, side, COUNT(*) FROM images WHERE status = 'in use'
            GROUP BY label, side"""
        counts: dict[str, dict[Side, int]] = {
            name: {"train": 0, "valid": 0, "test": 0} for name in self.classes()
        }
        for label, side, count in self._db.rows(sql):
            counts[label][side] = count
        return counts

    def side_reasons(self) -> dict[Side, dict[str, int]]:
        """Images in use, per side and what decided it."""
        counts: dict[Side, dict[str, int]] = {}
        # By the index of what is in use, SQLite would look up each row.
        sql = """SELECT side, side_reason, COUNT(*) FROM images NOT INDEXED WHERE status = 'in use'
            GROUP BY side, side_reason ORDER BY side, side_reason"""
        for side, reason, count in self._db.rows(sql):
            counts.setdefault(side, {})[reason] = count
        return counts

    def group_counts(self) -> tuple[int, int]:
        """How many groups have more than one image in use, and how many images these are."""
        row = self._db.row(
            """SELECT COUNT(*), TOTAL(size) FROM
            (SELECT COUNT(*) AS size FROM images INDEXED BY images_in_groups
            WHERE status = 'in use' GROUP BY split_group HAVING size > 1)"""
        )
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def quarantined_count(self) -> int:
        row = self._db.row("SELECT COUNT(*) FROM images WHERE status = 'quarantined'")
        return int(row[0]) if row else 0

    def classes(self) -> list[str]:
        """Names of the classes; a hidden one only while it has images in use."""
        rows = self._db.rows(
            """SELECT name FROM classes WHERE NOT hidden OR EXISTS
            (SELECT 1 FROM images WHERE status = 'in use' AND label = name) ORDER BY name"""
        )
        return [row[0] for row in rows]

    def added_since(self, at: str) -> int:
        """How many pictures imports brought after a moment (ISO 8601, UTC)."""
        row = self._db.row("SELECT TOTAL(added) FROM imports WHERE at > ?", [at])
        return int(row[0]) if row else 0

    def imports(self) -> list[ImportRecord]:
        """Imports, newest first."""
        sql = """SELECT id, source, at, added, known, way,
            (SELECT COUNT(*) FROM skipped WHERE import_id = imports.id) AS skipped
            FROM imports ORDER BY id DESC"""
        return [ImportRecord(**dict(row)) for row in self._db.rows(sql)]

    def _all(
        self, condition: str, values: Sequence[str], sides: Iterable[Side]
    ) -> list[ImageRecord]:
        side_names = list(sides)
        if side_names:
            condition += f" AND side IN ({', '.join('?' * len(side_names))})"
        sql = f"SELECT {COLUMNS} FROM images WHERE {condition} ORDER BY id"
        return [_image(row) for row in self._db.rows(sql, [*values, *side_names])]

    def skipped(self, import_id: int) -> list[Skipped]:
        sql = "SELECT path, reason, kind FROM skipped WHERE import_id = ? ORDER BY path"
        return [Skipped(**dict(row)) for row in self._db.rows(sql, [import_id])]

    def skipped_ever(self, count: int, kind: FileFault | None = None) -> list[Skipped]:
        """Files that some import skipped, the newest first; of one kind, if it is given."""
        sql = f"SELECT path, reason, kind {_SKIPPED_FOR} ORDER BY import_id DESC, path LIMIT ?2"
        rows = self._db.rows(sql, [kind, count])
        return [Skipped(**dict(row)) for row in rows]

    def skipped_count(self, kind: FileFault | None = None) -> int:
        """How many files imports skipped; of one kind, if it is given."""
        row = self._db.row(f"SELECT COUNT(*) {_SKIPPED_FOR}", [kind])
        return int(row[0]) if row else 0

    def skipped_kinds(self) -> dict[FileFault, int]:
        """How many files of each kind imports skipped, the most first."""
        sql = "SELECT kind, COUNT(*) FROM skipped GROUP BY kind ORDER BY COUNT(*) DESC, kind"
        return {row[0]: row[1] for row in self._db.rows(sql)}


def _condition(picture_filter: PictureFilter) -> tuple[str, list[object]]:
    """What the WHERE of a query on images says, and its values."""
    conditions, values = ["status = ?"], list[object]([picture_filter.status])
    for column, value in (
        ("label", picture_filter.label),
        ("side", picture_filter.side),
        ("import_id", picture_filter.import_id),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if picture_filter.text:
        conditions.append(r"source_path LIKE ? ESCAPE '\'")
        values.append(containing(picture_filter.text))
    return " AND ".join(conditions), values


def containing(text: str) -> str:
    """The pattern of LIKE for what has this text in it, taken literally."""
    return "%" + "".join(f"\\{sign}" if sign in r"\%_" else sign for sign in text) + "%"


def now() -> str:
    """This moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _image(row: sqlite3.Row) -> ImageRecord:
    # By position, in the order of COLUMNS: by name it takes twice as long.
    values = list(row)
    values[_REVIEWED] = bool(values[_REVIEWED])
    return ImageRecord(*values)
