"""Taking pictures in: read, check, hash, copy, decide the side, store."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from core.catalog import Catalog
from core.context import Context
from core.dataset.found import Found
from core.dataset.split import side_by_hash, top_up
from core.errors import PictureError
from core.events import Progressed
from core.files import write_once
from core.images.working_copy import PictureFacts, read_file
from core.records import ImageRecord, Skipped

IN_ANOTHER_CLASS = "the same picture is already there as"  # how that reason begins
AHEAD = 64  # files read but not yet collected: keeps memory flat


@dataclass
class _Gathered:
    new: dict[str, ImageRecord] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    known: int = 0


def import_pictures(
    context: Context, source: str, found: Sequence[Found], skipped: Sequence[Skipped]
) -> Iterator[Progressed]:
    """Import files; the catalog gets them in one piece at the end.

    Stopping keeps what was read so far. A crash stores nothing, and doing it again finds the
    copies already made.

    Raises:
        WorkspaceError: a picture or the catalog cannot be written.
    """
    catalog = context.catalog
    gathered = _Gathered(skipped=list(skipped))
    stored = {image.id: image for image in catalog.images.of_any_status()}
    with ThreadPoolExecutor(os.cpu_count() or 1, "import") as pool:
        waiting: deque[tuple[Found, Future[PictureFacts]]] = deque()
        for done, item in enumerate(found):
            if context.stop_requested():
                break
            waiting.append((item, pool.submit(_take_in, item, context)))
            if len(waiting) >= AHEAD:
                _gather(*waiting.popleft(), gathered, stored, catalog)
            if done % 10 == 0:
                yield Progressed(done, len(found), "Importing pictures")
        while waiting:
            _gather(*waiting.popleft(), gathered, stored, catalog)
    images = top_up(gathered.new.values(), catalog.images.counts(), catalog.seed)
    catalog.images.add(source, images, gathered.skipped, gathered.known)
    yield Progressed(len(found), len(found), "Importing pictures")


def _take_in(item: Found, context: Context) -> PictureFacts:
    data = item.read()
    picture, copy = read_file(data, context.settings)
    workspace = context.workspace
    write_once(workspace.original(picture.id, picture.suffix), data)
    write_once(workspace.copy(picture.id), copy)
    return picture


def _gather(
    item: Found,
    future: Future[PictureFacts],
    gathered: _Gathered,
    stored: dict[str, ImageRecord],
    catalog: Catalog,
) -> None:
    try:
        picture = future.result()
    except PictureError as error:
        gathered.skipped.append(Skipped(item.path, error.message))
        return
    twin = stored.get(picture.id) or gathered.new.get(picture.id)
    if twin is None:
        gathered.new[picture.id] = _record(item, picture, catalog)
    elif twin.label != item.label:
        reason = f"{IN_ANOTHER_CLASS} {twin.label!r} ({twin.source_path})"
        gathered.skipped.append(Skipped(item.path, reason))
    elif picture.id in stored:
        gathered.known += 1
    else:
        reason = f"the same picture as {twin.source_path}"
        gathered.skipped.append(Skipped(item.path, reason))


def _record(item: Found, picture: PictureFacts, catalog: Catalog) -> ImageRecord:
    side = item.side or side_by_hash(catalog.seed, picture.id, catalog.valid_share)
    return ImageRecord(
        id=picture.id,
        suffix=picture.suffix,
        width_px=picture.width_px,
        height_px=picture.height_px,
        label=item.label,
        side=side,
        side_reason="folder" if item.side else "hash",
        status="in use",
        reviewed=False,
        source_path=item.path,
        url=item.url,
        split_group=item.group or picture.id,
    )
