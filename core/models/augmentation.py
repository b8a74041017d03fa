"""Training pictures, varied at random, with Pillow and numpy alone.

Every draw comes from the generator that is passed in, never from one of the process: pictures are
decoded in threads, and the same seed gives the same pictures whatever ran before. (The transforms
of timm and torchvision draw from process-wide generators.) Pages show samples without torch.

The lighting and the ranges of "standard" are those of fastai's `aug_transforms`; the random crop is
torchvision's `RandomResizedCrop`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.models.preprocessing import Box, Preprocessing

Transform = Callable[[Image.Image, np.random.Generator], np.ndarray]

DEFAULT_MIN_CROP = 0.35
CROP_TRIES = 10
MAX_LOG_RATIO = math.log(4 / 3)  # of a crop's width to its height, either way
REACH = 3  # 1 / REACH of the side is mirrored around a picture before it is tilted


@dataclass(frozen=True)
class Preset:
    """How much pictures are varied.

    Attributes:
        crop: whether a random part is cut out; otherwise it is the part that validation sees.
        mirror: probability of a mirror image.
        turn_deg, zoom, tilt: largest angle either way, largest enlargement, largest change of the
            length of an edge by perspective, as a share.
        tilted: probability that any of the three happens.
        lighting: largest change of brightness and of contrast, 0..1.
        lit: probability of a change of lighting.
        erased: probability that a rectangle of up to 0.3 of the area is made grey noise.
    """

    crop: bool = True
    mirror: float = 0.5
    turn_deg: float = 0.0
    zoom: float = 1.0
    tilt: float = 0.0
    tilted: float = 0.0
    lighting: float = 0.2
    lit: float = 1.0
    erased: float = 0.0


PRESETS = {
    "none": Preset(crop=False, mirror=0.0, lighting=0.0, lit=0.0),
    "light": Preset(),
    "standard": Preset(turn_deg=10, zoom=1.1, tilt=0.2, tilted=0.75, lit=0.75),
    "strong": Preset(
        turn_deg=20, zoom=1.2, tilt=0.3, tilted=0.9, lighting=0.4, lit=0.9, erased=0.5
    ),
}


def training_transform(
    preprocessing: Preprocessing, preset: str, min_crop_share: float = DEFAULT_MIN_CROP
) -> Transform:
    """A function of a picture and a generator: uint8 (size, size, 3), as `Preprocessing.crop`.

    Args:
        preset: a key of PRESETS.
        min_crop_share: smallest part of the area that a random crop shows, 0..1.
    """
    variation = PRESETS[preset]

    def transform(image: Image.Image, rng: np.random.Generator) -> np.ndarray:
        box = _random_box(image, preprocessing, min_crop_share, rng) if variation.crop else None
        square_hwc = preprocessing.crop(image, box)
        if rng.random() < variation.mirror:
            square_hwc = square_hwc[:, ::-1]
        if rng.random() < variation.tilted:
            square_hwc = _tilt(square_hwc, variation, rng)
        if rng.random() < variation.lit:
            square_hwc = _lighting(variation.lighting, rng)[square_hwc]
        if rng.random() < variation.erased:
            square_hwc = _erase(square_hwc, rng)
        return np.ascontiguousarray(square_hwc)

    return transform


def _random_box(
    image: Image.Image, preprocessing: Preprocessing, min_share: float, rng: np.random.Generator
) -> Box:
    """A random part: nearly square, or of the picture's own shape if validation shows all of it."""
    if preprocessing.resize != "crop":
        side = math.sqrt(rng.uniform(min_share, 1.0))
        return _placed(image, side * image.width, side * image.height, rng)
    for _ in range(CROP_TRIES):
        area = rng.uniform(min_share, 1.0) * image.width * image.height
        ratio = math.exp(rng.uniform(-MAX_LOG_RATIO, MAX_LOG_RATIO))
        width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if width <= image.width and height <= image.height:
            return _placed(image, width, height, rng)
    short = min(image.size)
    return _placed(image, short, short, rng)


def _placed(image: Image.Image, width: float, height: float, rng: np.random.Generator) -> Box:
    left = rng.uniform(0, image.width - width)
    top = rng.uniform(0, image.height - height)
    return left, top, min(left + width, image.width), min(top + height, image.height)


def _tilt(square_hwc: np.ndarray, preset: Preset, rng: np.random.Generator) -> np.ndarray:
    """Turn, enlarge and see at an angle, in one resampling; edges are mirrored."""
    side = len(square_hwc)
    margin = side // REACH
    angle = math.radians(rng.uniform(-preset.turn_deg, preset.turn_deg))
    cos, sin = (f(angle) / rng.uniform(1.0, preset.zoom) for f in (math.cos, math.sin))
    across, down = rng.uniform(-preset.tilt, preset.tilt, 2)
    # From the result's coordinates, -1..1, to those of the picture; then to pixels.
    tilt = np.array([[cos, -sin, 0], [sin, cos, 0], [across, down, 1]])
    half = side / 2
    inner = np.array([[1 / half, 0, -1], [0, 1 / half, -1], [0, 0, 1]])
    outer = np.array([[half, 0, half + margin], [0, half, half + margin], [0, 0, 1]])
    matrix = outer @ tilt @ inner
    padding = ((margin, margin), (margin, margin), (0, 0))
    wide = Image.fromarray(np.pad(square_hwc, padding, mode="symmetric"))
    coefficients = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    tilted = wide.transform(
        (side, side), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(tilted)


def _lighting(most: float, rng: np.random.Generator) -> np.ndarray:
    """A table of 256 levels: brightness adds in the logit of a level, contrast multiplies it."""
    brightness = rng.uniform(0.5 * (1 - most), 0.5 * (1 + most))
    contrast = math.exp(rng.uniform(math.log(1 - most), -math.log(1 - most)))
    levels = np.clip(np.arange(256) / 255, 1e-4, 1 - 1e-4)
    logits = (np.log(levels / (1 - levels)) + math.log(brightness / (1 - brightness))) * contrast
    table: np.ndarray = np.rint(255 / (1 + np.exp(-logits))).astype(np.uint8)
    return table


def _erase(square_hwc: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rectangle of noise (Zhong et al., arXiv 1708.04896)."""
    side = len(square_hwc)
    area = rng.uniform(0.02, 0.3) * side * side
    ratio = math.exp(rng.uniform(math.log(0.3), -math.log(0.3)))
    height = min(side, max(1, round(math.sqrt(area * ratio))))
    width = min(side, max(1, round(math.sqrt(area / ratio))))
    top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
    erased = square_hwc.copy()
    noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    erased[top : top + height, left : left + width] = noise
    return erased
