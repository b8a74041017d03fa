"""Searching for look-alikes among all pictures of a workspace.

It stands below the features because two of them start it: the checks of the dataset, and the
review. What becomes of the pairs is in `core/review/lookalikes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from core.catalog.lookalikes import NearPair, PrintRow
from core.context import Context, in_batches
from core.events import Event, Progressed
from core.feature_store import newest_store
from core.images.fingerprint import fingerprint
from core.images.near_pairs import BLOCK, Looks, looks_of, near_pairs, unit_features
from core.images.sound import SOUNDS
from core.images.working_copy import read_copy
from core.records import ImageRecord
from core.workspace import Workspace

FEWEST_WITH_FEATURES = 50  # what is common to fewer cannot be told from what is special
WITH_FEATURES = "features"


def lookalikes_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "lookalikes"."""
    return find_lookalikes(context)


def find_lookalikes(context: Context) -> Iterator[Progressed]:
    """Look for look-alikes among all pictures, and store the pairs. Stopping keeps the
    fingerprints made so far, and the pairs of the last search.

    Raises:
        WorkspaceError: a picture cannot be read, or the catalog cannot be written.
    """
    yield from make_fingerprints(context)
    if not context.stop_requested():
        yield from _compare(context)


def make_fingerprints(context: Context) -> Iterator[Progressed]:
    """Take and store the fingerprints that are missing."""
    catalog, take = context.catalog, partial(_fingerprint, context.workspace)

    def store(ids: Sequence[str], pool: Executor) -> None:
        catalog.lookalikes.add_fingerprints(list(pool.map(take, catalog.images.some(ids))))

    missing = catalog.lookalikes.without_fingerprint()
    yield from in_batches(context, missing, "Taking fingerprints", store)


def _fingerprint(workspace: Workspace, image: ImageRecord) -> PrintRow:
    found = fingerprint(read_copy(workspace, image.id), only_equals=image.suffix in SOUNDS)
    return PrintRow(image.id, found.thumbnail, found.blank)


def _compare(context: Context) -> Iterator[Progressed]:
    rows = context.catalog.lookalikes.fingerprints()
    yield Progressed(0, len(rows), "Comparing")
    ids = [row.image_id for row in rows]
    looks, pairs = _looks(context.workspace, rows), list[NearPair]()
    for block, found in enumerate(near_pairs(looks)):
        numbers = zip(found.first_p, found.second_p, found.similarity_p.tolist())
        pairs += [NearPair(ids[i], ids[j], round(similarity, 4)) for i, j, similarity in numbers]
        if context.stop_requested():
            return
        yield Progressed(min(len(rows), BLOCK * (block + 1)), len(rows), "Comparing")
    searched_with = WITH_FEATURES if looks.features_nf is not None else ""
    context.catalog.lookalikes.replace_pairs(pairs, searched_with)


def _looks(workspace: Workspace, rows: Sequence[PrintRow]) -> Looks:
    looks = looks_of([row.thumbnail for row in rows], [row.blank for row in rows])
    return replace(looks, features_nf=_features(workspace, [row.image_id for row in rows]))


def _features(workspace: Workspace, image_ids: Sequence[str]) -> np.ndarray | None:
    """Features (n, features) by the network used last, ready to compare; None if there are few."""
    store = newest_store(workspace.features, "*")
    missing = set(store.missing(image_ids)) if store else set(image_ids)
    known = [number for number, image_id in enumerate(image_ids) if image_id not in missing]
    if store is None or len(known) < FEWEST_WITH_FEATURES:
        return None
    known_nf = unit_features(store.get([image_ids[k] for k in known]).mean(1))
    features_nf = np.zeros((len(image_ids), known_nf.shape[1]), np.float32)
    features_nf[known] = known_nf
    return features_nf
