"""What comes out of a network, whoever computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Outputs:
    """Of n pictures.

    Attributes:
        logits_nc: float32 (n, classes).
        off_topic_n: float32 (n,), None where it was not learned what is on topic.
        heat_nchw: float32 (n, classes, rows, columns), None where it was not asked for.
    """

    logits_nc: np.ndarray
    off_topic_n: np.ndarray | None
    heat_nchw: np.ndarray | None


class Network(Protocol):
    """May be used by several threads at once."""

    has_heat: bool

    def run(self, images_nchw: np.ndarray, heat: bool = False) -> Outputs:
        """Answers to float32 (n, 3, size, size)."""
