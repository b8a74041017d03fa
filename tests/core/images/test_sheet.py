"""Tiles on a sheet lie where they should."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from core.images.sheet import GAP_PX, GREY, between, jpeg, png, sheet


def test_tiles_lie_in_rows() -> None:
    tiles = [np.full((2, 2), shade, np.uint8) for shade in (10, 20, 30)]
    page = sheet(tiles, 2, 8)
    step = 8 + GAP_PX
    assert page.shape == (2 * step - GAP_PX, 2 * step - GAP_PX, 3)
    assert [page[4, 4, 0], page[4, step + 4, 0], page[step + 4, 4, 0]] == [10, 20, 30]
    assert page[step + 4, step + 4, 0] == GREY


def test_numbers_become_shades() -> None:
    assert between(np.array([[-1.0, 0.0, 1.0]])).tolist() == [[0, 128, 255]]
    assert (between(np.zeros((2, 2))) == GREY).all()


def test_files_hold_the_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)
    assert Image.open(io.BytesIO(jpeg(pixels))).format == "JPEG"
