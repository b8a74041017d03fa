"""Way in: a list of addresses, pasted or from a file.

Two forms are understood: one address a line, all of one class; or a table whose first line names
its columns, `url` and `label` among them (see `table`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from core.context import Context
from core.dataset.fetch import LabelledAddress, download_all, make_downloads
from core.dataset.new_pictures import Listing, clean_label
from core.dataset.table import LABEL_NAMES, URL_NAMES, as_text, find_column, read_table
from core.errors import StudioError, from_os_error
from core.events import Event
from core.files import write_once
from core.owned import inside
from core.workspace import Workspace

MAX_ADDRESSES = 200_000
MAX_BYTES = 50_000_000
URL_COLUMNS = (*URL_NAMES, "image url", "image")
TABLE_HINT = "Name the class, or begin the list with a line that names its columns: url,label."


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The list `args["list"]` in the workspace's downloads; `args["label"]` is the class of
    addresses that come without one, `args["name"]` what the person calls the list.
    """
    file = inside(context.workspace.downloads, str(args["list"]))
    try:
        addresses = parse_list(file.read_bytes(), args.get("label", ""))
    except OSError as error:
        raise from_os_error(error, "reading the list") from error
    return (yield from download_all(context, args["name"], addresses))


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
    make_downloads(workspace)
    write_once(workspace.downloads / name, data)
    return name


def parse_list(data: bytes, label: str = "") -> list[LabelledAddress]:
    """The addresses of a list, as they are written, each with its class.

    Args:
        label: the class of addresses that come without one.

    Raises:
        StudioError: there is no address, an address has no class, or there are too many.
    """
    addresses = [
        LabelledAddress(address, clean_label(own or label) if own or label.strip() else "")
        for address, own in _rows(data)
        if address and not address.startswith("#")
    ]
    _check(addresses)
    return addresses


def _rows(data: bytes) -> Iterator[tuple[str, str]]:
    """Addresses with the classes that the list gives them, "" where it gives none."""
    lines = [line.strip() for line in as_text(data).splitlines()]
    head = next((line for line in lines if line), "")
    if not any(name.strip(' "') in URL_COLUMNS for name in re.split(r"[\t;,|]", head.lower())):
        return zip(lines, repeat(""))
    table = read_table(data, "the list")
    label = find_column(table.columns, LABEL_NAMES)
    own = table.column(label) if label else repeat("")
    return zip(table.column(find_column(table.columns, URL_COLUMNS)), own)


def _check(addresses: Sequence[LabelledAddress]) -> None:
    if not addresses:
        raise StudioError("There is no address in the list.", "Paste one address a line.")
    if len(addresses) > MAX_ADDRESSES:
        raise StudioError(
            f"The list has {len(addresses):,} addresses; the limit is {MAX_ADDRESSES:,}.",
            "Split it into several lists.",
        )
    unlabelled = next((item.address for item in addresses if not item.label), None)
    if unlabelled is not None:
        raise StudioError(f"No class is given for {unlabelled[:200]!r}.", TABLE_HINT)
