"""Measures of a picture that tell whether it can be learned from, without a model.

The formulas are those of cleanvision 0.3 (https://github.com/cleanlab/cleanvision), taken of the
working copy instead of the file; for blur, without the frame of the picture, whose own greys would
count as edges. All are 0..1 and small where something is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter, ImageStat

BLUR_SIDE_PX = 64
SHARPNESS_SCALE = 0.01
BITS_SCALE = 0.1


@dataclass(frozen=True)
class Quality:
    """What was measured, each 0..1.

    Attributes:
        dark: brightness that 99 % of the pixels are below; near 0 in a dark picture.
        bright: how far the darkest 5 % of the pixels are from white; near 0 in a bright picture.
        blur: how strong the edges are at 64 px; near 0 in a blurred picture.
        information: entropy of the pixels' values, in tenths of a bit; near 0 in a blank picture.
    """

    dark: float
    bright: float
    blur: float
    information: float


def measure(picture: Image.Image) -> Quality:
    """The measures of an RGB picture."""
    fifth, ninety_ninth = np.percentile(_brightness(np.asarray(picture)), [5, 99])
    information = min(1.0, BITS_SCALE * picture.entropy())
    return Quality(float(ninety_ninth), float(1 - fifth), _sharpness(picture), information)


def _brightness(pixels_hwc_u8: np.ndarray) -> np.ndarray:
    """Perceived brightness 0..1, float32 (h, w); Finley, "HSP Color Model" (2006)."""
    weights = np.array([0.241, 0.691, 0.068], np.float32)
    brightness_hw: np.ndarray = np.sqrt(np.square(pixels_hwc_u8, dtype=np.float32) @ weights) / 255
    return brightness_hw


def _sharpness(picture: Image.Image) -> float:
    """Strength of edges, 0..1."""
    edges = _small(picture).convert("L").filter(ImageFilter.FIND_EDGES)
    width, height = edges.size
    if min(width, height) > 2:
        edges = edges.crop((1, 1, width - 1, height - 1))  # the filter leaves the frame as it was
    return -math.expm1(-SHARPNESS_SCALE * math.sqrt(ImageStat.Stat(edges).var[0]))


def _small(picture: Image.Image) -> Image.Image:
    """The picture with its long side at most 64 px."""
    ratio = max(picture.size) / BLUR_SIDE_PX
    if ratio <= 1:
        return picture
    return picture.resize(
        (max(1, int(picture.width // ratio)), max(1, int(picture.height // ratio)))
    )
