"""Which epoch is kept: chance does not decide between errors, the loss does."""

from __future__ import annotations

import pytest

from core.events import EpochEnded
from core.training.best_epoch import best_epoch, is_better


@pytest.mark.parametrize(
    ("error", "loss", "old", "images", "better"),
    [
        (0.10, 0.186, (0.10, 0.236), 100, True),  # a tie in error
        (0.11, 0.186, (0.10, 0.236), 100, True),  # one picture of a hundred is chance
        (0.09, 0.300, (0.10, 0.236), 100, False),
        (0.05, 0.300, (0.10, 0.236), 100, True),  # beyond a standard error of .03
        (0.05, 0.300, (0.10, 0.236), 20, False),  # which is .067 here
        (0.15, 0.186, (0.10, 0.236), 100, False),
        (0.0, 0.2, (0.0, 0.1), 100, False),
        (0.0, 0.1, (0.0, 0.1), 100, False),  # the earlier of two alike
    ],
)
def test_what_is_better(error, loss, old, images, better):
    assert is_better(error, loss, old, images) is better


def test_the_best_of_a_run():
    curve = [(0.2, 0.6), (0.35, 0.9), (0.1, 0.3), (0.1, 0.2), (0.11, 0.25)]
    epochs = [
        EpochEnded(0, k, "head", loss, error, 100, 0.5) for k, (error, loss) in enumerate(curve)
    ]
    assert best_epoch(epochs) == 3
    assert best_epoch(epochs[:1]) == 0
