"""The person's own pictures and head in a lesson."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.catalog import Catalog
from core.errors import StudioError
from core.feature_store import newest_store
from core.images.fingerprint import SIDE_PX, fingerprint
from core.images.working_copy import read_copy
from core.models.head_weights import read_head
from core.playground.convolution import SIDE
from core.playground.my_classifier import Points
from core.workspace import Workspace

MOST = 120  # pictures; enough to see the loss, few enough to follow a slider


def own_points(workspace: Workspace, catalog: Catalog) -> Points | None:
    """The points of the newest quick model, None when there is none with features on this disk.

    Raises:
        StudioError: the weights of the model are missing or damaged.
    """
    runs = [run for run in catalog.runs.with_model() if run.kind == "quick"]
    return _points(workspace, catalog, runs[0].id) if runs else None


@lru_cache(maxsize=2)
def _features_of(
    workspace: Workspace, architecture: str, ids: tuple[str, ...]
) -> np.ndarray | None:
    store = newest_store(workspace.features, architecture)
    if store is None:
        return None
    with_features = [i for i in ids if i not in set(store.missing(ids))]
    return store.get(with_features)[:, 0] if len(with_features) == len(ids) else None


def _points(workspace: Workspace, catalog: Catalog, run_id: int) -> Points | None:
    run = catalog.runs.get(run_id)
    images = [i for i in catalog.images.all(sides=["train"]) if i.label in run.classes][:MOST]
    ids = tuple(image.id for image in images)
    features_nf = _features_of(workspace, str(run.config["architecture"]), ids) if ids else None
    if features_nf is None or len(ids) < 2:
        return None
    y_n = np.array([run.classes.index(image.label) for image in images])
    return as_points(features_nf, y_n, *read_head(workspace.run(run_id)))


def as_points(
    features_nf: np.ndarray, y_n: np.ndarray, weight_cf: np.ndarray, bias_c: np.ndarray
) -> Points:
    """The same scores with fewer numbers: along the axes in which these pictures differ.

    A head's scores depend on the features by x @ weight; turning and shifting the axes of x, and
    the head with them, changes no score.
    """
    mean_f = features_nf.mean(0)
    _, _, axes_df = np.linalg.svd(features_nf - mean_f, full_matrices=False)
    x_nd = (features_nf - mean_f) @ axes_df.T
    length = max(float(np.sqrt((x_nd**2).sum(1).mean())), 1e-9)
    head_dc = np.concatenate([axes_df @ weight_cf.T * length, (weight_cf @ mean_f + bias_c)[None]])
    ones_n1 = np.ones((len(x_nd), 1))
    points_nd = np.concatenate([x_nd / length, ones_n1], 1).astype(np.float64)
    return Points(points_nd, y_n, head_dc.astype(np.float64), own=True)


def own_grey(workspace: Workspace, catalog: Catalog) -> np.ndarray | None:
    """A picture of the workspace as grey levels (16, 16), 0 to 1; None when there is none."""
    try:
        images = catalog.images.sample(1)
        thumbnail = fingerprint(read_copy(workspace, images[0].id)).thumbnail if images else b""
    except StudioError:  # its copy is gone or damaged: the lesson goes on without it
        return None
    if not thumbnail:
        return None
    grey_hw = np.frombuffer(thumbnail, np.uint8).reshape(SIDE, SIDE_PX // SIDE, SIDE, -1)
    shares_hw: np.ndarray = grey_hw.mean((1, 3)) / 255
    return shares_hw
