"""Way in: a list of addresses, pasted or from a file.

Two forms are understood: one address a line, all of one class; or a table whose first line names
its columns, `url` and `label` among them, with commas, semicolons or tabs (as a spreadsheet copies
it) between them.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.context import Context
from core.dataset.fetch import Wanted, download_all
from core.dataset.found import Listing, clean_label
from core.errors import StudioError, from_os_error
from core.events import Event
from core.files import write_once
from core.workspace import Workspace

MAX_ADDRESSES = 200_000
MAX_BYTES = 50_000_000
URL_COLUMNS = ("url", "address", "link", "image_url", "image url", "image")
LABEL_COLUMNS = ("label", "class", "category", "class name", "class_name")
TABLE_HINT = "Name the class, or begin the list with a line that names its columns: url,label."


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The list `args["list"]` in the workspace's downloads; `args["label"]` is the class of
    addresses that come without one, `args["name"]` what the person calls the list.
    """
    file = context.workspace.downloads / Path(args["list"]).name
    try:
        wanted = parse_list(file.read_bytes(), args.get("label", ""))
    except OSError as error:
        raise from_os_error(error, "reading the list") from error
    return (yield from download_all(context, args["name"], wanted))


def keep_list(workspace: Workspace, data: bytes) -> str:
    """Store a list beside its downloads, until its import has ended well; the file's name.

    Raises:
        StudioError: it is too large.
        WorkspaceError: it cannot be written.
    """
    if len(data) > MAX_BYTES:
        raise StudioError(
            f"The list is larger than {MAX_BYTES // 1_000_000} MB.", "Split it into several lists."
        )
    name = f"{hashlib.sha256(data).hexdigest()}.list"
    write_once(workspace.downloads / name, data)
    return name


def parse_list(data: bytes, label: str = "") -> list[Wanted]:
    """The addresses of a list, as they are written, each with its class.

    Args:
        label: the class of addresses that come without one.

    Raises:
        StudioError: there is no address, an address has no class, or there are too many.
    """
    lines = _text(data).splitlines()
    header = next((line for line in lines if line.strip()), "")
    columns = _columns(header)
    rows = _table(lines, columns) if columns else ((line, "") for line in lines)
    wanted = [
        Wanted(address.strip(), clean_label(own or label) if own or label.strip() else "")
        for address, own in rows
        if address.strip() and not address.lstrip().startswith("#")
    ]
    _check(wanted)
    return wanted


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 as spreadsheets save it, or, if it is neither, Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _columns(header: str) -> tuple[str, list[str]] | None:
    """What separates the columns, and their names, if the line is the head of a table."""
    for separator in "\t;,":
        names = [name.strip().strip('"').lower() for name in header.split(separator)]
        if any(name in URL_COLUMNS for name in names):
            return separator, names
    return None


def _table(lines: Sequence[str], columns: tuple[str, list[str]]) -> Iterator[tuple[str, str]]:
    separator, names = columns
    url = next(k for k, name in enumerate(names) if name in URL_COLUMNS)
    label = next((k for k, name in enumerate(names) if name in LABEL_COLUMNS), None)
    table = csv.reader(io.StringIO("\n".join(lines).lstrip()), delimiter=separator)
    next(table)
    try:
        for row in table:
            own = row[label].strip() if label is not None and label < len(row) else ""
            yield (row[url] if url < len(row) else ""), own
    except csv.Error as error:
        raise StudioError(
            f"The table cannot be read from line {table.line_num + 1} on ({error}).",
            "Save it again as CSV.",
        ) from error


def _check(wanted: Sequence[Wanted]) -> None:
    if not wanted:
        raise StudioError("There is no address in the list.", "Paste one address a line.")
    if len(wanted) > MAX_ADDRESSES:
        raise StudioError(
            f"The list has {len(wanted):,} addresses; the limit is {MAX_ADDRESSES:,}.",
            "Split it into several lists.",
        )
    unlabelled = next((item.address for item in wanted if not item.label), None)
    if unlabelled is not None:
        raise StudioError(f"No class is given for {unlabelled[:200]!r}.", TABLE_HINT)
