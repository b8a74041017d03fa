"""Features of many images, computed where they are missing and remembered on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from core.context import Context
from core.events import Progressed
from core.feature_store import FeatureStore
from core.images.working_copy import read_copy
from core.models.embedder import Embedder
from core.workspace import Workspace

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
    with ThreadPoolExecutor(os.cpu_count() or 1, "decode") as pool:
        for ids, images in _crops_ahead(missing, embedder, context.workspace, pool):
            pending_ids += ids
            pending.append(embedder.embed(images))
            done += len(ids)
            stop = context.stop_requested()
            if stop or done == len(missing) or len(pending) == BATCHES_A_FILE:
                store.add(pending_ids, np.concatenate(pending))
                pending_ids, pending = [], []
            yield Progressed(done, len(missing), "Looking at the pictures")
            if stop:
                return


def _crops_ahead(
    image_ids: Sequence[str], embedder: Embedder, workspace: Workspace, pool: ThreadPoolExecutor
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Batches of crops; the next is decoded while the caller works on this one."""
    size = embedder.batch
    batches = [list(image_ids[k : k + size]) for k in range(0, len(image_ids), size)]

    def crop(image_id: str) -> np.ndarray:
        return embedder.preprocessing.crop(read_copy(workspace, image_id))

    def submit(ids: list[str]) -> list[Future[np.ndarray]]:
        return [pool.submit(crop, image_id) for image_id in ids]

    waiting = [submit(ids) for ids in batches[:1]]
    for k, ids in enumerate(batches):
        if k + 1 < len(batches):
            waiting.append(submit(batches[k + 1]))
        futures = waiting.pop(0)
        yield ids, np.stack([f.result() for f in futures])
