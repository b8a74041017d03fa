"""What a sweep of learning rates says: smoothed losses, the steep slope, the valley, the band.

The formulas are fastai 2.8's (`lr_find`): a rate that grows exponentially, losses smoothed by an
exponential moving average without its pull to zero, an end when the loss is four times its best.
What is added is that several seeds have to agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

FIRST_RATE, LAST_RATE = 1e-7, 10.0
MEMORY = 0.98
EXPLODED = 4.0  # times the best loss: the sweep ends there
LAST_LEFT_OUT = 5
WIDEST_BAND = 10.0  # one decade


@dataclass(frozen=True, eq=False)
class Sweep:
    """One sweep: rates (n,) and the smoothed losses (n,) that went with them."""

    rates_n: np.ndarray
    losses_n: np.ndarray

    @property
    def steep(self) -> float:
        """The rate where the loss falls most by the logarithm of the rate."""
        slopes = np.diff(self.losses_n) / np.diff(np.log(self.rates_n))
        return float(self.rates_n[int(slopes.argmin())])

    @property
    def valley(self) -> float:
        """The rate half-way down the longest valley: the longest strictly decreasing subsequence.

        It ends at e and has L points; the rate is that of point e - L + int(L / 3) + int(L / 6).
        """
        lengths = _decreasing(self.losses_n)
        end = int(lengths.argmax())
        length = int(lengths[end])
        return float(self.rates_n[max(0, end - length + length // 3 + length // 6)])


@dataclass(frozen=True)
class Band:
    """What several seeds suggest: the lowest, the middle (median) and the highest rate."""

    low: float
    rate: float
    high: float

    @classmethod
    def of(cls, rates: Sequence[float]) -> Band:
        """Of at least one rate."""
        low, high = min(rates), max(rates)
        return cls(low, float(np.clip(np.exp(np.median(np.log(rates))), low, high)), high)

    @property
    def is_narrow(self) -> bool:
        """Whether the seeds agree within a decade; if not, there is nothing to suggest."""
        return self.high <= WIDEST_BAND * self.low * (1 + 1e-9)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_narrow": self.is_narrow}


def rates_of(steps: int) -> np.ndarray:
    """float64 (steps,), from 1e-7 to 10, evenly spaced in the logarithm."""
    return np.geomspace(FIRST_RATE, LAST_RATE, steps)


class Smoother:
    """The moving average of losses, and whether they exploded."""

    def __init__(self) -> None:
        self._sum, self._count, self._best = 0.0, 0, math.inf
        self.losses: list[float] = []

    def takes(self, loss: float) -> bool:
        """Add a loss; False when the sweep is over: no number, or four times the best so far."""
        if not math.isfinite(loss):
            return False
        self._count += 1
        self._sum = MEMORY * self._sum + (1 - MEMORY) * loss
        smooth = self._sum / (1 - MEMORY**self._count)
        self.losses.append(smooth)
        self._best = min(self._best, smooth)
        return smooth <= EXPLODED * self._best


def kept(rates_n: np.ndarray, losses: Sequence[float], steps: int) -> Sweep:
    """The part of a sweep that says something: without its first tenth and its last points.

    Args:
        losses: smoothed, as many as were reached.
        steps: how many were planned.
    """
    first = steps // 10
    last = max(len(losses) - LAST_LEFT_OUT, first + 2)  # two points, if there are as many
    last = min(last, len(losses))
    return Sweep(rates_n[first:last], np.asarray(losses[first:last], np.float64))


def summary(sweeps: Sequence[Sweep]) -> dict[str, Any]:
    """What a page shows of at least one sweep, as JSON: all rates that some sweep reached, the
    losses of each (shorter when it exploded earlier), and the bands of both suggestions.
    """
    longest = max((sweep.rates_n for sweep in sweeps), key=len)
    return {
        "rates": longest.tolist(),
        "losses": [[round(float(loss), 5) for loss in sweep.losses_n] for sweep in sweeps],
        "steep": Band.of([sweep.steep for sweep in sweeps]).to_dict(),
        "valley": Band.of([sweep.valley for sweep in sweeps]).to_dict(),
    }


def _decreasing(losses_n: np.ndarray) -> np.ndarray:
    """int (n,): length of the longest strictly decreasing subsequence that ends at each point."""
    lengths = np.ones(len(losses_n), np.int64)
    for k in range(1, len(losses_n)):
        higher = losses_n[:k] > losses_n[k]
        lengths[k] = 1 + lengths[:k][higher].max(initial=0)
    return lengths
