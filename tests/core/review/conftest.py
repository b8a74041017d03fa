"""A catalog with a run whose scores are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.records import Predictions
from core.review.scores import Scores, Version, make_scores
from tests.builders import stored

CLASSES = ("apple", "pear")
FLOOR = -math.log(1e-12)


@pytest.fixture
def score(catalog):
    """Store images of these labels, and a run that gives each this probability of "apple"."""

    def store(*rows: tuple[str, float]) -> list[str]:
        ids = stored(catalog, [label for label, _ in rows])
        score_again(catalog, ids, [share for _, share in rows])
        return ids

    return store


def score_again(catalog, ids, shares) -> None:
    run = catalog.runs.create("quick", {"architecture": "none"}, CLASSES)
    probs_nc = np.array([[share, 1 - share] for share in shares], np.float32)
    catalog.runs.store_predictions(
        run.id, "out-of-fold", Predictions(tuple(ids), probs_nc, CLASSES)
    )


def scores_of(catalog) -> Scores:
    """The scores of the newest run, with the answers so far."""
    run = catalog.runs.latest("out-of-fold")
    predictions = catalog.runs.predictions(run.id, "out-of-fold")
    return make_scores(catalog, Version(run.id, catalog.journal.count()), predictions)
