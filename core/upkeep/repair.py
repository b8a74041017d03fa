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
from core.upkeep.faults import (
    COPIES,
    IN_THE_WAY,
    ORIGINALS,
    WEIGHTS,
    Fault,
    is_whole_tensors,
    look_at_picture,
)
from core.upkeep.inventory import (
    Inventory,
    faults_beside,
    inventory_of,
    store_inventory,
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
    faults: list[Fault] = []
    inventory = yield from take_inventory(context, faults)
    if inventory is None:
        return
    by_id = {image.id: image for image in context.catalog.images.of_any_status()}
    originals = [by_id[f.owner] for f in faults if f.kind in ORIGINALS]
    yield from _bring_originals(context, originals)
    copies = [f.owner for f in faults if f.kind in COPIES or f.kind == "original damaged"]
    yield from _make_copies(context, [by_id[owner] for owner in dict.fromkeys(copies)])
    _put_models_back(context, faults)
    _set_aside(context, faults)
    of_pictures = [f.owner for f in faults if f.kind in ORIGINALS | COPIES]
    images = [by_id[owner] for owner in dict.fromkeys(of_pictures)]
    store_inventory(context, _what_is_left(context, inventory, images))


def _bring_originals(context: Context, images: Sequence[ImageRecord]) -> Iterator[Event]:
    """From the nearest source that has them."""
    missing = {image.id: image for image in images}

    def give(image: ImageRecord, data: bytes) -> None:
        write_atomically(context.workspace.original(image.id, image.suffix), data)
        missing.pop(image.id, None)

    from_copies(context, missing, give)
    yield from from_imports(context, missing, give)
    if not context.stop_requested():
        yield from from_addresses(context, missing, give)


def _make_copies(context: Context, images: Sequence[ImageRecord]) -> Iterator[Event]:
    workspace, settings = context.workspace, context.settings

    def make(image: ImageRecord) -> bool:
        original = workspace.original(image.id, image.suffix)
        return make_copy(workspace, image.id, original, settings)

    def work(batch: Sequence[ImageRecord], pool: Executor) -> None:
        list(pool.map(make, batch))

    yield from in_batches(context, images, MAKING, work)


def _put_models_back(context: Context, faults: Sequence[Fault]) -> None:
    for fault in faults:
        if fault.kind in WEIGHTS:
            run_id = int(fault.owner)
            if is_whole_tensors(file_of(context.workspace, run_id, BEST)):
                put_in_use(context.workspace, run_id, BEST)


def _set_aside(context: Context, faults: Sequence[Fault]) -> None:
    """Ours alone: what carries no mark, or is not ours after all, stays where it is."""
    folder = context.workspace.folder
    for fault in faults:
        if fault.kind in IN_THE_WAY:
            with suppress(NotOurs):
                set_aside(folder, folder / fault.path, context.workspace.set_aside)


def _what_is_left(
    context: Context, inventory: Inventory, images: Sequence[ImageRecord]
) -> Inventory:
    """The inventory after a repair: only what something was wrong with is looked at again."""
    faults = [fault for i in images for fault in look_at_picture(context.workspace, i).faults]
    faults += faults_beside(context)
    result = inventory_of(faults, inventory.pictures, inventory.read_bytes, inventory.seconds)
    mended = Counter(inventory.counts) - Counter(result.counts)
    return replace(result, mended=dict(mended))
