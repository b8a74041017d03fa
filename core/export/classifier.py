"""Answering from a bundle: the same steps as in the studio, for the same file the same answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.errors import StudioError
from core.export.answer import Answer
from core.images.working_copy import open_copy, working_copy
from core.models.hub_layout import CONFIG
from core.models.preprocessing import CROP_MODES, FILTERS, Preprocessing
from core.models.weights import load_weights
from core.settings import Settings

MAX_SIZE_PX = 4096
_HINT = "Export it again from the studio's Export page."


@dataclass(frozen=True, eq=False)
class Classifier:
    """A bundle in memory; `sounds` says that it was trained on spectrograms of sounds, too."""

    name: str
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    network: nn.Module
    examples: tuple[Path, ...]
    sounds: bool = False

    @property
    def says_none_of_these(self) -> bool:
        """Whether it can tell that a picture is none of its classes."""
        return False

    @property
    def has_heat(self) -> bool:
        """Whether `heat_map` works."""
        return False

    def answer(self, data: bytes, settings: Settings) -> Answer:
        """The answer to the bytes of one file: a picture, or a sound.

        Raises:
            PictureError: it cannot be used as a picture.
        """
        return self.answers([self.crop(data, settings)])[0]

    def crop(self, data: bytes, settings: Settings) -> np.ndarray:
        """What the network sees of a file: uint8 (size, size, 3).

        Raises:
            PictureError: it cannot be used as a picture.
        """
        return self.preprocessing.crop(open_copy(working_copy(data, settings)))

    def answers(self, crops: Sequence[np.ndarray]) -> list[Answer]:
        """Answers to what `crop` made of several files, in one pass through the network."""
        images = torch.from_numpy(self.preprocessing.normalise(np.stack(crops)))
        with torch.no_grad():
            probs_nc = torch.softmax(self.network(images), dim=1).tolist()
        return [
            Answer(
                dict(sorted(zip(self.labels, probs, strict=True), key=lambda pair: -pair[1])),
                None,
                False,
            )
            for probs in probs_nc
        ]

    def heat_map(self, data: bytes, settings: Settings, label: str) -> bytes:
        """A JPEG of what the network sees of a file, with the places that speak for a class.

        Raises:
            PictureError: it cannot be used as a picture.
            StudioError: this architecture has no heat maps, or there is no such class.
        """
        raise StudioError("This architecture has no heat maps.", "Choose another one and train it.")

    def probabilities(self, data: bytes, settings: Settings) -> dict[str, float]:
        """Probability of each class, most probable first, for the bytes of one file, a picture
        or a sound.

        Raises:
            PictureError: it cannot be used as a picture.
        """
        crop = self.preprocessing.crop(open_copy(working_copy(data, settings)))
        images = torch.from_numpy(self.preprocessing.normalise(crop[None]))
        with torch.no_grad():
            probs = torch.softmax(self.network(images), dim=1)[0].tolist()
        pairs = sorted(zip(self.labels, probs, strict=True), key=lambda pair: -pair[1])
        return dict(pairs)


def load_classifier(folder: Path) -> Classifier:
    """Read a bundle: its folder, or a zip of it.

    Raises:
        StudioError: a file is missing, damaged, or does not fit the others.
    """
    config = _read_config(folder)
    try:
        labels = _labels(config["label_names"])
        architecture = str(config["architecture"])
        preprocessing = _preprocessing(config["pretrained_cfg"])
        own = config.get("toploss", {})
        name = str(own.get("name", folder.resolve().name))
        sounds = own.get("sounds") is True
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise StudioError(f"{CONFIG} of this bundle lacks {error}.", _HINT) from error
    try:
        network = load_weights(architecture, len(labels), folder).eval()
    except StudioError as error:
        raise StudioError(error.message, _HINT) from error
    examples = tuple(sorted((folder / "examples").glob("*.jpg")))
    return Classifier(name, labels, preprocessing, network, examples, sounds)


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise StudioError(f"There is no {CONFIG} in {folder}.", _HINT) from error
    except ValueError as error:
        raise StudioError(f"{CONFIG} of this bundle is damaged.", _HINT) from error
    if not isinstance(config, dict):
        raise StudioError(f"{CONFIG} of this bundle is damaged.", _HINT)
    return config


def _labels(names: list[str]) -> tuple[str, ...]:
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise ValueError("a list of different label_names")
    return tuple(str(name) for name in names)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    mean, std = (tuple(float(v) for v in config[name]) for name in ("mean", "std"))
    if len(mean) != 3 or len(std) != 3 or not np.all(np.array(std) > 0):
        raise ValueError("a mean and a positive std for three channels")
    size_px, crop_share = int(config["input_size"][-1]), float(config["crop_pct"])
    if not 1 <= size_px <= MAX_SIZE_PX or not 0 < crop_share <= 1:
        raise ValueError("an input_size and a crop_pct that can be")
    if config["interpolation"] not in FILTERS:
        raise ValueError(f"an interpolation out of {', '.join(FILTERS)}")
    ways = {mode: way for way, mode in CROP_MODES.items()}
    if (mode := config.get("crop_mode", "center")) not in ways:
        raise ValueError(f"a crop_mode out of {', '.join(ways)}")
    return Preprocessing(
        size_px=size_px,
        crop_share=crop_share,
        interpolation=config["interpolation"],
        mean=mean,
        std=std,
        resize=ways[mode],
    )
