"""Reading config.json of a bundle, which anybody may have written."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError
from core.models.preprocessing import CROP_MODES, FILTERS, Preprocessing
from core.serving.bundle_part import read_part
from core.serving.layout import CONFIG, EXPORT_AGAIN, FORMAT

MAX_SIZE_PX = 1024
"""The largest that the studio trains; it sets what an answer takes in memory."""


@dataclass(frozen=True)
class BundleConfig:
    """What a bundle says of itself.

    Attributes:
        format: 1, 2 or 3.
        temperature: what logits are divided by.
        threshold: above this `off_topic`, a picture is none of the classes; None when not known.
        threshold_int8: the same for model-int8.onnx.
        sounds: whether it was trained on spectrograms of sounds, too.
    """

    format: int
    name: str
    architecture: str
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float = 1.0
    threshold: float | None = None
    threshold_int8: float | None = None
    sounds: bool = False


def read_config(folder: Path) -> BundleConfig:
    """Raises StudioError when it is missing, damaged, or cannot be."""
    config = _load(folder)
    try:
        return _checked(config, folder.resolve().name)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise StudioError(f"{CONFIG} of this bundle lacks {error}.", EXPORT_AGAIN) from error


def _load(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads(read_part(folder, CONFIG))
    except OSError as error:
        raise StudioError(f"There is no {CONFIG} in {folder}.", EXPORT_AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise StudioError(f"{CONFIG} of this bundle is damaged.", EXPORT_AGAIN) from error
    if not isinstance(config, dict):
        raise StudioError(f"{CONFIG} of this bundle is damaged.", EXPORT_AGAIN)
    return config


def _checked(config: dict[str, Any], folder_name: str) -> BundleConfig:
    ours = config.get("toploss", {})
    number = ours.get("format", 1)
    if not isinstance(number, int) or number > FORMAT:
        raise StudioError(
            "This bundle was made by a newer version of TopLoss.", "Update TopLoss to open it."
        )
    labels = _labels(config["label_names"])
    if config.get("num_classes", len(labels)) != len(labels):
        raise ValueError("as many label_names as num_classes")
    none = ours.get("none_of_these") or {}
    return BundleConfig(
        number,
        str(ours.get("name", folder_name)),
        str(config["architecture"]),
        labels,
        _preprocessing(config["pretrained_cfg"]),
        _positive(ours.get("temperature", 1.0)),
        _positive(none["threshold"]) if none else None,
        _positive(none["threshold_int8"]) if none.get("threshold_int8") else None,
        ours.get("sounds") is True,
    )


def _positive(value: Any) -> float:
    if not math.isfinite(value) or value <= 0:
        raise ValueError("a temperature and a threshold above 0")
    return float(value)


def _labels(names: list[str]) -> tuple[str, ...]:
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise ValueError("a list of different label_names")
    return tuple(str(name) for name in names)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    mean, std = (tuple(float(v) for v in config[name]) for name in ("mean", "std"))
    if len(mean) != 3 or len(std) != 3 or not np.all(np.array(std) > 0):
        raise ValueError("a mean and a positive std for three channels")
    size_px, crop_share = int(config["input_size"][-1]), float(config["crop_pct"])
    if not 1 <= size_px <= MAX_SIZE_PX:
        raise ValueError(f"an input_size of at most {MAX_SIZE_PX} px")
    if not 0 < crop_share <= 1:
        raise ValueError("a crop_pct above 0 and at most 1")
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
