"""A closer look at one picture: every probability, the pictures like it, where the model looked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.catalog import Catalog
from core.errors import StudioError
from core.feature_store import newest_folder
from core.images.overlay import heat_overlay
from core.images.working_copy import read_copy
from core.models.backbone import Backbone, graph_file
from core.models.head_weights import read_head
from core.records import ImageRecord, Run
from core.review.live import LiveScores
from core.workspace import Workspace

NEAREST = 5


@dataclass(frozen=True)
class CloserLook:
    """What is known about one picture.

    Attributes:
        source: what the import was called that brought it.
        probabilities: (class, 0..1), most probable first; empty when it was not scored.
        neighbours: like pictures with their cosine similarity, -1..1, nearest first.
    """

    image: ImageRecord
    source: str
    probabilities: tuple[tuple[str, float], ...]
    neighbours: tuple[tuple[ImageRecord, float], ...]


def closer_look(catalog: Catalog, live: LiveScores, image_id: str) -> CloserLook:
    """Raises StudioError when the picture is not in the catalog."""
    image = catalog.images.get(image_id)
    if image is None:
        raise StudioError("This image is not in the workspace.", "Reload the page.")
    run = catalog.runs.latest("out-of-fold")
    return CloserLook(
        image,
        catalog.images.source(image_id),
        _probabilities(catalog, live, image_id),
        _neighbours(catalog, live, run, image_id),
    )


def heat_map(
    workspace: Workspace, catalog: Catalog, cache: Path, image_id: str, label: str
) -> bytes:
    """A JPEG: the centre of the picture, with what speaks for the class `label` drawn over it.

    Raises:
        StudioError: there is no model for it on this machine, or it does not know the class.
        PictureError: the working copy cannot be read.
    """
    run = catalog.runs.latest("out-of-fold")
    if run is None or label not in run.classes:
        raise StudioError("The model does not know this class.", "Train the quick model again.")
    backbone = _backbone(workspace, cache, str(run.config["architecture"]))
    weight_cf, _ = read_head(workspace.run(run.id))
    crop_hwc = backbone.preprocessing.crop(read_copy(workspace, image_id))
    maps_fhw = backbone.maps(crop_hwc[None])[0]
    return heat_overlay(crop_hwc, class_activation(maps_fhw, weight_cf, run.classes.index(label)))


def class_activation(maps_fhw: np.ndarray, weight_cf: np.ndarray, label: int) -> np.ndarray:
    """How much each place speaks for a class rather than for the others, 0..1, (rows, columns): a
    class activation map (Zhou et al. 2016, arXiv 1512.04150), exact for a head on averaged maps,
    since its score is the mean of this map.

    Args:
        maps_fhw: float32 (features, rows, columns).
        weight_cf: float32 (classes, features) of the head.
        label: the number of the class.
    """
    against_f = weight_cf[label] - weight_cf.mean(0)
    speaks_hw = np.maximum(np.tensordot(against_f, maps_fhw, 1), 0.0)
    shares: np.ndarray = speaks_hw / max(float(speaks_hw.max()), 1e-6)
    return shares


def _probabilities(
    catalog: Catalog, live: LiveScores, image_id: str
) -> tuple[tuple[str, float], ...]:
    scores = live.newest(catalog)
    if scores is None or image_id not in scores.row_of:
        return ()
    row = scores.predictions.probs_nc[scores.row_of[image_id]]
    order = np.argsort(-row, kind="stable")
    return tuple((scores.predictions.classes[k], float(row[k])) for k in order)


def _neighbours(
    catalog: Catalog, live: LiveScores, run: Run | None, image_id: str
) -> tuple[tuple[ImageRecord, float], ...]:
    neighbourhood = live.prepared(catalog, run) if run else None
    if neighbourhood is None or image_id not in neighbourhood[0]:
        return ()
    ids, prepared = neighbourhood
    row = ids.index(image_id)
    near = [ids[k] for k in prepared.neighbours_nk[row][:NEAREST]]
    images = catalog.images.some(near)
    return tuple(zip(images, map(float, prepared.similarity_nk[row]), strict=False))


def _backbone(workspace: Workspace, cache: Path, architecture: str) -> Backbone:
    folder = newest_folder(workspace.features, architecture)
    file = graph_file(cache, folder.name) if folder else None
    if file is None or not file.is_file():
        raise StudioError(
            "The network for heat maps is not on this machine.",
            "Train the quick model again; not every architecture can have them.",
        )
    return _opened(file)


@lru_cache(maxsize=2)
def _opened(file: Path) -> Backbone:
    return Backbone(file)
