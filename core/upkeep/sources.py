"""Where an original can be had again. Whatever a source gives counts only if its hash is the id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from typing import Any

from core.context import Context
from core.dataset.fetch import LabelledAddress, fetch, file_of, sort_out
from core.dataset.new_pictures import Listing
from core.dataset.one_download import Limits
from core.dataset.ways_in import FOR_VISITORS, WAYS_IN
from core.errors import StudioError
from core.events import Event
from core.owned import remove_file
from core.records import ImageRecord

LASTING = ("sample", "folder")
"""Ways in whose files are still there after an import: nothing is sent or deleted."""
Give = Callable[[ImageRecord, bytes], None]
"""Takes the bytes of an original that was found again."""


def is_original(data: bytes, image_id: str) -> bool:
    return hashlib.sha256(data).hexdigest() == image_id


def from_copies(context: Context, missing: Mapping[str, ImageRecord], give: Give) -> None:
    """Small JPEG files are their own working copies, so those can be had from there."""
    for image in list(missing.values()):
        try:
            data = context.workspace.copy(image.id).read_bytes()
        except OSError:
            continue
        if is_original(data, image.id):
            give(image, data)


def from_imports(
    context: Context, missing: Mapping[str, ImageRecord], give: Give
) -> Generator[Event, None, None]:
    """Look where earlier imports of folders, archives and the sample found them; what is gone is
    passed by.

    Args:
        missing: by image id; `give` may take from it.
    """
    tried_args: list[Mapping[str, Any]] = []
    ways = [way for way in LASTING if not context.settings.demo or way in FOR_VISITORS]
    for job in context.catalog.jobs.all("import"):
        if not missing or context.stop_requested():
            return
        if job.args.get("way") in ways and job.args not in tried_args:
            tried_args.append(job.args)
            try:
                listing = yield from WAYS_IN[job.args["way"]](context, job.args)
            except StudioError:
                continue
            _give_from(listing, context, missing, give)


def _give_from(
    listing: Listing, context: Context, missing: Mapping[str, ImageRecord], give: Give
) -> None:
    by_path = {image.source_path: image for image in missing.values()}
    for item in listing.pictures:
        image = by_path.get(item.path)
        if image is None or context.stop_requested():
            continue
        try:
            data = item.read()
        except StudioError:
            continue
        if is_original(data, image.id):
            give(image, data)


def from_addresses(
    context: Context, missing: Mapping[str, ImageRecord], give: Give
) -> Generator[Event, None, None]:
    """Download them again, with the guards of every download; in a public demo nothing is."""
    by_address = {} if context.settings.demo else _addresses(context, missing)
    if not by_address:
        return
    folder = context.workspace.downloads
    waiting = {address for address in by_address if file_of(folder, address).exists()}
    yield from fetch(context, list(by_address), Limits(context.settings.max_file_bytes))
    for address, image in by_address.items():
        file = file_of(folder, address)
        if file.is_file():
            data = file.read_bytes()
            if is_original(data, image.id):
                give(image, data)
            if address not in waiting:  # others wait for an import of their own
                remove_file(folder, file)


def _addresses(context: Context, missing: Mapping[str, ImageRecord]) -> dict[str, ImageRecord]:
    """Images by the address that may be asked for them."""
    by_address: dict[str, ImageRecord] = {}
    for image in missing.values():
        usable, _ = sort_out([LabelledAddress(image.url, image.label)], context.settings.open_hosts)
        by_address |= {item.address: image for item in usable}
    return by_address
