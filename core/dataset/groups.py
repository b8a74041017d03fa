"""Pictures that belong on one side of the split: near-duplicates, and bursts of a camera.

A model that was trained on one of them has seen the others. What is new joins the group of what it
resembles; what is stored never moves, so two groups that are there already stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair
from core.dataset.new_pictures import NewPicture
from core.dataset.split import FOLLOWS, MOVED, counts_of, top_up
from core.events import Progressed
from core.images.fingerprint import SIDE_PX
from core.images.near_pairs import Looks, Pairs, looks_of, near_pairs, pairs_between, usual
from core.images.working_copy import PictureFacts
from core.records import ImageRecord, Side

BURST_S = 2.0  # two photos of one camera within so many seconds show one scene
SAME_GROUP, SAME_BURST = 3.0, 2.0  # stronger than any similarity
KNOWN_AT_A_TIME = 4096
COMPARING = "Looking for near-duplicates"


@dataclass(frozen=True)
class Arrival:
    """A picture that is about to be stored: what the way in said of it, and what it holds."""

    item: NewPicture
    facts: PictureFacts


class Link(NamedTuple):
    """Two that belong together, by id (a burst that a way in named has one, too)."""

    first: str
    second: str
    strength: float


class Kin(NamedTuple):
    """What is known of a group: whether it is `STORED`, named by a way in, or `NEW`; its name, and
    its side, if that is not for the split to decide.
    """

    rank: int
    group: str
    side: Side | None


STORED, NAMED, NEW = range(3)


def find_links(
    arrivals: Mapping[str, Arrival], catalog: Catalog, links: list[Link]
) -> Iterator[Progressed]:
    """Find what belongs together among new pictures (by id), and with stored ones; adds to `links`.

    Memory does not grow with the pictures that are stored: they are looked at in blocks. Of these,
    each new picture is linked with the most similar one only: it can join but one group.
    """
    ids = list(arrivals)
    links += _bursts(arrivals, catalog)
    prints = [arrivals[i].facts.fingerprint for i in ids]
    looks = looks_of([p.thumbnail for p in prints], [p.blank for p in prints])
    total_hw, stored_count = _total(catalog)
    total_hw += looks.thumbnails_nhw.sum(0, dtype=np.float64)
    usual_hw = usual(total_hw, stored_count + len(ids))
    for pairs in near_pairs(looks, usual_hw):
        links += _links(pairs, ids, ids)
    best: dict[str, Link] = {}
    for number, (stored_ids, stored_looks) in enumerate(_stored_blocks(catalog), 1):
        yield Progressed((number - 1) * KNOWN_AT_A_TIME, stored_count, COMPARING)
        for link in _links(pairs_between(looks, stored_looks, usual_hw), ids, stored_ids):
            if link.first not in best or link.strength > best[link.first].strength:
                best[link.first] = link
    links += best.values()


def join(kin: dict[str, Kin], links: Iterable[Link]) -> dict[str, Kin]:
    """What becomes of each when those that belong together are joined, the strongest link first.

    Two are not joined when their sides are decided and differ, or both are in stored groups.
    """
    leader = {member: member for member in kin}
    of_leader = dict(kin)

    def lead(member: str) -> str:
        while leader[member] != member:
            leader[member] = member = leader[leader[member]]
        return member

    for link in sorted(links, key=lambda link: (-link.strength, link.first, link.second)):
        first, second = sorted((lead(link.first), lead(link.second)))
        if first != second and _may_join(of_leader[first], of_leader[second]):
            of_leader[first] = _union(of_leader[first], of_leader[second])
            leader[second] = first
    return {member: of_leader[lead(member)] for member in kin}


def regrouped(
    images: Sequence[ImageRecord], pairs: Sequence[NearPair], seed: int
) -> list[ImageRecord]:
    """These images with the groups of look-alikes joined, before the split is locked: those of the
    smaller name move to the side of the other one, but for what a folder, a column or the field
    test decided. Classes keep both sides where that is possible.
    """
    group = {image.id: image.split_group for image in images}
    given = {i.split_group: i.side for i in images if i.side_reason not in FOLLOWS}
    side = {image.split_group: image.side for image in images} | given
    kin = {name: Kin(NEW, name, given.get(name)) for name in side}
    links = [Link(group[p.first], group[p.second], p.similarity) for p in pairs]
    joined = join(kin, links)
    sides = {name: one.side or side[one.group] for name, one in joined.items()}
    moved = [_moved(i, joined[i.split_group].group, sides[i.split_group]) for i in images]
    decided = {joined[name].group for name in given}
    fixed = [image for image in moved if image.split_group in decided]
    free = [image for image in moved if image.split_group not in decided]
    return [*fixed, *top_up(free, counts_of(fixed), seed)]


def _moved(image: ImageRecord, group: str, side: Side) -> ImageRecord:
    if image.side_reason not in FOLLOWS or image.side == side:
        return replace(image, split_group=group)
    return replace(image, split_group=group, side=side, side_reason=MOVED)


def kin_of(
    arrivals: Mapping[str, Arrival], links: Sequence[Link], catalog: Catalog
) -> dict[str, Kin]:
    """What is known of all that `links` are about, and of every arrival, before anything joins."""
    kin = {i: Kin(NEW, i, arrival.item.side) for i, arrival in arrivals.items()}
    linked_ids = sorted({linked_id for link in links for linked_id in link[:2]} - kin.keys())
    for linked_id in [linked_id for linked_id in linked_ids if linked_id.startswith(_NAMED)]:
        group = linked_id.removeprefix(_NAMED)
        side = catalog.images.side_of_group(group)
        kin[linked_id] = Kin(STORED if side else NAMED, group, side)
    stored_ids = [linked_id for linked_id in linked_ids if linked_id not in kin]
    for k in range(0, len(stored_ids), KNOWN_AT_A_TIME):
        for image in catalog.images.some(stored_ids[k : k + KNOWN_AT_A_TIME]):
            kin[image.id] = Kin(STORED, image.split_group, image.side)
    return kin


_NAMED = "group "


def _bursts(arrivals: Mapping[str, Arrival], catalog: Catalog) -> Iterator[Link]:
    by_camera: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for image_id, arrival in arrivals.items():
        if arrival.item.group:
            yield Link(image_id, _NAMED + arrival.item.group, SAME_GROUP)
        shot = arrival.facts.shot
        if shot:
            by_camera[shot.camera].append((shot.taken_s, image_id))
    for camera, shots in by_camera.items():
        first, last = min(shots)[0] - BURST_S, max(shots)[0] + BURST_S
        rows = catalog.shots.between(camera, first, last)
        shots += [(row.taken_s, row.image_id) for row in rows]
        for (before_s, before), (after_s, after) in pairwise(sorted(shots)):
            if after_s - before_s <= BURST_S:
                yield Link(before, after, SAME_BURST)


def _stored_blocks(catalog: Catalog) -> Iterator[tuple[list[str], Looks]]:
    for rows in catalog.lookalikes.in_blocks(KNOWN_AT_A_TIME):
        looks = looks_of([row.thumbnail for row in rows], [row.blank for row in rows])
        yield [row.image_id for row in rows], looks


def _total(catalog: Catalog) -> tuple[np.ndarray, int]:
    """The sum of the stored thumbnails, and how many there are."""
    total_hw, count = np.zeros((SIDE_PX, SIDE_PX)), 0
    for ids, looks in _stored_blocks(catalog):
        total_hw += looks.thumbnails_nhw.sum(0, dtype=np.float64)
        count += len(ids)
    return total_hw, count


def _links(pairs: Pairs, first_ids: Sequence[str], second_ids: Sequence[str]) -> list[Link]:
    numbers = zip(pairs.first_p.tolist(), pairs.second_p.tolist(), pairs.similarity_p.tolist())
    return [Link(first_ids[i], second_ids[j], similarity) for i, j, similarity in numbers]


def _may_join(first: Kin, second: Kin) -> bool:
    are_stored = first.rank == second.rank == STORED
    if are_stored and first.group != second.group:
        return False
    return first.side is None or second.side is None or first.side == second.side


def _union(first: Kin, second: Kin) -> Kin:
    rank, group = min(first[:2], second[:2])
    return Kin(rank, group, first.side or second.side)
