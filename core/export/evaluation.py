"""How good a run is on the pictures that it did not learn from: what the card tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.calibration import fit_temperature, with_temperature
from core.context import Context
from core.errors import StudioError
from core.metrics import Share, losses
from core.records import ImageRecord, Predictions, Run, Side


@dataclass(frozen=True, eq=False)
class Judged:
    """n pictures of one side, by today's labels.

    Attributes:
        images: their records.
        labels_n: int64 (n,), numbers of classes; -1 for a class that the run does not know.
        probs_nc: float32 (n, classes), as the run gave them.
    """

    images: tuple[ImageRecord, ...]
    classes: tuple[str, ...]
    labels_n: np.ndarray
    probs_nc: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @property
    def accuracy(self) -> Share:
        return Share(int((self.probs_nc.argmax(1) == self.labels_n).sum()), len(self))

    def recall(self, number: int) -> Share:
        """How many of the pictures of a class are answered with it."""
        of_class = self.labels_n == number
        hits = (self.probs_nc[of_class].argmax(1) == number).sum()
        return Share(int(hits), int(of_class.sum()))

    @property
    def confusion_cc(self) -> np.ndarray:
        """int (classes, classes): how often each label (row) got each answer (column)."""
        known = self.labels_n >= 0
        table = np.zeros((len(self.classes), len(self.classes)), int)
        np.add.at(table, (self.labels_n[known], self.probs_nc[known].argmax(1)), 1)
        return table

    def mean_loss(self, temperature: float = 1.0) -> float:
        """Mean cross-entropy in nats."""
        return float(losses(with_temperature(self.probs_nc, temperature), self.labels_n).mean())


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Validation and test pictures, and the temperature that the validation pictures ask for."""

    valid: Judged
    test: Judged
    temperature: float


def evaluate(context: Context, run: Run) -> Evaluation:
    """Raises StudioError when the run left no model, or no picture is left to check it on."""
    found = context.catalog.runs.predictions(run.id, "final")
    if not found.image_ids:
        raise StudioError(f"{run.name} has no finished model.", "Choose another run.")
    valid, test = (_judged(context, found, side) for side in ("valid", "test"))
    if not len(valid):
        raise StudioError(
            f"{run.name} has no validation images in use, so its answers cannot be checked.",
            "Restore some of them on the Review page, or train again and export that run.",
        )
    temperature = fit_temperature(valid.probs_nc, valid.labels_n, wrong=1.0)
    return Evaluation(valid, test, round(temperature, 4))


def _judged(context: Context, found: Predictions, side: Side) -> Judged:
    images = {image.id: image for image in context.catalog.images.all(sides=[side])}
    rows = [k for k, image_id in enumerate(found.image_ids) if image_id in images]
    kept = tuple(images[found.image_ids[k]] for k in rows)
    number = {name: k for k, name in enumerate(found.classes)}
    labels = np.array([number.get(image.label, -1) for image in kept], np.int64)
    return Judged(kept, found.classes, labels, found.probs_nc[rows])
