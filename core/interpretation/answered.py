"""What a run says of the images of today: the table that every picture of errors is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.catalog import Catalog
from core.metrics import Share, losses
from core.records import ImageRecord, Predictions, Run, Side


@dataclass(frozen=True, eq=False)
class Answered:
    """n images in use on one side that a run answered.

    Attributes:
        images: their records, in the order of the rows.
        classes: the c classes of the run, the names of the columns.
        labels_n: int64 (n,), the number of each image's label of today; -1 for a class that the
            run does not know.
        probs_nc: float32 (n, c).
        seen: whether the run learned from these images, so that its answers flatter it.
    """

    images: tuple[ImageRecord, ...]
    classes: tuple[str, ...]
    labels_n: np.ndarray
    probs_nc: np.ndarray
    seen: bool

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def predicted_n(self) -> np.ndarray:
        """int64 (n,), the number of the most probable class."""
        return self.probs_nc.argmax(1) if len(self) else np.empty(0, np.int64)

    @cached_property
    def right_n(self) -> np.ndarray:
        """bool (n,)"""
        return self.predicted_n == self.labels_n

    @cached_property
    def confidence_n(self) -> np.ndarray:
        """float32 (n,), the probability of the predicted class."""
        return self.probs_nc.max(1) if len(self) else np.empty(0, np.float32)

    @cached_property
    def losses_n(self) -> np.ndarray:
        """float (n,), cross-entropy in nats; a class that the run does not know costs the most."""
        return losses(self.probs_nc, self.labels_n) if len(self) else np.empty(0)

    @property
    def accuracy(self) -> Share:
        return Share(int(self.right_n.sum()), len(self))


def answered(catalog: Catalog, run: Run, side: Side) -> Answered:
    """The answers of a run on one side, by the labels of today.

    Validation and test images are answered by the model as it is served. Training images are
    answered out of fold where the run has such answers (quick models), so by a model that never
    saw them; else by the model itself if it was asked to, which flatters it.
    """
    out_of_fold = catalog.runs.predictions(run.id, "out-of-fold") if side == "train" else None
    seen = side == "train" and not (out_of_fold and out_of_fold.image_ids)
    found = out_of_fold if out_of_fold and not seen else catalog.runs.predictions(run.id, "final")
    return _joined(catalog.images.all(sides=[side]), found, seen)


def _joined(images: list[ImageRecord], found: Predictions, seen: bool) -> Answered:
    row = {image_id: k for k, image_id in enumerate(found.image_ids)}
    number = {name: k for k, name in enumerate(found.classes)}
    kept = tuple(image for image in images if image.id in row)
    rows = [row[image.id] for image in kept]
    labels = np.array([number.get(image.label, -1) for image in kept], np.int64)
    return Answered(kept, found.classes, labels, found.probs_nc[rows], seen)
