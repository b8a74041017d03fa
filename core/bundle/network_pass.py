"""Logits and features of many working copies, with progress."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np

from core.ahead import made_ahead
from core.context import Context
from core.events import Event, Progressed
from core.images.working_copy import read_copy
from core.models.preprocessing import Preprocessing
from core.records import ImageRecord

BATCH = 8
ToFeatures = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
PassOutputs = tuple[np.ndarray, np.ndarray]
"""Logits (n, classes) and features (n, f), float32."""


def network_pass(
    context: Context,
    images: Sequence[ImageRecord],
    preprocessing: Preprocessing,
    to_features: ToFeatures,
    doing: str,
) -> Generator[Event, None, PassOutputs | None]:
    """What a network sees in these pictures; None when asked to stop."""
    parts = [images[k : k + BATCH] for k in range(0, len(images), BATCH)]

    def crop(image: ImageRecord) -> np.ndarray:
        return preprocessing.crop(read_copy(context.workspace, image.id))

    answers = []
    for number, crops in enumerate(made_ahead(parts, crop)):
        yield Progressed(number * BATCH, len(images), doing)
        if context.stop_requested():
            return None
        answers.append(to_features(preprocessing.normalise(np.stack(crops))))
    logits, features = zip(*answers, strict=True)
    return np.concatenate(logits), np.concatenate(features)


def crops_of(
    context: Context, images: Sequence[ImageRecord], preprocessing: Preprocessing
) -> np.ndarray:
    """uint8 (n, size, size, 3)"""
    copies = (read_copy(context.workspace, image.id) for image in images)
    return np.stack([preprocessing.crop(copy) for copy in copies])


def evenly(images: Sequence[ImageRecord], at_most: int) -> list[ImageRecord]:
    """So many, each class once before any class twice; by chance, since ids are hashes."""
    count_of: dict[str, int] = {}
    ranked = []
    for image in sorted(images, key=lambda image: image.id):
        count_of[image.label] = count_of.get(image.label, 0) + 1
        ranked.append((count_of[image.label], image.id, image))
    return [image for _, _, image in sorted(ranked, key=lambda row: row[:2])[:at_most]]
