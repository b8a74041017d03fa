"""Labels from a table that somebody made: its rows name files, or addresses to download."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import repeat
from typing import Any

from core.context import Context
from core.dataset.addresses import checked_address
from core.dataset.fetch import Wanted, download_all
from core.dataset.named_files import Row, is_url, join, refuse_several_labels
from core.dataset.new_pictures import (
    FileTree,
    Labelled,
    NewPicture,
    clean_label,
    side_named,
    with_sides,
)
from core.dataset.table import Table, read_table
from core.errors import PictureError, StudioError
from core.events import Event
from core.records import Side, Skipped


def by_table(
    context: Context, tree: FileTree, args: Mapping[str, Any], sent: Table | None
) -> Generator[Event, None, Labelled]:
    """Label the files of a place, and download what the table names by its address.

    Args:
        args: `file_column`, `label_column`, perhaps `split_column`; `table` is the path of the
            table in the place, when none was `sent`.

    Raises:
        StudioError: the table or its columns cannot be used.
    """
    inside = str(args.get("table", ""))
    rows = rows_of(sent or table_in(tree, inside), args, inside.rpartition("/")[0])
    refuse_several_labels(row.label for row in rows)
    found, skipped = join(tree, [row for row in rows if not is_url(row.file)])
    far = [row for row in rows if is_url(row.file) and row.label]
    try:
        fetched, failed = yield from _download(context, tree.name, far)
    except StudioError as error:
        if not found:
            raise
        fetched, failed = [], [Skipped(f"{len(far):,} addresses", error.message, "no connection")]
    return with_sides([*found, *fetched]), [*skipped, *failed]


def table_in(tree: FileTree, path: str) -> Table:
    """The table at a path of the place.

    Raises:
        StudioError: there is no such file, or it is no table.
    """
    if not path:
        raise StudioError("No table is chosen.", "Choose or upload one first.")
    if path not in tree.readers:
        raise StudioError(f"There is no table {path!r} in {tree.name}.", "Choose another one.")
    return read_table(tree.readers[path](), path)


def rows_of(table: Table, columns: Mapping[str, Any], near: str = "") -> list[Row]:
    """Rows of the columns `file_column`, `label_column` and, if it is named, `split_column`.

    Raises:
        StudioError: there is no such column.
    """
    split = columns.get("split_column") or ""
    files = table.column(str(columns.get("file_column", "")))
    labels = table.column(str(columns.get("label_column", "")))
    splits = table.column(str(split)) if split else repeat("")
    return [Row(f, a, s, near=near) for f, a, s in zip(files, labels, splits, strict=False)]


def _download(
    context: Context, source: str, rows: Sequence[Row]
) -> Generator[Event, None, tuple[list[NewPicture], list[Skipped]]]:
    if not rows:
        return [], []
    wanted = [Wanted(row.file, clean_label(row.label)) for row in rows]
    listing = yield from download_all(context, source, wanted)
    sides = _sides(context, rows)
    found = [replace(item, side=sides.get(item.url)) for item in listing.found]
    return found, list(listing.skipped)


def _sides(context: Context, rows: Sequence[Row]) -> dict[str, Side]:
    """Address, as it is after its check, to the side that the table gives it."""
    sides: dict[str, Side] = {}
    for row in rows:
        side = side_named(row.split)
        if side is not None:
            with suppress(PictureError):  # an address that may not be used is reported already
                sides[str(checked_address(row.file, context.settings.open_hosts))] = side
    return sides
