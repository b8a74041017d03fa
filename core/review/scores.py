"""What the newest model says of every image: made anew after each handful of marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.catalog import Catalog
from core.metrics import Share, label_numbers, losses
from core.records import ImageRecord, Predictions
from core.review.chance_wrong import ChanceWrong, Count, calibrate
from core.review.estimate import Estimate, estimate_wrong
from core.suspicion import Judgement, judge, knowing_the_label


@dataclass(frozen=True)
class Scored:
    """An image with what the model thinks of it.

    Attributes:
        predicted: the most probable class.
        probability: of the predicted class, 0..1.
        loss: cross-entropy of the given label in nats; large is suspicious.
        wrong: the chance that its label is wrong, 0..1, calibrated by the answers so far.
    """

    image: ImageRecord
    predicted: str
    probability: float
    loss: float
    wrong: float


@dataclass(frozen=True)
class Version:
    """Which scores these are: from which run, how long the journal was, and how often a class had
    been renamed.
    """

    run_id: int
    journal: int
    renames: int = 0


@dataclass(frozen=True, eq=False)
class Scores:
    """Predictions of each image by a model that never saw its label, and what follows from them.

    Attributes:
        judgement: of the labels that the images came with.
        estimate: of the wrong labels among images in use that nobody looked at yet.
        controls: of the images looked at that the model doubted less than most, how many were
            wrong: what is missed further down, without trusting the model.
    """

    version: Version
    predictions: Predictions
    judgement: Judgement
    chance_wrong: ChanceWrong
    estimate: Estimate
    controls: Share
    row_of: dict[str, int]

    def of(self, images: Iterable[ImageRecord]) -> list[Scored]:
        """Scores of these images with the labels they have now; unknown images are left out."""
        scored = [image for image in images if image.id in self.row_of]
        rows = [self.row_of[image.id] for image in scored]
        probs_nc, labels_n = self.predictions.probs_nc[rows], self._numbers(scored)
        wrong_n, _ = knowing_the_label(probs_nc, labels_n, self.judgement.noise_tg)
        columns = zip(
            scored,
            probs_nc.argmax(1),
            probs_nc.max(1, initial=0.0),
            losses(probs_nc, labels_n),
            self.chance_wrong.chances(wrong_n),
            strict=True,
        )
        names = self.predictions.classes
        return [Scored(i, names[k], float(p), float(x), float(w)) for i, k, p, x, w in columns]

    def count(self, image_ids: Iterable[str]) -> Count:
        """How many of these came with a wrong label."""
        rows = [self.row_of[i] for i in image_ids if i in self.row_of]
        return self.chance_wrong.count(self.judgement.wrong_n[rows])

    def _numbers(self, images: Iterable[ImageRecord]) -> np.ndarray:
        return label_numbers((image.label for image in images), self.predictions.classes)


def make_scores(catalog: Catalog, version: Version, predictions: Predictions) -> Scores:
    """Judge the labels that images came with, as far as the answers so far teach how to."""
    row_of = {image_id: row for row, image_id in enumerate(predictions.image_ids)}
    images = [i for i in catalog.images.of_any_status() if i.id in row_of]
    given = {image.id: image.label for image in images} | catalog.answers.first_labels()
    labels_n = label_numbers((given.get(i, "") for i in predictions.image_ids), predictions.classes)
    judgement = judge(predictions.probs_nc, labels_n)
    answers = [answer for answer in catalog.answers.all() if answer.image_id in row_of]
    chance_wrong = calibrate(
        judgement.wrong_n[[row_of[answer.image_id] for answer in answers]],
        np.array([answer.wrong for answer in answers], bool),
    )
    rows = np.array(
        [row_of[i.id] for i in images if not i.reviewed and i.status == "in use"], np.int64
    )
    estimate = estimate_wrong(chance_wrong, judgement.of(rows), labels_n[rows], predictions.classes)
    controls = [
        answer.wrong
        for answer in answers
        if judgement.wrong_n[row_of[answer.image_id]] < np.median(judgement.wrong_n)
    ]
    checked = Share(sum(controls), len(controls))
    return Scores(version, predictions, judgement, chance_wrong, estimate, checked, row_of)
