"""The inventory of a workspace: every file that the catalog speaks of, looked at once.

Originals are held to their hash and working copies decoded; what is missing, damaged or left over
is stored as a study. Nothing is changed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from core.catalog import Catalog
from core.context import Context, in_batches
from core.events import Event, Progressed
from core.records import ImageRecord
from core.upkeep.faults import LOSSES, MENDABLE, Fault, Kind, Look, feature_faults, look_at_picture
from core.upkeep.faults import run_faults as model_faults
from core.upkeep.left_over import left_over

DOING = "Checking the workspace's files"
MOST_LISTED = 1_000  # faults that are stored one by one; all are counted


@dataclass(frozen=True)
class Inventory:
    """What a check of the files found.

    Attributes:
        pictures: how many were looked at.
        read_bytes, seconds: what that took.
        counts: of faults, by kind.
        faults: the first of them, losses first.
        mended: what a repair put right before, by kind.
        at: when (ISO 8601); "" before it is stored.
    """

    pictures: int
    read_bytes: int
    seconds: float
    counts: Mapping[Kind, int]
    faults: Sequence[Fault] = ()
    mended: Mapping[Kind, int] = field(default_factory=dict)
    at: str = ""

    @property
    def losses(self) -> int:
        """Pictures and models whose files are missing or damaged, counted by file."""
        return sum(count for kind, count in self.counts.items() if kind in LOSSES)

    @property
    def mendable(self) -> int:
        """Faults that a repair would try to put right."""
        return sum(count for kind, count in self.counts.items() if kind in MENDABLE)


def verify_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "verify": look at every file, and store what is wrong. Stopping stores nothing.

    Raises:
        WorkspaceError: the catalog cannot be read or written.
    """
    inventory = yield from take_inventory(context, [])
    if inventory is not None:
        store_inventory(context, inventory)


def take_inventory(
    context: Context, faults: list[Fault]
) -> Generator[Progressed, None, Inventory | None]:
    """Look at every file and add all faults to `faults`; None when it was stopped before."""
    start, looks = time.monotonic(), list[Look]()
    images = context.catalog.images.of_any_status()
    look_at = partial(look_at_picture, context.workspace)

    def work(batch: Sequence[ImageRecord], pool: Executor) -> None:
        looks.extend(pool.map(look_at, batch))

    yield from in_batches(context, images, DOING, work)
    if len(looks) < len(images):
        return None
    faults += [fault for look in looks for fault in look.faults]
    faults += faults_beside(context)
    read_bytes = sum(look.read_bytes for look in looks)
    return inventory_of(faults, len(images), read_bytes, time.monotonic() - start)


def faults_beside(context: Context) -> list[Fault]:
    """What is wrong with all but the pictures that the catalog knows."""
    return [*model_faults(context), *feature_faults(context), *left_over(context)]


def inventory_of(
    faults: Sequence[Fault], pictures: int, read_bytes: int, seconds: float
) -> Inventory:
    """Faults as they are stored."""
    counts = dict(Counter(fault.kind for fault in faults))
    first = sorted(faults, key=lambda fault: fault.kind not in LOSSES)[:MOST_LISTED]
    return Inventory(pictures, read_bytes, round(seconds, 2), counts, first)


def store_inventory(context: Context, inventory: Inventory) -> None:
    studies = context.catalog.studies
    result = {k: v for k, v in asdict(inventory).items() if k != "at"}
    with context.catalog.atomic():
        studies.store(studies.create("files", {}, context.job_id), result)


def latest_inventory(catalog: Catalog) -> Inventory | None:
    """The newest one; None before the first check."""
    study = catalog.studies.latest("files")
    if study is None:
        return None
    faults = [Fault(**fault) for fault in study.result["faults"]]
    return Inventory(**{**study.result, "faults": faults, "at": study.at})
