"""Everything a run depends on, validated, as JSON both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

from core.errors import StudioError

ARCHITECTURES = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
"""Those whose pretrained weights are installed with the studio, smallest first."""
DEFAULT_ARCHITECTURE = ARCHITECTURES[0]
WEIGHTS = ("pretrained", "scratch")
RESIZES = ("crop", "pad", "squish")
AUGMENTATIONS = ("none", "light", "standard", "strong")
PRECISIONS = ("auto", "float32", "bfloat16")
MAX_SMALLER_SIZES = 4
MOST_MINUTES = 24 * 60
_ARCHITECTURE = re.compile(r"[A-Za-z0-9]\w{0,99}(\.\w{1,99})?", re.ASCII)


@dataclass(frozen=True)
class TrainConfig:
    """One fine-tuning run.

    Attributes:
        architecture: timm's name; whether its weights are there is seen when the run starts.
        weights: "pretrained", or "scratch" for random ones.
        size_px: side of the square input.
        resize: how a picture becomes square: "crop" its centre, "pad" it, or "squish" it.
        augmentation: how much training pictures are varied: one of AUGMENTATIONS.
        min_crop_share: smallest part of a picture's area that a training crop may show.
        mixup: alpha of the Beta distribution that blends pairs of pictures (Zhang et al.,
            arXiv 1710.09412); 0 for none.
        batch_size: images a step; fewer when there are fewer training images.
        frozen_epochs: epochs in which only the head learns.
        epochs: epochs in which the whole network learns, at each size.
        smaller_first: sizes to train at before `size_px`, in rising order.
        rate: highest learning rate of the head; the earliest layers get 1/100 of it.
        weight_decay: AdamW's, on weights (not on biases and norms).
        oversample: draw small classes as often as large ones.
        precision: of the arithmetic; "auto" is bfloat16 where the machine gains by it.
        seed: of the order of images and of augmentation.
        minutes: what the run may take, from looking at the pictures to the last validation; 0 for
            as long as its epochs take. The rate then falls with the time, if that is shorter.
    """

    architecture: str = DEFAULT_ARCHITECTURE
    weights: str = "pretrained"
    size_px: int = 224
    resize: str = "crop"
    augmentation: str = "standard"
    min_crop_share: float = 0.35
    mixup: float = 0.0
    batch_size: int = 32
    frozen_epochs: int = 0
    epochs: int = 4
    smaller_first: tuple[int, ...] = ()
    rate: float = 2e-3
    weight_decay: float = 0.01
    oversample: bool = False
    precision: str = "auto"
    seed: int = 42
    minutes: float = 0.0

    def __post_init__(self) -> None:
        _name_of_network(self.architecture)
        _one_of("choice of weights", self.weights, WEIGHTS)
        _one_of("way of resizing", self.resize, RESIZES)
        _one_of("augmentation", self.augmentation, AUGMENTATIONS)
        _one_of("precision", self.precision, PRECISIONS)
        _whole("image size", self.size_px, 32, 1024)
        _whole("number of frozen epochs", self.frozen_epochs, 0, 100)
        _whole("number of epochs", self.epochs, 0, 1000)
        _whole("batch size", self.batch_size, 1, 1024)
        _in_range("learning rate", self.rate, 1e-7, 1.0)
        _in_range("weight decay", self.weight_decay, 0.0, 1.0)
        _in_range("smallest crop", self.min_crop_share, 0.05, 1.0)
        _in_range("mixup", self.mixup, 0.0, 10.0)
        _whole("seed", self.seed, 0, 2**31)
        _in_range("number of minutes", self.minutes, 0.0, MOST_MINUTES)
        _one_of("choice to oversample", self.oversample, (True, False))
        _rising(self.smaller_first, self.size_px)
        if self.frozen_epochs + self.epochs == 0:
            raise StudioError("A run needs at least one epoch.", "Set the epochs to 1 or more.")

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` reads, also by way of JSON."""
        return {**asdict(self), "smaller_first": list(self.smaller_first)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Raises StudioError when there is a name that is no option, or a value out of range."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise StudioError(
                f"A run has no option {sorted(unknown)[0]!r}.", "Remove it from the configuration."
            )
        sizes = values.get("smaller_first", ())
        return cls(**{**values, "smaller_first": tuple(sizes) if _is_list(sizes) else sizes})


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _name_of_network(name: object) -> None:
    if not isinstance(name, str) or not _ARCHITECTURE.fullmatch(name):
        raise StudioError(
            f"{name!r} cannot be the name of an architecture.",
            f"Choose one by timm's name, for example {DEFAULT_ARCHITECTURE}.",
        )


def _one_of(what: str, value: object, choices: Sequence[object]) -> None:
    # by type as well: 1 is equal to True
    if not any(value is choice or (value == choice and type(value) is str) for choice in choices):
        named = ", ".join(map(str, choices))
        raise StudioError(f"The {what} is {value!r}.", f"Choose one of {named}.")


def _rising(sizes: object, size_px: int) -> None:
    if not isinstance(sizes, tuple) or len(sizes) > MAX_SMALLER_SIZES:
        raise StudioError(
            "The smaller sizes are no short list.",
            f"List up to {MAX_SMALLER_SIZES} sizes, for example 64 and 128.",
        )
    for size in sizes:
        _whole("smaller size", size, 32, 1024)
    if any(a >= b for a, b in pairwise((*sizes, size_px))):
        raise StudioError(
            f"The smaller sizes {', '.join(map(str, sizes))} do not rise to {size_px}.",
            f"List them in rising order, each below {size_px}.",
        )


def _whole(what: str, value: int, low: int, high: int) -> None:
    _in_range(what, value, low, high)
    if not isinstance(value, int) or isinstance(value, bool):
        raise StudioError(f"The {what} is {value}.", f"Choose a whole number from {low} to {high}.")


def _in_range(what: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise StudioError(f"The {what} is {value}.", f"Choose one from {low:g} to {high:g}.")
