"""Which epoch of a run is kept; needs no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.events import EpochEnded


def is_better(error_rate: float, valid_loss: float, than: tuple[float, float], images: int) -> bool:
    """Fewer errors by more than a standard error, or a lower loss and not more errors by as much:
    what lies between is chance, and the loss sees it more finely.

    Args:
        than: error rate and loss of the best one so far.
        images: on how many both were counted.
    """
    old_rate, old_loss = than
    chance = math.sqrt(old_rate * (1 - old_rate) / max(images, 1))
    fewer = old_rate - error_rate
    return fewer > chance or (fewer >= -chance and valid_loss < old_loss)


def best_epoch(epochs: Sequence[EpochEnded]) -> int:
    """The place in the list, oldest first and at least one, of the epoch that is kept."""
    best = 0
    for k, epoch in enumerate(epochs):
        than = (epochs[best].error_rate, epochs[best].valid_loss)
        if is_better(epoch.error_rate, epoch.valid_loss, than, epoch.valid_images):
            best = k
    return best
