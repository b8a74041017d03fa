"""The check for shortcuts as a job: gathers what is known of the pictures besides their subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from core.catalog import Catalog
from core.context import Context, in_batches
from core.errors import StudioError
from core.events import Event, Progressed
from core.feature_store import newest_store
from core.images.camera import camera_of
from core.images.fingerprint import SIDE_PX
from core.interpretation.shortcuts import (
    Cue,
    Shortcut,
    SideTest,
    category_cue,
    numeric_cue,
    try_cue,
    try_sides,
)
from core.lookalikes import make_fingerprints
from core.records import ImageRecord

FEWEST = 20
"""Images of a class, or of a side, below which nothing can be said."""
BORDER_PX = 3


def shortcuts_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "shortcuts"."""
    return check_shortcuts(context)


def check_shortcuts(context: Context) -> Iterator[Event]:
    """Try every cue on the classes and on the split, and store what was found as a study.

    Raises:
        StudioError: there are not two classes with enough pictures.
    """
    images = _enough_of_each(context.catalog.images.all(sides=("train", "valid")))
    yield from make_fingerprints(context)
    cameras = list[str]()

    def read_cameras(files: Sequence[Path], pool: Executor) -> None:
        cameras.extend(pool.map(camera_of, files))

    files = [context.workspace.original(image.id, image.suffix) for image in images]
    yield from in_batches(context, files, "Reading what the cameras wrote", read_cameras)
    if context.stop_requested():
        return
    yield Progressed(0, 0, "Trying the cues")
    numbers_nk, cues = _cues(context.catalog, images, cameras)
    study = context.catalog.studies.create("shortcuts", {}, context.job_id)
    context.catalog.studies.store(
        study,
        {
            "images": len(images),
            "classes": sorted({image.label for image in images}),
            "cues": [asdict(outcome) for outcome in _try_all(cues, images)],
            "sides": [asdict(outcome) for outcome in _try_split(context, images, numbers_nk)],
        },
    )


def _enough_of_each(images: Sequence[ImageRecord]) -> list[ImageRecord]:
    labels, counts = np.unique([image.label for image in images], return_counts=True)
    frequent = set(labels[counts >= FEWEST].tolist())
    if len(frequent) < 2:
        raise StudioError(
            f"There are not two classes with at least {FEWEST} pictures.",
            "Add pictures on the Dataset page, then check again.",
        )
    return [image for image in images if image.label in frequent]


def _cues(
    catalog: Catalog, images: Sequence[ImageRecord], cameras: Sequence[str]
) -> tuple[np.ndarray, list[Cue]]:
    """Numbers about each image (n, k), and cues made of them and of names."""
    prints = {row.image_id: row.thumbnail for row in catalog.lookalikes.fingerprints()}
    flat = np.frombuffer(b"".join(prints[image.id] for image in images), np.uint8)
    grey_nhw = flat.reshape(-1, SIDE_PX, SIDE_PX) / 255.0
    ring = np.ones((SIDE_PX, SIDE_PX), bool)
    ring[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = False
    border_nk = grey_nhw[:, ring]
    width, height = (np.array([getattr(i, f"{s}_px") for i in images]) for s in ("width", "height"))
    numeric = (
        ("Size, px", np.sqrt(width * height), ("small", "large"), 0),
        ("Shape, width / height", width / height, ("narrow", "wide"), 2),
        ("Brightness", grey_nhw.mean((1, 2)), ("dark", "bright"), 2),
        ("Contrast", grey_nhw.std((1, 2)), ("flat", "strong"), 2),
        ("Brightness of the border", border_nk.mean(1), ("dark", "bright"), 2),
        ("Contrast of the border", border_nk.std(1), ("plain", "busy"), 2),
    )
    cues = [numeric_cue(*described) for described in numeric]
    cues.append(category_cue("Camera", [camera or "none named" for camera in cameras]))
    cues.append(category_cue("Source", _sources(catalog, images)))
    cues.append(category_cue("File type", [image.suffix for image in images]))
    return np.stack([described[1] for described in numeric], 1), cues


def _sources(catalog: Catalog, images: Sequence[ImageRecord]) -> list[str]:
    """The web site of a download, else what the import was called."""
    imports = catalog.images.sources()
    return [urlsplit(image.url).hostname or imports[image.id] for image in images]


def _try_all(cues: Sequence[Cue], images: Sequence[ImageRecord]) -> list[Shortcut]:
    classes, labels = np.unique([image.label for image in images], return_inverse=True)
    return [try_cue(cue, labels, len(classes)) for cue in cues if len(set(cue.values_n)) > 1]


def _try_split(
    context: Context, images: Sequence[ImageRecord], numbers_nk: np.ndarray
) -> list[SideTest]:
    is_valid = np.array([image.side == "valid" for image in images])
    if min(is_valid.sum(), (~is_valid).sum()) < FEWEST:
        return []
    tests = [try_sides("Size, shape, brightness, contrast and border", numbers_nk, is_valid)]
    features = _features(context, images)
    if features is not None:
        tests.append(try_sides("What the pretrained network sees", features, is_valid))
    return tests


def _features(context: Context, images: Sequence[ImageRecord]) -> np.ndarray | None:
    """Frozen features (n, f) of the newest quick model; None unless every image has them."""
    run = context.catalog.runs.latest("out-of-fold")
    store = newest_store(context.workspace.features, run.config["architecture"]) if run else None
    ids = [image.id for image in images]
    return None if store is None or store.missing(ids) else store.get(ids)[:, 0]
