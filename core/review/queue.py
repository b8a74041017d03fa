"""The review queue: images by out-of-fold loss, worst first.

Each image is scored by a head that never saw it, so training and validation images are judged
alike, and a wrong label cannot be learned by heart before it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.catalog import Catalog
from core.metrics import losses
from core.records import ImageRecord, Side

Show = Literal["to review", "reviewed", "deleted"]


@dataclass(frozen=True)
class Scored:
    """An image with what the model thinks of it.

    Attributes:
        predicted: the most probable class.
        probability: of the predicted class, 0..1.
        loss: cross-entropy of the given label in nats; large is suspicious.
    """

    image: ImageRecord
    predicted: str
    probability: float
    loss: float


@dataclass(frozen=True)
class Filter:
    """What to show; empty label means any."""

    show: Show = "to review"
    label: str = ""
    predicted: str = ""
    side: Side | None = None

    def takes(self, scored: Scored) -> bool:
        image = scored.image
        return (
            _shown_under(image) == self.show
            and self.label in ("", image.label)
            and self.predicted in ("", scored.predicted)
            and self.side in (None, image.side)
        )


def scored_images(catalog: Catalog) -> list[Scored]:
    """All scored images, in use or not, worst first; empty when nothing was scored yet."""
    run = catalog.runs.latest("out-of-fold")
    if run is None:
        return []
    predictions = catalog.runs.predictions(run.id, "out-of-fold")
    images = {i.id: i for status in ("in use", "quarantined") for i in catalog.images.all(status)}
    records = [images[image_id] for image_id in predictions.image_ids]
    number = {name: k for k, name in enumerate(predictions.classes)}
    given = np.array([number.get(image.label, -1) for image in records], np.int64)
    best = predictions.probs_nc.argmax(1)
    scored = [
        Scored(image, predictions.classes[k], float(row[k]), float(loss))
        for image, k, row, loss in zip(
            records, best, predictions.probs_nc, losses(predictions.probs_nc, given), strict=True
        )
    ]
    return sorted(scored, key=lambda s: (-s.loss, s.image.id))


def choose(scored: Iterable[Scored], wanted: Filter) -> list[Scored]:
    return [s for s in scored if wanted.takes(s)]


def _shown_under(image: ImageRecord) -> Show:
    if image.status == "quarantined":
        return "deleted"
    return "reviewed" if image.reviewed else "to review"
