"""Measures of made pictures, and SciPy's word on the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage, stats

from core.dataset.check import CHECKS
from core.images.quality import measure
from tests.builders import pattern

SIZE = (120, 90)
LIMIT = {check.measure: check.limit for check in CHECKS}


def noise(size: tuple[int, int] = SIZE) -> Image.Image:
    pixels_hwc_u8 = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels_hwc_u8)


def flagged(picture: Image.Image) -> set[str]:
    found = measure(picture)
    names = ("dark", "bright", "blur", "information")
    return {name for name in names if getattr(found, name) < LIMIT[name]}


def test_a_black_picture_is_dark_and_blank():
    found = measure(Image.new("RGB", SIZE, "black"))
    assert (found.dark, found.bright) == (0, 1)
    assert flagged(Image.new("RGB", SIZE, "black")) == {"dark", "information"}


def test_a_white_picture_is_bright_and_blank():
    found = measure(Image.new("RGB", SIZE, "white"))
    assert (found.dark, found.bright) == (pytest.approx(1), pytest.approx(0, abs=1e-6))
    assert flagged(Image.new("RGB", SIZE, "white")) == {"bright", "information"}


def test_nothing_is_wrong_with_noise_and_soft_patches_are_only_blurred():
    assert flagged(noise()) == set()
    assert flagged(pattern((64, 48), seed=1)) == {"blur"}
    assert measure(noise()).information == pytest.approx(0.1 * np.log2(3 * 256), abs=0.01)


def test_the_wider_the_blur_the_lower_the_measure():
    sharp = (
        pattern((512, 512), seed=4).resize((32, 32)).resize((512, 512), Image.Resampling.NEAREST)
    )
    sharp = Image.blend(noise((32, 32)).resize((512, 512), Image.Resampling.NEAREST), sharp, 0.5)
    found = [
        measure(sharp.filter(ImageFilter.GaussianBlur(radius_px))).blur
        for radius_px in (0, 4, 8, 16, 32)
    ]
    assert found == sorted(found, reverse=True)
    assert found[1] > LIMIT["blur"] > found[3]


def test_the_frame_of_a_picture_is_no_edge():
    slope = np.tile(np.linspace(0, 255, 64), (64, 1))
    picture = Image.fromarray(slope.astype(np.uint8)).convert("RGB")
    assert measure(picture).blur < LIMIT["blur"]


def test_a_drawing_is_not_taken_for_blurred():
    drawing = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(drawing).ellipse((30, 30, 270, 270), outline="black", width=3)
    assert measure(drawing).blur > LIMIT["blur"]


@pytest.mark.parametrize("contrast", [1, 0.3, 0.1])
@pytest.mark.parametrize("ground", ["white", "#808080"])
def test_blur_does_not_depend_on_contrast(ground, contrast):
    """A shirt on a wall of its own colour is not blurred, whatever else there is to see."""
    drawing = Image.new("RGB", (320, 320), ground)
    ImageDraw.Draw(drawing).polygon([(60, 90), (200, 40), (280, 250), (90, 280)], fill="#202020")
    pale = Image.blend(Image.new("RGB", (320, 320), ground), drawing, contrast)
    assert measure(pale).blur > 0.45
    assert measure(pale.filter(ImageFilter.GaussianBlur(8))).blur < LIMIT["blur"]


@pytest.mark.parametrize("size", [(1, 1), (8, 3000), (64, 64), (65, 2)])
def test_pictures_of_any_shape_can_be_measured(size):
    found = measure(pattern(size, seed=2))
    assert all(0 <= value <= 1 for value in vars(found).values())


def test_the_formulas_agree_with_scipy():
    picture = pattern((60, 45), seed=3)
    red, green, blue = np.moveaxis(np.asarray(picture, float), 2, 0)
    brightness = np.sqrt(0.241 * red**2 + 0.691 * green**2 + 0.068 * blue**2) / 255
    counts = [np.bincount(np.asarray(picture)[..., k].ravel(), minlength=256) for k in range(3)]
    found = measure(picture)
    assert found.dark == pytest.approx(stats.scoreatpercentile(brightness.ravel(), 99), abs=1e-6)
    assert found.bright == pytest.approx(
        1 - stats.scoreatpercentile(brightness.ravel(), 5), abs=1e-6
    )
    assert found.information == pytest.approx(0.1 * stats.entropy(np.concatenate(counts), base=2))
    assert found.blur == pytest.approx(steepness(picture), abs=1e-6)


def steepness(picture: Image.Image) -> float:
    """The measure of blur, of a picture of at most 64 px."""
    grey_hw = np.asarray(picture.convert("L"), float)
    across, down = np.abs(np.diff(grey_hw)[:-1]), np.abs(np.diff(grey_hw, axis=0)[:, :-1])
    steps = np.maximum(across, down)
    contrast = ndimage.maximum_filter(grey_hw, 7) - ndimage.minimum_filter(grey_hw, 7)
    strong = steps >= np.quantile(steps, 0.98)
    return float(np.median(steps[strong] / contrast[:-1, :-1][strong]))
