"""Any picture as 8-bit RGB on white, with no more than two whole pictures in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

STRIP_PIXELS = 1 << 18


def to_rgb(image: Image.Image) -> Image.Image:
    """Strip by strip or in one step each, so that no more than two whole pictures are in memory."""
    if image.mode.startswith(("I", "F")):
        return _stretched(image)
    if image.mode == "RGB":
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
    page = Image.new("RGB", layer.size, "white")
    page.paste(layer, mask=layer)
    return page


def _stretched(image: Image.Image) -> Image.Image:
    """Integer pictures are taken as 16 bits deep; others are stretched to their own range."""
    ranges = [_range(strip) for _, strip in _strips(image)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    low, high = (low, high) if low <= high else (0.0, 0.0)  # not a finite value
    picture = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        picture.paste(Image.fromarray(_to_8_bits(strip, low, high)), (0, top))
    return picture


def _strips(image: Image.Image) -> Iterator[tuple[int, np.ndarray]]:
    """Rows of a picture, about 260,000 pixels at a time, and where they begin."""
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield top, np.asarray(image.crop((0, top, image.width, bottom)))


def _range(values: np.ndarray) -> tuple[float, float]:
    """Of what is finite; (inf, -inf) of nothing."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (math.inf, -math.inf)


def _to_8_bits(values: np.ndarray, low: float, high: float) -> np.ndarray:
    if np.issubdtype(values.dtype, np.integer) and low >= 0 and high < 65536:
        return (values >> 8 if high > 255 else values).astype(np.uint8)
    inside = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    return ((inside - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
