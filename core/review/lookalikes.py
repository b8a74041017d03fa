"""Look-alikes: groups of them to decide about, from the pairs that the last search found.

A group is a picture and what is near to that very picture and to most of each other, so groups do
not grow into chains, or stars, of pictures that have nothing to do with each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair
from core.records import ImageRecord


class Group(NamedTuple):
    """Pictures that look alike, most similar first.

    `similarities` are those of each to the first, 0..1; of the first itself: 1.
    """

    ids: tuple[str, ...]
    similarities: tuple[float, ...]


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


def _groups(catalog: Catalog, settled: bool) -> list[Group]:
    pairs = catalog.lookalikes.pairs()
    if not pairs:
        return []
    images = {i.id: i for i in catalog.images.of_any_status()}
    kept_in: dict[str, set[int]] = defaultdict(set)  # image -> numbers of the sets it is in
    for number, ids in enumerate(catalog.journal.kept_sets()):
        for image_id in ids:
            kept_in[image_id].add(number)

    def is_settled(pair: NearPair) -> bool:
        in_use = all(images[i].status == "in use" for i in (pair.first, pair.second))
        return not in_use or bool(kept_in[pair.first] & kept_in[pair.second])

    wanted = [pair for pair in pairs if is_settled(pair) == settled]
    groups = stars(wanted, images, catalog.lookalikes.arrival(), pairs)
    return sorted(groups, key=lambda group: _urgency(group, images))


def stars(
    pairs: Sequence[NearPair],
    images: Mapping[str, ImageRecord],
    arrival: Mapping[str, int],
    known: Sequence[NearPair] = (),
) -> list[Group]:
    """Groups of pictures that are near to the first of their group and to at least half of the
    others before them, each picture in one at most.

    The picture with the most look-alikes comes first, the best to keep among equals.

    Args:
        known: further pairs, which say who is near to whom but are not asked about.
    """
    near, close = _near(pairs), _near([*known, *pairs])
    groups, taken = [], set[str]()
    for centre in sorted(near, key=lambda i: (-len(near[i]), _rank(images[i], arrival), i)):
        free = {i: s for i, s in near[centre].items() if i not in taken}
        if centre in taken or not free:
            continue
        others = _close_to_most(sorted(free, key=lambda i: (-free[i], arrival[i])), close)
        groups.append(Group((centre, *others), (1.0, *(free[i] for i in others))))
        taken.update((centre, *others))
    return groups


def _near(pairs: Sequence[NearPair]) -> dict[str, dict[str, float]]:
    """Image -> those near to it, with their similarity."""
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for pair in pairs:
        near[pair.first][pair.second] = near[pair.second][pair.first] = pair.similarity
    return near


def _close_to_most(candidates: Sequence[str], near: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Of pictures near to one, in their order, those that are near to at least half of the others
    before them: between two copies of it trimmed on different sides, an edge may be too little.
    """
    members: list[str] = []
    for candidate in candidates:
        if 2 * sum(member in near[candidate] for member in members) >= len(members):
            members.append(candidate)
    return members


def _rank(image: ImageRecord, arrival: Mapping[str, int]) -> tuple[bool, int, bool, int]:
    """Better ones are smaller."""
    pixels = image.width_px * image.height_px
    return image.status != "in use", -pixels, not image.reviewed, arrival[image.id]


def _urgency(group: Group, images: Mapping[str, ImageRecord]) -> tuple[bool, bool, float]:
    """More urgent groups are smaller."""
    members = [images[i] for i in group.ids]
    similarity = max(group.similarities[1:])
    return not has_two_labels(members), not is_on_both_sides(members), -similarity
