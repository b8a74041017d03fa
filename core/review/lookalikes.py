"""Look-alikes: finding them (a task for the worker), and groups of them to decide about.

A group is a picture and what is near to that very picture, so groups do not grow into chains of
pictures that have nothing to do with each other.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair, PrintRow
from core.context import Context
from core.events import Event, Progressed
from core.feature_store import newest_store
from core.images.fingerprint import SIDE_PX, fingerprint
from core.images.near_pairs import BLOCK, Looks, near_pairs, unit_features
from core.images.working_copy import read_copy
from core.records import ImageRecord
from core.workspace import Workspace

BATCH = 64
FEWEST_WITH_FEATURES = 50  # what is common to fewer cannot be told from what is special
WITH_FEATURES = "features"


class Group(NamedTuple):
    """Pictures that look alike, most similar first.

    `similarities` are those of each to the first, 0..1; of the first itself: 1.
    """

    ids: tuple[str, ...]
    similarities: tuple[float, ...]


def lookalikes_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "lookalikes"."""
    return find_lookalikes(context)


def find_lookalikes(context: Context) -> Iterator[Progressed]:
    """Look for look-alikes among all pictures, and store the pairs. Stopping keeps the
    fingerprints made so far, and the pairs of the last search.

    Raises:
        WorkspaceError: a picture cannot be read, or the catalog cannot be written.
    """
    yield from _make_fingerprints(context)
    if not context.stop_requested():
        yield from _compare(context)


def open_groups(catalog: Catalog) -> list[Group]:
    """Groups that ask for a decision: two labels first, then pictures on both sides of the split,
    then by similarity.
    """
    return _groups(catalog, settled=False)


def settled_groups(catalog: Catalog) -> list[Group]:
    """Groups of which at most one is in use, or that the person wants to keep."""
    return _groups(catalog, settled=True)


def suggested(images: Sequence[ImageRecord], arrival: Mapping[str, int]) -> str:
    """The one to keep: more pixels, then reviewed, then earlier; of those in use, if there are."""
    return min(images, key=lambda image: _rank(image, arrival)).id


def has_two_labels(images: Sequence[ImageRecord]) -> bool:
    return len({image.label for image in images}) > 1


def is_on_both_sides(images: Sequence[ImageRecord]) -> bool:
    """Whether one is trained on, and another one tells how good the model is."""
    return len({image.side == "train" for image in images}) > 1


def _make_fingerprints(context: Context) -> Iterator[Progressed]:
    missing = context.catalog.lookalikes.without_fingerprint()
    workspace = context.workspace
    yield Progressed(0, len(missing), "Taking fingerprints")
    with ThreadPoolExecutor(os.cpu_count() or 1, "fingerprint") as pool:
        for start in range(0, len(missing), BATCH):
            if context.stop_requested():
                return
            ids = missing[start : start + BATCH]
            rows = list(pool.map(lambda image_id: _fingerprint(workspace, image_id), ids))
            context.catalog.lookalikes.add_fingerprints(rows)
            yield Progressed(start + len(ids), len(missing), "Taking fingerprints")


def _fingerprint(workspace: Workspace, image_id: str) -> PrintRow:
    found = fingerprint(read_copy(workspace, image_id))
    return PrintRow(image_id, found.thumbnail, found.blank)


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
    pixels = np.frombuffer(b"".join(row.thumbnail for row in rows), np.uint8)
    return Looks(
        pixels.reshape(-1, SIDE_PX, SIDE_PX),
        [row.blank for row in rows],
        _features(workspace, [row.image_id for row in rows]),
    )


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


def _groups(catalog: Catalog, settled: bool) -> list[Group]:
    pairs = catalog.lookalikes.pairs()
    if not pairs:
        return []
    images = {i.id: i for i in catalog.images.of_any_status()}
    kept_in: dict[str, set[int]] = defaultdict(set)  # image -> numbers of the sets it is in
    for number, ids in enumerate(catalog.lookalikes.kept_together()):
        for image_id in ids:
            kept_in[image_id].add(number)

    def is_settled(pair: NearPair) -> bool:
        in_use = all(images[i].status == "in use" for i in (pair.first, pair.second))
        return not in_use or bool(kept_in[pair.first] & kept_in[pair.second])

    wanted = [pair for pair in pairs if is_settled(pair) == settled]
    groups = stars(wanted, images, catalog.lookalikes.arrival())
    return sorted(groups, key=lambda group: _urgency(group, images))


def stars(
    pairs: Sequence[NearPair], images: Mapping[str, ImageRecord], arrival: Mapping[str, int]
) -> list[Group]:
    """Groups of pictures that are near to the first of their group, each picture in one at most.

    The picture with the most look-alikes comes first, the best to keep among equals.
    """
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for pair in pairs:
        near[pair.first][pair.second] = near[pair.second][pair.first] = pair.similarity
    groups, taken = [], set[str]()
    for centre in sorted(near, key=lambda i: (-len(near[i]), _rank(images[i], arrival), i)):
        free = {i: s for i, s in near[centre].items() if i not in taken}
        if centre in taken or not free:
            continue
        others = sorted(free, key=lambda i: (-free[i], arrival[i]))
        groups.append(Group((centre, *others), (1.0, *(free[i] for i in others))))
        taken.update((centre, *others))
    return groups


def _rank(image: ImageRecord, arrival: Mapping[str, int]) -> tuple[bool, int, bool, int]:
    """Better ones are smaller."""
    pixels = image.width_px * image.height_px
    return image.status != "in use", -pixels, not image.reviewed, arrival[image.id]


def _urgency(group: Group, images: Mapping[str, ImageRecord]) -> tuple[bool, bool, float]:
    """More urgent groups are smaller."""
    members = [images[i] for i in group.ids]
    similarity = max(group.similarities[1:])
    return not has_two_labels(members), not is_on_both_sides(members), -similarity
