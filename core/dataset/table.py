"""Tables that somebody made: CSV, JSON lines or Parquet, read as rows of text."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from core.csv_text import original
from core.dataset.new_pictures import PICTURE_SUFFIXES
from core.errors import StudioError

SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")
MAX_ROWS = 1_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_COLUMNS = 1000
DELIMITERS = "\t,;|"
FILE_NAMES = ("file_name", "filename", "file", "path", "image", "image_path", "img", "id")
URL_NAMES = ("url", "image_url", "address", "link")
LABEL_NAMES = (
    *("label", "labels", "class", "class_name", "class name", "category"),
    *("target", "species", "breed", "tag", "y"),
)
OF_THE_STUDIO = "journal"  # a column that only what the studio has taken out has
SPLIT_NAMES = ("split", "side", "set", "subset", "partition")


@dataclass(frozen=True)
class Table:
    """Columns with their names, and rows with one text for each column."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def column(self, name: str) -> list[str]:
        """The texts of a column.

        Raises:
            StudioError: there is no such column.
        """
        if name not in self.columns:
            raise StudioError(
                f"The table has no column {name!r}.", f"It has: {', '.join(self.columns[:20])}."
            )
        number = self.columns.index(name)
        return [row[number] for row in self.rows]


def read_table(data: bytes, name: str) -> Table:
    """A table from the bytes of a file; `name` says which kind it is.

    Raises:
        StudioError: it is damaged, empty, or larger than the limits.
    """
    try:
        if data.startswith(b"PAR1"):
            table = _parquet(data)
        elif name.lower().endswith((".jsonl", ".ndjson")):
            table = _json_lines(as_text(data))
        else:
            table = _csv(as_text(data))
    except StudioError:
        raise
    except Exception as error:  # pyarrow's, csv's and json's own, and nesting without end
        reason = str(error).split("\n", 1)[0][:200] or type(error).__name__
        raise _bad(f"{name} is no table that can be read ({reason}).") from error
    if not table.rows:
        raise _bad(f"{name} has no rows.")
    return table


def find_column(columns: Sequence[str], names: Sequence[str]) -> str:
    """The first column that is called like that, in any case; "" if there is none."""
    lower = {column.strip().lower(): column for column in reversed(columns)}
    return next((lower[name] for name in names if name in lower), "")


def _bad(message: str) -> StudioError:
    return StudioError(message, "Save it as CSV (UTF-8) with a line of column names at its top.")


def as_text(data: bytes) -> str:
    """UTF-8, UTF-16 as spreadsheets save it, or, if it is neither, what Windows writes."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _csv(text: str) -> Table:
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)  # a tab if there is none: one column
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [row for row in _limited(lines) if any(cell.strip() for cell in row)]
    if not rows:
        return Table((), ())
    header, body = (rows[0], rows[1:]) if _is_header(rows[0]) else ([], rows)
    width = len(rows[0])
    columns = [name.strip() or f"column {k + 1}" for k, name in enumerate(header)]
    columns = columns or [f"column {k + 1}" for k in range(width)]
    if OF_THE_STUDIO in columns:
        body = [[original(cell) for cell in row] for row in body]
    return _table(columns, [(row + [""] * width)[:width] for row in body])


def _is_header(cells: Sequence[str]) -> bool:
    """A first row that names a picture or an address is no line of column names."""
    return not any(
        PurePosixPath(cell.strip()).suffix.lower() in PICTURE_SUFFIXES or "://" in cell
        for cell in cells
    )


def _json_lines(text: str) -> Table:
    rows = [json.loads(line) for line in _limited(line for line in text.splitlines() if line)]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a line is no object")
    columns = list(dict.fromkeys(name for row in rows for name in islice(row, MAX_COLUMNS)))
    return _table(columns, [[row.get(name) for name in columns] for row in rows])


def _parquet(data: bytes) -> Table:
    import pyarrow
    from pyarrow import parquet

    file = parquet.ParquetFile(pyarrow.BufferReader(data))
    facts = file.metadata
    sizes = [facts.row_group(k).total_byte_size for k in range(facts.num_row_groups)]
    if facts.num_rows > MAX_ROWS or sum(sizes) > MAX_UNPACKED_BYTES:
        raise _bad(f"The table is too large ({facts.num_rows:,} rows).")
    kinds = file.schema_arrow
    columns = [name for name in kinds.names if not pyarrow.types.is_nested(kinds.field(name).type)]
    table = file.read(columns=columns)
    return _table(columns, [list(row.values()) for row in table.to_pylist()])


def _limited(rows: Iterator[Any]) -> Iterator[Any]:
    for count, row in enumerate(rows):
        if count > MAX_ROWS:
            raise _bad(f"The table has more than {MAX_ROWS:,} rows.")
        yield row


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    if len(columns) > MAX_COLUMNS:
        raise _bad(f"The table has more than {MAX_COLUMNS:,} columns.")
    unique = [
        name if name not in columns[:k] else f"{name} ({k + 1})" for k, name in enumerate(columns)
    ]
    return Table(tuple(unique), [tuple(_cell(cell) for cell in row) for row in rows])


def _cell(value: Any) -> str:
    """A cell as text; lists, objects and bytes are none."""
    if value is None or isinstance(value, dict | list | bytes):
        return ""
    return str(value).strip()
