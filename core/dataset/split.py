"""The side of an image: decided once, at first sight, and never moved.

The side follows from the seed and the image's own bytes, so the same picture gets the same side
in any order of arrival and comes back to it after a removal. Metrics of different runs are then
metrics of the same images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain

from core.records import ImageRecord, Side


def position(seed: int, image_id: str) -> float:
    """A number in [0, 1) that follows from seed and image alone."""
    digest = hashlib.sha256(f"{seed}:{image_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def side_by_hash(seed: int, image_id: str, valid_share: float) -> Side:
    return "valid" if position(seed, image_id) < valid_share else "train"


def top_up(
    new: Iterable[ImageRecord], counts: Mapping[str, Mapping[Side, int]], seed: int
) -> list[ImageRecord]:
    """Give each class both sides where new images make that possible.

    Only images that were never stored are touched, and only those whose side follows from the
    hash: a class that lacks a side gets the new image nearest to that side.

    Args:
        new: images about to be stored, with their sides.
        counts: images already stored, per class and side.
    """
    by_label: dict[str, list[ImageRecord]] = {}
    for image in sorted(new, key=lambda image: position(seed, image.id)):
        by_label.setdefault(image.label, []).append(image)
    for label, images in by_label.items():
        _fill(images, "train", counts.get(label, {}), spare=1)  # the only image of a class trains
        _fill(images, "valid", counts.get(label, {}), spare=2)
    return sorted(chain.from_iterable(by_label.values()), key=lambda image: image.id)


def _fill(images: list[ImageRecord], side: Side, stored: Mapping[Side, int], spare: int) -> None:
    """Give a class an image on this side, if it has none there and `spare` on the other."""
    other: Side = "train" if side == "valid" else "valid"
    have = stored.get(side, 0) + sum(i.side == side for i in images)
    there = stored.get(other, 0) + sum(i.side == other for i in images)
    if have or there < spare:
        return
    movable = [k for k, i in enumerate(images) if i.side == other and i.side_reason == "hash"]
    if movable:
        k = movable[0] if side == "valid" else movable[-1]
        images[k] = replace(images[k], side=side, side_reason="top-up")


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
