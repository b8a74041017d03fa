"""Features of many images, computed where they are missing and remembered on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.ahead import made_ahead
from core.context import Context
from core.events import Progressed
from core.feature_store import FeatureStore
from core.images.working_copy import read_copy
from core.models.embedder import Embedder

BATCHES_A_FILE = 64


def compute_features(
    image_ids: Sequence[str],
    embedder: Embedder,
    store: FeatureStore,
    context: Context,
) -> Iterator[Progressed]:
    """Fill the store for these images; ends early, keeping what is done, when asked to stop."""
    missing = store.missing(image_ids)
    yield Progressed(0, len(missing), "Looking at the pictures")
    done, pending_ids, pending = 0, [], []
    batches = [missing[k : k + embedder.batch] for k in range(0, len(missing), embedder.batch)]

    def crop(image_id: str) -> np.ndarray:
        return embedder.preprocessing.crop(read_copy(context.workspace, image_id))

    for ids, crops in zip(batches, made_ahead(batches, crop), strict=True):
        pending_ids += ids
        pending.append(embedder.embed(np.stack(crops)))
        done += len(ids)
        stop = context.stop_requested()
        if stop or done == len(missing) or len(pending) == BATCHES_A_FILE:
            store.add(pending_ids, np.concatenate(pending))
            pending_ids, pending = [], []
        yield Progressed(done, len(missing), "Looking at the pictures")
        if stop:
            return
