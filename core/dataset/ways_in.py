"""The ways in, as one family: each lists files that might be pictures; what follows is shared."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.context import Context
from core.dataset import place, sample, uploads
from core.dataset.found import Listing
from core.dataset.importing import import_pictures
from core.errors import StudioError
from core.events import Event

WayIn = Callable[[Context, Mapping[str, Any]], Generator[Event, None, Listing]]
"""Lists what one import brings, given what the person chose; may take long and say how far it is.

It raises a `StudioError` when there is nothing to list, and reports single files that cannot be
used in `Listing.skipped`.
"""
WAYS_IN: dict[str, WayIn] = {
    "sample": sample.way_in,
    "folder": place.folder_way_in,
    "archive": place.archive_way_in,
    "table": place.table_way_in,
    "files": uploads.files_way_in,
    "camera": uploads.camera_way_in,
}


def bring_in(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "import": `args["way"]` names the way in, the rest is for it. What the
    browser sent, `args["upload"]`, is deleted at the end. With `args["field_test"]` all pictures
    are for the test side: nothing trains on them.

    Raises:
        StudioError: there is no such way in, or it found nothing.
    """
    if args.get("way") not in WAYS_IN:
        raise StudioError("There is no such way in.", "Choose one on the Dataset page.")
    try:
        listing = yield from WAYS_IN[args["way"]](context, args)
        found = listing.found
        if args.get("field_test"):
            found = [replace(f, side="test", side_reason="field test") for f in found]
        yield from import_pictures(context, listing.source, found, listing.skipped)
    finally:
        place.tidy(context, args)
