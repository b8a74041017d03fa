"""Which images a run learns from, is checked on, and never sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.context import Context
from core.errors import StudioError
from core.metrics import label_numbers
from core.records import ImageRecord


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images of one side with the numbers of their classes.

    Attributes:
        image_ids: n ids.
        labels_n: int64 (n,).
    """

    image_ids: tuple[str, ...]
    labels_n: np.ndarray

    def __len__(self) -> int:
        return len(self.image_ids)


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The images of a run, by side, and its classes."""

    classes: tuple[str, ...]
    train: Labelled
    valid: Labelled
    test: Labelled


def training_set(context: Context) -> TrainingSet:
    """Images in use, labelled with the classes that have training images.

    Raises:
        StudioError: there are not two classes to tell apart, or nothing to validate on.
    """
    images = context.catalog.images.all()
    classes = tuple(sorted({i.label for i in images if i.side == "train"}))
    if len(classes) < 2:
        raise StudioError(
            f"There {'is only one class' if classes else 'are no classes'} with training images.",
            "Add pictures of at least two classes on the Dataset page.",
        )
    if not any(i.side == "valid" for i in images):
        raise StudioError(
            "There are no validation images, so nothing could be checked.",
            "Restore deleted ones on the Review page, or add pictures on the Dataset page.",
        )
    train, valid, test = (
        _labelled([i for i in images if i.side == side], classes)
        for side in ("train", "valid", "test")
    )
    return TrainingSet(classes, train, valid, test)


def _labelled(images: Sequence[ImageRecord], classes: Sequence[str]) -> Labelled:
    labels_n = label_numbers((i.label for i in images), classes)
    return Labelled(tuple(i.id for i in images), labels_n)
