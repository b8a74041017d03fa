"""What a run makes of the minutes it is given: epochs, batches and a rate. Needs no torch.

The figures behind the rule are in docs/decisions.md (`python -m benchmarks.recipes`).
"""

from __future__ import annotations

import math
from dataclasses import replace

from core.training.config import TrainConfig

MINUTES = (1, 3, 10, 30)
DEFAULT_MINUTES = 3
MOST_EPOCHS = 12
"""Pictures seen more often than that are learned by heart before they teach anything new."""
BATCH, SMALL_BATCH = 32, 16
STEPS = 60
"""A high rate first spoils the fitted head, and needs so many steps to do better than it."""
RATE = 2e-3
ROOM = 1.25
"""Times what fits is planned: the rate falls with the time, so that none of it is left over."""


def fitting_epochs(images: int, images_per_s: float, seconds: float) -> float:
    """How often so many pictures are seen in that time, at most `MOST_EPOCHS`; also a part of one.

    Args:
        images: on the training side.
        images_per_s: learned by the whole network at the run's size, validation not counted.
        seconds: for learning.
    """
    return min(float(MOST_EPOCHS), max(0.0, seconds) * images_per_s / max(1, images))


def planned(config: TrainConfig, images: int, images_per_s: float, seconds: float) -> TrainConfig:
    """The configuration with the epochs, batch size and rate that fit the time.

    As many epochs of the whole network as fit, at most `MOST_EPOCHS`; smaller batches where
    large ones would be too few; and where even these are few, a rate lower in proportion.
    The other arguments are those of `fitting_epochs`.
    """
    passes = fitting_epochs(images, images_per_s, seconds)
    batch_size = BATCH if passes * images / BATCH >= STEPS else SMALL_BATCH
    steps = passes * images / batch_size
    rate = RATE * min(1.0, max(steps, 1.0) / STEPS)
    return replace(
        config, frozen_epochs=0, epochs=min(MOST_EPOCHS, max(1, math.ceil(ROOM * passes))),
        smaller_first=(), batch_size=batch_size, rate=float(f"{rate:.2g}"),
    )  # fmt: skip
