"""The side of an image: decided once, at first sight, and never moved.

The side follows from the seed and the image's group: the image itself, or all that look like it.
The same picture gets the same side in any order of arrival and comes back to it after a removal.
Metrics of different runs are then metrics of the same images. Until something is trained, another
seed and share may be chosen.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.catalog import Catalog
from core.errors import StudioError
from core.records import ImageRecord, Side

BY_HASH, TOPPED_UP, ALIKE, FIELD_TEST = "hash", "top-up", "near-duplicate", "field test"
MOVED = "look-alike"
"""Moved before the split was locked, to where its look-alikes are."""
FOLLOWS = (BY_HASH, TOPPED_UP, ALIKE, MOVED)
"""Reasons that come from the studio's own split; all others were given with the pictures."""
SEEDS = range(2**31)
SHARES = (0.05, 0.5)

Counts = Mapping[str, Mapping[Side, int]]


def position(seed: int, group: str) -> float:
    """A number in [0, 1) that follows from seed and group alone."""
    digest = hashlib.sha256(f"{seed}:{group}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:8]) / 2**64


def side_by_hash(seed: int, group: str, valid_share: float) -> Side:
    return "valid" if position(seed, group) < valid_share else "train"


def choose_split(catalog: Catalog, seed: int, valid_share: float) -> None:
    """Split the pictures anew, as if they all came now. What folders, columns or the field test
    decided stays, and so does the side of what looks like these.

    Raises:
        Conflict: something was trained before.
        StudioError: no such seed, or a share outside `SHARES`.
    """
    if seed not in SEEDS or not SHARES[0] <= valid_share <= SHARES[1]:
        raise StudioError(
            f"A split with seed {seed} and {valid_share:.0%} for validation cannot be made.",
            f"Choose a whole seed from 0 on, and {SHARES[0]:.0%} to {SHARES[1]:.0%}.",
        )
    with catalog.atomic():
        images = catalog.images.of_any_status()
        catalog.choose_split(seed, valid_share, split_anew(images, seed, valid_share))


def split_anew(images: Sequence[ImageRecord], seed: int, valid_share: float) -> list[ImageRecord]:
    """These images with the sides that follow from another seed and share."""
    fixed_groups = {image.split_group for image in images if image.side_reason not in FOLLOWS}
    fixed = [image for image in images if image.split_group in fixed_groups]
    anew = [
        replace(image, side=side_by_hash(seed, image.split_group, valid_share), side_reason=BY_HASH)
        for image in images
        if image.split_group not in fixed_groups
    ]
    topped = top_up(anew, counts_of(fixed), seed)
    return [*fixed, *topped]


def counts_of(images: Iterable[ImageRecord]) -> dict[str, dict[Side, int]]:
    """Images in use, per class and side."""
    counts: dict[str, dict[Side, int]] = {}
    for image in images:
        sides = counts.setdefault(image.label, {"train": 0, "valid": 0, "test": 0})
        sides[image.side] += image.status == "in use"
    return counts


def top_up(new: Iterable[ImageRecord], counts: Counts, seed: int) -> list[ImageRecord]:
    """Give each class both sides where new images make that possible.

    Only groups that were never stored are touched, and only those whose side follows from the
    hash: a class that lacks a side gets the smallest such group, the one nearest to that side
    among equals. A group moves as a whole.

    Args:
        new: images about to be stored, with their sides.
        counts: images already stored, per class and side.
    """
    groups = _Groups(new, counts, seed)
    for label in sorted(groups.of_label):
        groups.fill(label, "train")  # first: the only image of a class trains
        groups.fill(label, "valid")
    return sorted(groups.images(), key=lambda image: image.id)


class _Groups:
    """New images by group, with what each class has on each side."""

    def __init__(self, new: Iterable[ImageRecord], counts: Counts, seed: int) -> None:
        self._seed = seed
        self._members: dict[str, list[ImageRecord]] = defaultdict(list)
        self.of_label: dict[str, dict[str, int]] = defaultdict(Counter)
        self._have = Counter({(c, side): n for c in counts for side, n in counts[c].items()})
        for image in new:
            self._members[image.split_group or image.id].append(image)
        for group, members in self._members.items():
            for label, count in _in_use(members).items():
                self.of_label[label][group] = count
                self._have[label, members[0].side] += count

    def images(self) -> list[ImageRecord]:
        return [image for members in self._members.values() for image in members]

    def fill(self, label: str, side: Side) -> None:
        """Give a class a group on this side, if it has nothing there and one can be spared."""
        origin: Side = "train" if side == "valid" else "valid"
        if self._have[label, side]:
            return
        movable = [group for group in self.of_label[label] if self._may_move(group, origin, side)]
        if movable:
            self._move(min(movable, key=lambda group: self._rank(group, side)), origin, side)

    def _may_move(self, group: str, origin: Side, side: Side) -> bool:
        """Whether every class in the group keeps something there, or begins to train by it."""
        members = self._members[group]
        if any(image.side != origin or image.side_reason != BY_HASH for image in members):
            return False
        return all(
            self._have[label, origin] > count or (side == "train" and not self._have[label, side])
            for label, count in _in_use(members).items()
        )

    def _rank(self, group: str, side: Side) -> tuple[int, float]:
        near = position(self._seed, group)
        return len(self._members[group]), near if side == "valid" else -near

    def _move(self, group: str, origin: Side, side: Side) -> None:
        members = self._members[group]
        for label, count in _in_use(members).items():
            self._have[label, origin] -= count
            self._have[label, side] += count
        self._members[group] = [replace(i, side=side, side_reason=TOPPED_UP) for i in members]


def _in_use(images: Iterable[ImageRecord]) -> Counter[str]:
    return Counter(image.label for image in images if image.status == "in use")


def missing_sides(counts: Mapping[str, Mapping[Side, int]]) -> dict[str, str]:
    """Classes that lack a side, with the reason in a sentence."""
    reasons = {}
    for label, sides in counts.items():
        train, valid = sides["train"], sides["valid"]
        if train + valid == 0 and sides["test"]:
            reasons[label] = "only test images: it cannot be learned. Add more."
        elif train + valid == 0:
            reasons[label] = "no images in use: it takes no part in training."
        elif valid == 0 and train == 1:
            reasons[label] = "only one image: it trains, but nothing checks it. Add more."
        elif valid == 0:
            reasons[label] = (
                "no validation image (sides never move): nothing checks it. Add more images."
            )
        elif train == 0:
            reasons[label] = "no training image (sides never move): it cannot be learned. Add more."
    return reasons
