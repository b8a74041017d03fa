"""Small pictures side by side in one file, and arrays as files."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

GAP_PX = 2
GREY = 128


def sheet(tiles: Sequence[np.ndarray], columns: int, side_px: int) -> np.ndarray:
    """Tiles in rows, as uint8 (height, width, 3).

    Args:
        tiles: at least one, each uint8 (rows, columns) or (rows, columns, 3), drawn as a square.
        side_px: of a tile on the sheet; small tiles keep their pixels visible.
    """
    columns = min(columns, len(tiles))
    step = side_px + GAP_PX
    size = (columns * step - GAP_PX, math.ceil(len(tiles) / columns) * step - GAP_PX)
    page = Image.new("RGB", size, (GREY, GREY, GREY))
    for k, tile in enumerate(tiles):
        page.paste(_square(tile, side_px), (k % columns * step, k // columns * step))
    return np.asarray(page)


def _square(tile: np.ndarray, side_px: int) -> Image.Image:
    small = len(tile) < side_px
    how = Image.Resampling.NEAREST if small else Image.Resampling.BILINEAR
    return Image.fromarray(tile).convert("RGB").resize((side_px, side_px), how)


def between(values: np.ndarray) -> np.ndarray:
    """Numbers as shades, uint8: the lowest black, the highest white; even ones are grey."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.full(values.shape, GREY, np.uint8)
    return ((values - low) * (255 / (high - low))).round().astype(np.uint8)


def jpeg(pixels_hwc_u8: np.ndarray) -> bytes:
    return _file(pixels_hwc_u8, "JPEG", quality=88)


def png(pixels_hwc_u8: np.ndarray) -> bytes:
    return _file(pixels_hwc_u8, "PNG")


def _file(pixels_hwc_u8: np.ndarray, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels_hwc_u8).save(buffer, kind, **options)
    return buffer.getvalue()
