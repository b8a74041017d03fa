"""A heat map over a picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

STRONGEST = 0.65  # how much of the picture the hottest place may cover, 0..1
_COLOURS = np.array([[68, 1, 84], [33, 145, 140], [253, 231, 37]], np.float32)  # viridis, coarsely


def heat_overlay(picture_hwc_u8: np.ndarray, heat_hw: np.ndarray) -> bytes:
    """A JPEG of the picture with the heat (any size, 0..1) drawn over it."""
    height, width = picture_hwc_u8.shape[:2]
    small = Image.fromarray((heat_hw * 255).astype(np.uint8))
    large = small.resize((width, height), Image.Resampling.BICUBIC)
    heat_hw1 = (np.asarray(large, np.float32) / 255)[:, :, None]
    levels = np.linspace(0, 1, len(_COLOURS))
    colour = np.stack(
        [np.interp(heat_hw1[:, :, 0], levels, _COLOURS[:, k]) for k in range(3)], axis=2
    )
    cover = heat_hw1 * STRONGEST
    mixed = picture_hwc_u8 * (1 - cover) + colour * cover
    file = io.BytesIO()
    Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()
