"""Labels from a table that somebody made: its rows name files, or addresses to download."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import repeat
from typing import Any

from core.context import Context
from core.dataset.addresses import checked_address
from core.dataset.fetch import LabelledAddress, download_all
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
    context: Context, tree: FileTree, args: Mapping[str, Any], upload: Table | None
) -> Generator[Event, None, Labelled]:
    """Label the files of a tree, and download what the table names by its address.

    Args:
        args: `file_column`, `label_column`, perhaps `split_column`; `table` is the path of the
            table in the tree, when the browser sent none as an `upload`.

    Raises:
        StudioError: the table or its columns cannot be used.
    """
    inside = str(args.get("table", ""))
    rows = rows_of(upload or table_in(tree, inside), args, inside.rpartition("/")[0])
    refuse_several_labels(row.label for row in rows)
    pictures, skipped = join(tree, [row for row in rows if not is_url(row.file)])
    remote = [row for row in rows if is_url(row.file) and row.label]
    try:
        downloads, failures = yield from _download(context, tree.name, remote)
    except StudioError as error:
        if not pictures:
            raise
        failure = Skipped(f"{len(remote):,} addresses", error.message, "no connection")
        downloads, failures = [], [failure]
    return with_sides([*pictures, *downloads]), [*skipped, *failures]


def table_in(tree: FileTree, path: str) -> Table:
    """The table at a path of the tree.

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
    side_column = columns.get("split_column") or ""
    files = table.column(str(columns.get("file_column", "")))
    labels = table.column(str(columns.get("label_column", "")))
    splits = table.column(str(side_column)) if side_column else repeat("")
    return [Row(f, a, s, near=near) for f, a, s in zip(files, labels, splits, strict=False)]


def _download(
    context: Context, source: str, rows: Sequence[Row]
) -> Generator[Event, None, tuple[list[NewPicture], list[Skipped]]]:
    if not rows:
        return [], []
    addresses = [LabelledAddress(row.file, clean_label(row.label)) for row in rows]
    listing = yield from download_all(context, source, addresses)
    sides = _sides(context, rows)
    pictures = [replace(item, side=sides.get(item.url)) for item in listing.pictures]
    return pictures, list(listing.skipped)


def _sides(context: Context, rows: Sequence[Row]) -> dict[str, Side]:
    """Address, as it is after its check, to the side that the table gives it."""
    sides: dict[str, Side] = {}
    for row in rows:
        side = side_named(row.split)
        if side is not None:
            with suppress(PictureError):  # an address that may not be used is reported already
                sides[str(checked_address(row.file, context.settings.open_hosts))] = side
    return sides
