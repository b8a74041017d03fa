"""Pictures in Parquet files, as the hub keeps datasets: a column of images, one of labels."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from core.dataset.new_pictures import (
    Labelled,
    NewPicture,
    clean_label,
    path_text,
    side_named,
    too_large,
    with_sides,
)
from core.dataset.table import LABEL_NAMES, MAX_ROWS, find_column
from core.errors import PictureError, StudioError
from core.records import Side, Skipped
from core.settings import Settings

MAX_GROUP_BYTES = 2_000_000_000  # of one row group, which is read as a whole
IMAGE_NAMES = ("image", "img", "picture", "photo", "pixel_values")


class PictureTable:
    """One open Parquet file: which columns hold the picture and the label, and its rows."""

    def __init__(self, file: Path, name: str) -> None:
        from pyarrow import parquet

        try:
            self._file = parquet.ParquetFile(file)
            self._facts = self._file.metadata
            self._schema = self._file.schema_arrow
            features = _features(self._schema.metadata or {})
        except Exception as error:  # pyarrow's own, on damage of every kind
            raise _bad(name, str(error).split("\n", 1)[0][:200]) from error
        self.name = name
        self._image = _typed(features, "Image") or find_column(self._schema.names, IMAGE_NAMES)
        self._label = _typed(features, "ClassLabel") or find_column(self._schema.names, LABEL_NAMES)
        self._classes = list(features.get(self._label, {}).get("names") or ())
        self._group: tuple[int, Any] | None = None
        self._lock = Lock()
        if self._image not in self._schema.names or self._label not in self._schema.names:
            raise _bad(name, "it has no column of pictures beside one of labels")
        if self._facts.num_rows > MAX_ROWS:
            raise _bad(name, f"it has more than {MAX_ROWS:,} rows")

    def labels(self) -> list[tuple[int, int, str]]:
        """(row group, row in it, label) of each row; the label is "" where there is none."""
        rows = []
        for group in range(self._facts.num_row_groups):
            try:
                column = self._file.read_row_group(group, columns=[self._label]).column(0)
                labels = column.to_pylist()
            except Exception as error:  # as above
                raise _bad(self.name, str(error).split("\n", 1)[0][:200]) from error
            rows += [(group, row, self._name(label)) for row, label in enumerate(labels)]
        return rows

    def read(self, group: int, row: int, max_bytes: int) -> bytes:
        """The bytes of one picture.

        Raises:
            PictureError: the row holds none, or is damaged.
        """
        with self._lock:
            try:
                picture = self._pictures(group)[row].as_py()
            except PictureError:
                raise
            except Exception as error:  # as above
                reason = "its part of the file is damaged"
                raise PictureError(reason, "Get it again.", "damaged") from error
        data = picture.get("bytes") if isinstance(picture, dict) else picture
        if not isinstance(data, bytes):
            reason = "the row holds no picture (a path is not followed)"
            raise PictureError(reason, "Leave it out.", "no picture")
        if len(data) > max_bytes:
            raise too_large(max_bytes)
        return data

    def _pictures(self, group: int) -> Any:
        """The pictures of a row group; the last one is kept, since rows are read in order."""
        if self._group is None or self._group[0] != group:
            if self._facts.row_group(group).total_byte_size > MAX_GROUP_BYTES:
                reason = "in a part of the file that is too large"
                raise PictureError(reason, "Leave it out.", "too large")
            table = self._file.read_row_group(group, columns=[self._image])
            self._group = group, table.column(0)
        return self._group[1]

    def _name(self, label: Any) -> str:
        if isinstance(label, int) and 0 <= label < len(self._classes):
            return str(self._classes[label])
        return str(label) if isinstance(label, str | int) and label != -1 else ""


def find_in_parquet(files: Sequence[tuple[str, Path]], settings: Settings) -> Labelled:
    """The pictures of some files, given with their names; these may say the side ("train-00").

    Raises:
        StudioError: none of them has pictures and labels.
    """
    pictures: list[NewPicture] = []
    skipped: list[Skipped] = []
    for name, file in sorted(files):
        try:
            table = PictureTable(file, path_text(name))
            rows = table.labels()
        except StudioError as error:
            skipped.append(Skipped(path_text(name), error.message, "bad table"))
            continue
        side = side_of(name)
        for number, (group, row, label) in enumerate(rows):
            path = f"{table.name}/{number:06d}"
            reader = partial(table.read, group, row, settings.max_file_bytes)
            if label:
                pictures.append(NewPicture(path, clean_label(label), side, reader))
            else:
                skipped.append(Skipped(path, "the table has no label for it", "no class"))
    return with_sides(pictures), skipped


def side_of(name: str) -> Side | None:
    """The side that a part of a file's name says: "data/train-00000-of-00002.parquet"."""
    parts = re.split(r"[/._-]", name)
    return next((side for part in reversed(parts) if (side := side_named(part))), None)


def _features(metadata: dict[bytes, bytes]) -> dict[str, dict[str, Any]]:
    """Column -> what the library `datasets` wrote of it."""
    text = metadata.get(b"huggingface")
    features = json.loads(text).get("info", {}).get("features", {}) if text else {}
    return {name: kind for name, kind in features.items() if isinstance(kind, dict)}


def _typed(features: dict[str, dict[str, Any]], kind: str) -> str:
    return next((name for name, f in features.items() if f.get("_type") == kind), "")


def _bad(name: str, reason: str) -> StudioError:
    return StudioError(f"{name} cannot be used ({reason}).", "Choose another dataset.")
