"""The one-cycle schedule (Smith, arXiv 1708.07120), with cosine halves.

The rate rises, then falls to nearly nothing, momentum the other way round: the loss may rise
before it falls, and ends lower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class OneCycle:
    """Rate and momentum as a function of progress.

    Attributes:
        peak: the highest rate.
        rise: share of the steps before the peak, 0..1.
        start_divisor: peak / the first rate.
        end_divisor: peak / the last rate.
    """

    peak: float
    rise: float = 0.25
    start_divisor: float = 25.0
    end_divisor: float = 1e5

    def rate(self, progress: float) -> float:
        """Learning rate at `progress`, 0..1."""
        if progress < self.rise:
            return _cosine(self.peak / self.start_divisor, self.peak, progress / self.rise)
        fall = (progress - self.rise) / (1 - self.rise)
        return _cosine(self.peak, self.peak / self.end_divisor, fall)

    def momentum(self, progress: float) -> float:
        """AdamW's first beta: 0.95 -> 0.85 at the peak -> 0.95."""
        if progress < self.rise:
            return _cosine(0.95, 0.85, progress / self.rise)
        return _cosine(0.85, 0.95, (progress - self.rise) / (1 - self.rise))


def _cosine(start: float, end: float, t: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * t)) / 2
