"""Everything a run depends on, validated, as JSON both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.errors import StudioError

ARCHITECTURES = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
"""Those whose pretrained weights are installed with the studio, smallest first."""
DEFAULT_ARCHITECTURE = ARCHITECTURES[0]


@dataclass(frozen=True)
class TrainConfig:
    """One fine-tuning run.

    Attributes:
        architecture: timm's name.
        size_px: side of the square input.
        frozen_epochs: epochs in which only the head learns.
        epochs: epochs in which the whole network learns.
        batch_size: images a step; fewer when there are fewer training images.
        rate: highest learning rate of the head; the earliest layers get 1/100 of it.
        weight_decay: AdamW's, on weights (not on biases and norms).
        min_crop_share: smallest part of a picture's area that a training crop may show.
        seed: of the order of images and of augmentation.
    """

    architecture: str = DEFAULT_ARCHITECTURE
    size_px: int = 224
    frozen_epochs: int = 1
    epochs: int = 3
    batch_size: int = 32
    rate: float = 1e-4
    weight_decay: float = 0.01
    min_crop_share: float = 0.35
    seed: int = 42

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise StudioError(
                f"There are no pretrained weights of {self.architecture!r}.",
                f"Choose one of {', '.join(ARCHITECTURES)}.",
            )
        _whole("image size", self.size_px, 32, 1024)
        _whole("number of frozen epochs", self.frozen_epochs, 0, 100)
        _whole("number of epochs", self.epochs, 0, 1000)
        _whole("batch size", self.batch_size, 1, 1024)
        _in_range("learning rate", self.rate, 1e-7, 1.0)
        _in_range("weight decay", self.weight_decay, 0.0, 1.0)
        _in_range("smallest crop", self.min_crop_share, 0.05, 1.0)
        _whole("seed", self.seed, 0, 2**31)
        if self.frozen_epochs + self.epochs == 0:
            raise StudioError("A run needs at least one epoch.", "Set the epochs to 1 or more.")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Raises StudioError when there is a name that is no option, or a value out of range."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise StudioError(
                f"A run has no option {sorted(unknown)[0]!r}.", "Remove it from the configuration."
            )
        return cls(**values)


def _whole(what: str, value: int, low: int, high: int) -> None:
    _in_range(what, value, low, high)
    if not isinstance(value, int) or isinstance(value, bool):
        raise StudioError(f"The {what} is {value}.", f"Choose a whole number from {low} to {high}.")


def _in_range(what: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise StudioError(f"The {what} is {value}.", f"Choose one from {low:g} to {high:g}.")
