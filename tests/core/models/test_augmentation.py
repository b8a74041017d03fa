"""Training pictures: the same draw for the same seed, and what each preset may do to a picture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.models import augmentation as module
from core.models.augmentation import PRESETS, training_transform
from core.models.preprocessing import CROP_MODES, Preprocessing
from tests.builders import pattern

SMALL = Preprocessing(size_px=64)


def varied(preset: str, seed: int, image: Image.Image, preprocessing=SMALL) -> np.ndarray:
    return training_transform(preprocessing, preset)(image, np.random.default_rng(seed))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_seed_decides_also_in_threads(preset):
    image = pattern((90, 70))
    alone = [varied(preset, seed, image) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: varied(preset, seed, image), range(16)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    assert (len({a.tobytes() for a in alone}) > 1) == (preset != "none")


@pytest.mark.parametrize("method", CROP_MODES)
def test_none_is_what_validation_sees(method):
    preprocessing, image = SMALL.resized_by(method), pattern((90, 70))
    crop_hwc = varied("none", 3, image, preprocessing)
    np.testing.assert_array_equal(crop_hwc, preprocessing.crop(image))


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    preset=st.sampled_from(sorted(PRESETS)),
    method=st.sampled_from(sorted(CROP_MODES)),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_any_picture_becomes_a_square_of_bytes(width, height, preset, method, seed):
    crop_hwc = varied(preset, seed, pattern((width, height)), SMALL.resized_by(method))
    assert crop_hwc.shape == (64, 64, 3)
    assert crop_hwc.dtype == np.uint8


def test_a_crop_shows_at_least_the_share_asked_for():
    """A picture whose pixels say where they are: the middle of the crop tells."""
    ramp = np.zeros((200, 250, 3), np.uint8)
    ramp[..., 0] = np.arange(250)[None]
    ramp[..., 1] = np.arange(200)[:, None]
    image = Image.fromarray(ramp)
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(200):
        box = module._random_box(image, SMALL, 0.5, rng)
        areas.append((box[2] - box[0]) * (box[3] - box[1]) / (200 * 250))
        crop_hwc = SMALL.crop(image, box)
        assert abs(float(crop_hwc[32, 32, 0]) - (box[0] + box[2]) / 2) < 5
    assert 0.5 <= min(areas) < 0.6
    assert 0.9 < max(areas) <= 1.0


def test_a_tilt_by_nothing_changes_nothing():
    square = np.asarray(pattern((64, 64)))
    still = module.Preset(turn_deg=0.0, zoom=1.0, tilt=0.0)
    tilted = module._tilt(square, still, np.random.default_rng(0))
    np.testing.assert_allclose(tilted.astype(int), square, atol=1)


def test_a_turn_by_a_right_angle_is_numpys():
    square = np.asarray(pattern((64, 64)))

    class Right(np.random.Generator):
        def uniform(self, low=0.0, high=1.0, size=None):
            return high if size is None else np.full(size, high)

    right = module.Preset(turn_deg=90.0, zoom=1.0, tilt=0.0)
    turned = module._tilt(square, right, Right(np.random.PCG64(0)))
    np.testing.assert_allclose(turned.astype(int), np.rot90(square, 1), atol=1)


def test_lighting_is_fastais():
    """Brightness adds in the logit, contrast multiplies it; with the same draws, in torch."""
    rng = np.random.default_rng(5)
    table = module._lighting(0.2, np.random.default_rng(5))
    brightness = rng.uniform(0.4, 0.6)
    contrast = np.exp(rng.uniform(np.log(0.8), -np.log(0.8)))
    levels = torch.linspace(0, 1, 256, dtype=torch.float64).clamp(1e-4, 1 - 1e-4)
    expected = torch.sigmoid(
        (torch.logit(levels) + np.log(brightness / (1 - brightness))) * contrast
    )
    np.testing.assert_allclose(table, (expected * 255).numpy(), atol=0.51)


def test_the_same_picture_comes_mirrored_half_of_the_time():
    white_left = np.zeros((64, 64, 3), np.uint8)
    white_left[:, :32] = 255
    bright = [
        varied("light", seed, Image.fromarray(white_left))[:, :8].mean() for seed in range(200)
    ]
    shares = np.mean([b > 127 for b in bright])
    assert 0.35 < shares < 0.65
