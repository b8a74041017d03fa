"""The ways in, as one family: each lists files that might be pictures; what follows is shared."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.context import Context
from core.dataset import from_files, hub_dataset, image_search, sample, uploads, url_list
from core.dataset.fetch import forget_downloads
from core.dataset.importing import import_pictures
from core.dataset.new_pictures import Listing
from core.errors import StudioError
from core.events import Event
from core.leftovers import sweep_uploads

WayIn = Callable[[Context, Mapping[str, Any]], Generator[Event, None, Listing]]
"""Lists what one import brings, given what the person chose; may take long and say how far it is.

It raises a `StudioError` when there is nothing to list, and reports single files that cannot be
used in `Listing.skipped`.
"""
WAYS_IN: dict[str, WayIn] = {
    "sample": sample.way_in,
    "folder": from_files.folder_way_in,
    "archive": from_files.archive_way_in,
    "table": from_files.table_way_in,
    "files": uploads.files_way_in,
    "camera": uploads.camera_way_in,
    "urls": url_list.way_in,
    "search": image_search.way_in,
    "hub": hub_dataset.way_in,
}

FOR_VISITORS = ("sample", "archive", "files", "camera")
"""The ways in of a public demo: what the browser sends, and what is installed."""


def bring_in(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "import": `args["way"]` names the way in, the rest is for it. What the
    browser sent, `args["upload"]`, is deleted at the end. With `args["field_test"]` all pictures
    are for the test side: nothing trains on them. Downloads wait on disk until an import has
    stored them; stopping before that stores nothing, and the next start goes on from there.

    Raises:
        StudioError: there is no such way in, or it found nothing.
    """
    if args.get("way") not in WAYS_IN:
        raise StudioError("There is no such way in.", "Choose one on the Dataset page.")
    if context.settings.demo and args["way"] not in FOR_VISITORS:
        raise StudioError("This public demo does not do that.", "Upload the pictures.")
    sweep_uploads(context.workspace, args)
    try:
        listing = yield from WAYS_IN[args["way"]](context, args)
        if context.stop_requested():
            return
        pictures = listing.pictures
        if args.get("field_test"):
            pictures = [replace(p, side="test", side_reason="field test") for p in pictures]
        _check_room(context, len(pictures))
        source, way = listing.source, args["way"]
        yield from import_pictures(context, source, pictures, listing.skipped, way)
        if any(picture.url for picture in pictures) and not context.stop_requested():
            forget_downloads(context.workspace)
    finally:
        from_files.tidy(context, args)


def _check_room(context: Context, count: int) -> None:
    """Raises StudioError when the workspace would hold more than the settings allow."""
    stored_count = sum(sum(sides.values()) for sides in context.catalog.images.counts().values())
    limit = context.settings.max_pictures
    if stored_count + count > limit:
        raise StudioError(
            f"{count:,} pictures are more than fit: this public demo takes {limit:,.0f} in all.",
            "Bring fewer pictures.",
        )
