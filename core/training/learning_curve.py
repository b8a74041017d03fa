"""Is more data worth it? The quick model on parts of the training side, always checked on the same
validation images.

Each repeat puts the training images of each class in an order of its own, and takes the first
25, 50, 75 and 100 % of it. The model is the head of the quick model, penalty and all, so that the
curve ends at the model that the studio shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.feature_store import FeatureStore
from core.training.config import DEFAULT_ARCHITECTURE
from core.training.growth import SHARES, summary
from core.training.head import choose_penalty, fit_head
from core.training.quick import features_of
from core.training.training_set import TrainingSet, training_set

REPEATS = 4
FEWEST = 8  # training images of the dataset


def learning_curve_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "learning-curve"."""
    return learning_curve(context, **args)


def learning_curve(context: Context, architecture: str = DEFAULT_ARCHITECTURE) -> Iterator[Event]:
    """Fit the heads and store what they answer as a study. Stopping keeps nothing but features.

    Raises:
        StudioError: there are too few training images to take parts of.
    """
    data = training_set(context)
    if len(data.train) < FEWEST:
        raise StudioError(
            f"There are only {len(data.train)} training images.",
            f"Add pictures on the Dataset page until there are {FEWEST}.",
        )
    store = yield from features_of(context, architecture, data)
    answers: dict[tuple[int, int], np.ndarray] = {}
    plan = [(part, repeat) for part in range(len(SHARES)) for repeat in range(_repeats(part))]
    heads = _Heads(data, store)
    for done, (part, repeat) in enumerate(plan):
        yield Progressed(done, len(plan), "Training on parts of the pictures")
        if context.stop_requested():
            return
        answers[part, repeat] = heads.answers(part, repeat)
    counts = [len(subset(data.train.labels_n, share, 0)) for share in SHARES]
    wrong_rsn = np.array(
        [
            [answers[part, min(repeat, _repeats(part) - 1)] for part in range(len(SHARES))]
            for repeat in range(REPEATS)
        ]
    )
    asked = {"architecture": architecture, "repeats": REPEATS}
    study = context.catalog.studies.create("learning curve", asked, context.job_id)
    result = summary(wrong_rsn, counts, data.valid.labels_n, data.classes)
    context.catalog.studies.store(study, result)
    yield Progressed(len(plan), len(plan), "Training on parts of the pictures")


def subset(labels_n: np.ndarray, share: float, repeat: int) -> np.ndarray:
    """Rows of a share of each class, at least one image each, in rising order; a larger share of
    the same repeat holds all of a smaller one.
    """
    order = np.random.default_rng(repeat).permutation(len(labels_n))
    rows = []
    for label in np.unique(labels_n):
        own = order[labels_n[order] == label]
        rows.append(own[: max(1, math.ceil(share * len(own) - 1e-9))])
    return np.sort(np.concatenate(rows))


class _Heads:
    """Heads of parts of the training side; each size chooses its own penalty, once."""

    def __init__(self, data: TrainingSet, store: FeatureStore) -> None:
        self._data = data
        self._features_nvf = store.get(data.train.image_ids)
        # One view, as the served classifier sees a picture.
        self._checked_nvf = store.get(data.valid.image_ids)[:, :1]
        self._of_part: dict[int, float] = {}

    def answers(self, part: int, repeat: int) -> np.ndarray:
        """bool (validation images,), whether each is answered wrongly."""
        labels_n, classes = self._data.train.labels_n, len(self._data.classes)
        rows = subset(labels_n, SHARES[part], repeat)
        features_nvf, labels_n = self._features_nvf[rows], labels_n[rows]
        if part not in self._of_part:
            self._of_part[part] = choose_penalty(features_nvf, labels_n, classes)
        head = fit_head(features_nvf, labels_n, classes, self._of_part[part])
        answers_n = head.probabilities(self._checked_nvf).argmax(1)
        return np.asarray(answers_n != self._data.valid.labels_n)


def _repeats(part: int) -> int:
    """All images are one subset only."""
    return REPEATS if SHARES[part] < 1 else 1
