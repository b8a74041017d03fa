"""Measures of a picture that tell whether it can be learned from, without a model.

The formulas are those of cleanvision 0.3 (https://github.com/cleanlab/cleanvision), taken of the
working copy instead of the file, but for blur: how steep the strongest edges are against the
contrast around them, so that a pale picture is not taken for a blurred one. All are 0..1 and small
where something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

BLUR_SIDE_PX = 64
STRONGEST = 0.02  # of the steps from pixel to pixel
AROUND_PX = 7
BITS_SCALE = 0.1


@dataclass(frozen=True)
class Quality:
    """What was measured, each 0..1.

    Attributes:
        dark: brightness that 99 % of the pixels are below; near 0 in a dark picture.
        bright: how far the darkest 5 % of the pixels are from white; near 0 in a bright picture.
        blur: share of the contrast around it that a strong edge makes in one step, at 64 px: near 1
            where it is sharp; 1 where there is no edge.
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
    """How much of the contrast within 7 px is made in one step, 0..1: the median of the strongest
    2 % of steps.
    """
    grey = _small(picture).convert("L")
    levels_hw = np.asarray(grey, np.float32)
    if min(levels_hw.shape) < 2:
        return 1.0
    steps_hw = np.maximum(
        np.abs(np.diff(levels_hw)[:-1]), np.abs(np.diff(levels_hw, axis=0)[:, :-1])
    )
    highest, lowest = ImageFilter.MaxFilter(AROUND_PX), ImageFilter.MinFilter(AROUND_PX)
    contrast_hw = np.asarray(ImageChops.subtract(grey.filter(highest), grey.filter(lowest)))[
        :-1, :-1
    ]
    strong_hw = (steps_hw >= np.quantile(steps_hw, 1 - STRONGEST)) & (contrast_hw > 0)
    if not strong_hw.any():
        return 1.0
    return min(1.0, float(np.median(steps_hw[strong_hw] / contrast_hw[strong_hw])))


def _small(picture: Image.Image) -> Image.Image:
    """The picture with its long side at most 64 px."""
    ratio = max(picture.size) / BLUR_SIDE_PX
    if ratio <= 1:
        return picture
    return picture.resize(
        (max(1, int(picture.width // ratio)), max(1, int(picture.height // ratio)))
    )
