"""Checking the dataset before training: measures of each picture, and look-alikes.

Measures are taken once for each picture and stored; what counts as too dark or too blurry is a
limit on the stored number, so it can be moved without looking at a picture again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import astuple, dataclass
from functools import partial
from typing import Any

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair
from core.catalog.quality import Measure, QualityRow
from core.context import Context, in_batches
from core.events import Event, Progressed
from core.images.quality import measure
from core.images.working_copy import read_copy
from core.lookalikes import find_lookalikes
from core.records import ImageRecord
from core.workspace import Workspace

MOST_ASKED = 10_000  # SQLite takes so many values at once
NATURE_SHARE = 0.1
"""What more than this share of the pictures has is what the dataset is like, not a fault."""


@dataclass(frozen=True)
class Check:
    """A limit on a measure; pictures below it are flagged.

    Attributes:
        name: "Dark", the word on the screen.
        limit: default of the limit; those of dark, bright, blank and shape are cleanvision's.
        top: end of the scale on which the limit is chosen.
        about: what such pictures do, and what the measure is.
    """

    name: str
    measure: Measure
    limit: float
    top: float
    about: str


CHECKS = (
    Check(
        "Dark",
        "dark",
        0.32,
        1.0,
        "Too dark to see much. Measured: the brightness that 99 % of the pixels are below.",
    ),
    Check(
        "Bright",
        "bright",
        0.05,
        1.0,
        "Too bright to see much. Measured: how far the darkest 5 % of the pixels are from white.",
    ),
    Check(
        "Blurry",
        "blur",
        0.33,
        1.0,
        "Out of focus. Measured: how much of the contrast around it a strong edge makes in one "
        "step, when the picture is 64 px large; a pale picture with sharp edges is not blurred.",
    ),
    Check(
        "Nearly blank",
        "information",
        0.3,
        1.0,
        "Hardly anything on it: often a failed scan or a placeholder of a web site. Measured: "
        "the entropy of the pixels, in tenths of a bit.",
    ),
    Check(
        "Tiny",
        "side",
        64,
        640,
        "So few pixels that the network sees a blur. Measured: the short side, in px.",
    ),
    Check(
        "Odd shape",
        "shape",
        0.35,
        1.0,
        "So long that the network, which sees the centre square, misses most of it. Measured: "
        "the short side divided by the long one.",
    ),
)


def check_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "check": measure the pictures that are new, then look for look-alikes. Stopping
    keeps the measures taken so far, and the look-alikes of the last search.

    Raises:
        WorkspaceError: a picture cannot be read, or the catalog cannot be written.
    """
    yield from _measure_all(context)
    if not context.stop_requested():
        yield from find_lookalikes(context)


def is_nature(flagged: int, checked: int) -> bool:
    """Whether so many are flagged that it is the dataset's nature rather than a fault."""
    return flagged > NATURE_SHARE * checked


def spare_copies(pairs: Sequence[NearPair], images: Mapping[str, ImageRecord]) -> list[str]:
    """Ids to set aside so that no two pictures that are left are a pair.

    Larger pictures stay, then reviewed ones; a picture whose better twin goes may stay.
    """
    near: dict[str, set[str]] = {}
    for pair in pairs:
        near.setdefault(pair.first, set()).add(pair.second)
        near.setdefault(pair.second, set()).add(pair.first)
    stay: set[str] = set()
    for image_id in sorted(near, key=lambda i: _rank(images[i])):
        if not near[image_id] & stay:
            stay.add(image_id)
    return [image_id for image_id in near if image_id not in stay]


def training_copies(pairs: Sequence[NearPair], images: Mapping[str, ImageRecord]) -> list[str]:
    """Ids to set aside so that nothing like them is trained on: the validation and test images,
    which runs are compared on, stay.
    """
    ids = dict.fromkeys(i for pair in pairs for i in (pair.first, pair.second))
    return [image_id for image_id in ids if images[image_id].side == "train"]


def images_of(catalog: Catalog, pairs: Sequence[NearPair]) -> dict[str, ImageRecord]:
    """The images of pairs, by id."""
    ids = list({i for pair in pairs for i in (pair.first, pair.second)})
    blocks = (ids[k : k + MOST_ASKED] for k in range(0, len(ids), MOST_ASKED))
    return {image.id: image for block in blocks for image in catalog.images.some(block)}


def _rank(image: ImageRecord) -> tuple[int, bool]:
    """Better ones are smaller."""
    return -image.width_px * image.height_px, not image.reviewed


def _measure_all(context: Context) -> Iterator[Progressed]:
    quality, take = context.catalog.quality, partial(_measured, context.workspace)

    def store(ids: Sequence[str], pool: Executor) -> None:
        quality.add(list(pool.map(take, ids)))

    yield from in_batches(context, quality.unchecked(), "Checking the pictures", store)


def _measured(workspace: Workspace, image_id: str) -> QualityRow:
    return QualityRow(image_id, *astuple(measure(read_copy(workspace, image_id))))
