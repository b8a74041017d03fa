"""Putting right what the inventory finds: from the original, from its source, or out of the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.context import Context, in_batches
from core.events import Event
from core.files import write_atomically
from core.images.remade import make_copy
from core.owned import NotOurs, set_aside
from core.records import ImageRecord
from core.training.checkpoints import BEST, file_of, put_in_use
from core.upkeep.faults import Fault, is_whole_tensors, look_at_picture
from core.upkeep.inventory import (
    Inventory,
    faults_beside,
    store_inventory,
    summed_up,
    take_inventory,
)
from core.upkeep.sources import from_addresses, from_copies, from_imports

MAKING = "Making working copies again"


def repair_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "repair": check all files anew, put right what can be, and store what is left.

    Originals come back from a copy that is the same file, from the folder they came from, or from
    their address, if their hash is still the id; working copies are made again from originals;
    models come from their best checkpoint. What is left over is moved into the folder `set-aside`:
    nothing is deleted. Stopping keeps what was put right so far.

    Raises:
        WorkspaceError: something cannot be written.
    """
    found: list[Fault] = []
    inventory = yield from take_inventory(context, found)
    if inventory is None:
        return
    by_id = {image.id: image for image in context.catalog.images.of_any_status()}
    originals = [by_id[f.owner] for f in found if f.kind.startswith("original ")]
    yield from _bring_originals(context, originals)
    copies = [f.owner for f in found if f.kind.startswith("copy ") or f.kind == "original damaged"]
    yield from _make_copies(context, [by_id[owner] for owner in dict.fromkeys(copies)])
    _put_models_back(context, found)
    _set_aside(context, found)
    of_pictures = [f.owner for f in found if f.kind.startswith(("original ", "copy "))]
    again = [by_id[owner] for owner in dict.fromkeys(of_pictures)]
    store_inventory(context, _what_is_left(context, inventory, again))


def _bring_originals(context: Context, images: Sequence[ImageRecord]) -> Iterator[Event]:
    """From the nearest source that has them."""
    wanted = {image.id: image for image in images}

    def give(image: ImageRecord, data: bytes) -> None:
        write_atomically(context.workspace.original(image.id, image.suffix), data)
        wanted.pop(image.id, None)

    from_copies(context, wanted, give)
    yield from from_imports(context, wanted, give)
    if not context.stop_requested():
        yield from from_addresses(context, wanted, give)


def _make_copies(context: Context, images: Sequence[ImageRecord]) -> Iterator[Event]:
    workspace, settings = context.workspace, context.settings

    def make(image: ImageRecord) -> bool:
        original = workspace.original(image.id, image.suffix)
        return make_copy(workspace, image.id, original, settings)

    def work(batch: Sequence[ImageRecord], pool: Executor) -> None:
        list(pool.map(make, batch))

    yield from in_batches(context, images, MAKING, work)


def _put_models_back(context: Context, found: Sequence[Fault]) -> None:
    for fault in found:
        if fault.kind.startswith("weights "):
            run_id = int(fault.owner)
            if is_whole_tensors(file_of(context.workspace, run_id, BEST)):
                put_in_use(context.workspace, run_id, BEST)


def _set_aside(context: Context, found: Sequence[Fault]) -> None:
    """Ours alone: what carries no mark, or is not ours after all, stays where it is."""
    folder = context.workspace.folder
    for fault in found:
        if fault.kind in ("left over", "features damaged"):
            with suppress(NotOurs):
                set_aside(folder, folder / fault.path, context.workspace.set_aside)


def _what_is_left(context: Context, before: Inventory, images: Sequence[ImageRecord]) -> Inventory:
    """The inventory after a repair: only what something was wrong with is looked at again."""
    left = [fault for i in images for fault in look_at_picture(context.workspace, i).faults]
    left += faults_beside(context)
    after = summed_up(left, before.pictures, before.read_bytes, before.seconds)
    mended = Counter(before.counts) - Counter(after.counts)
    return replace(after, mended=dict(mended))
