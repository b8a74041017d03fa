"""What a classifier says of one picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        probabilities: of each class, 0..1, most probable first.
        off_topic: how far the picture is from everything that was learned, 0 the nearest; None
            when the bundle cannot say.
        none_of_these: whether that is farther than nearly all validation pictures are, so that the
            probabilities say nothing.
    """

    probabilities: dict[str, float]
    off_topic: float | None
    none_of_these: bool

    @property
    def label(self) -> str:
        """The most probable class."""
        return next(iter(self.probabilities))
