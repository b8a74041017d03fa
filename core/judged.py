"""What a run says of the images of today: the table that every figure of errors is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.calibration import with_temperature
from core.catalog import Catalog
from core.metrics import Share, label_numbers, losses
from core.records import ImageRecord, Predictions, Run, Side


@dataclass(frozen=True, eq=False)
class Judged:
    """n images in use on one side that a run answered, by the labels of today.

    Attributes:
        images: their records, in the order of the rows.
        classes: the c classes of the run, the names of the columns.
        labels_n: int64 (n,), the number of each image's label of today; -1 for a class that the
            run does not know.
        probs_nc: float32 (n, c), as the run gave them.
        seen: whether the run learned from these images, so that its answers flatter it.
    """

    images: tuple[ImageRecord, ...]
    classes: tuple[str, ...]
    labels_n: np.ndarray
    probs_nc: np.ndarray
    seen: bool = False

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

    def recall(self, number: int) -> Share:
        """How many of the images of a class are answered with it."""
        of_class = self.labels_n == number
        return Share(int(self.right_n[of_class].sum()), int(of_class.sum()))

    @property
    def confusion_cc(self) -> np.ndarray:
        """int (c, c): how often each label (row) got each answer (column)."""
        known = self.labels_n >= 0
        table = np.zeros((len(self.classes), len(self.classes)), int)
        np.add.at(table, (self.labels_n[known], self.predicted_n[known]), 1)
        return table

    def mean_loss(self, temperature: float = 1.0) -> float:
        """Mean cross-entropy in nats, of logits divided by a temperature."""
        return float(losses(with_temperature(self.probs_nc, temperature), self.labels_n).mean())


def judged(catalog: Catalog, run: Run, side: Side) -> Judged:
    """The answers of a run on one side, by the labels of today.

    Validation and test images are answered by the model as it is served. Training images are
    answered out of fold where the run has such answers (quick models), so by a model that never
    saw them; else by the model itself if it was asked to, which flatters it.
    """
    out_of_fold = catalog.runs.predictions(run.id, "out-of-fold") if side == "train" else None
    seen = side == "train" and not (out_of_fold and out_of_fold.image_ids)
    answers = out_of_fold if out_of_fold and not seen else catalog.runs.predictions(run.id, "final")
    return joined(catalog.images.all(sides=[side]), answers, seen)


def joined(images: list[ImageRecord], answers: Predictions, seen: bool = False) -> Judged:
    """Images and answers, where there are both."""
    row = {image_id: k for k, image_id in enumerate(answers.image_ids)}
    pictures = tuple(image for image in images if image.id in row)
    rows = [row[image.id] for image in pictures]
    labels = label_numbers((image.label for image in pictures), answers.classes)
    return Judged(pictures, answers.classes, labels, answers.probs_nc[rows], seen)
