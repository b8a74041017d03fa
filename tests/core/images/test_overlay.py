"""A heat map over a picture: hot places are covered, cold ones are left alone."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from core.images.overlay import heat_overlay


def test_hot_places_are_covered_and_cold_ones_are_not():
    grey = np.full((64, 96, 3), 128, np.uint8)
    heat = np.zeros((7, 7), np.float32)
    heat[:, 5:] = 1.0
    overlay = np.asarray(Image.open(io.BytesIO(heat_overlay(grey, heat))), np.int64)
    assert overlay.shape == grey.shape
    assert np.abs(overlay[:, :40] - 128).max() < 12
    assert np.abs(overlay[:, 85:] - 128).max(2).min() > 60
