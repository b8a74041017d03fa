"""What a network is fed: the studio's steps against timm's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.models.preprocessing import CROP_MODES, Preprocessing
from tests.builders import pattern

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SIZES = [(320, 320), (320, 427), (427, 320), (320, 569), (321, 2048), (2048, 320), (48, 32)]
SIZES += [(17, 300), (1, 1), (2, 900), (225, 224), (1500, 333)]


def timms(preprocessing: Preprocessing, image: Image.Image) -> np.ndarray:
    from core.models.guarded_timm import timm

    transform = timm.data.create_transform(
        (3, preprocessing.size_px, preprocessing.size_px),
        is_training=False,
        interpolation=preprocessing.interpolation,
        crop_pct=preprocessing.crop_share,
        crop_mode=CROP_MODES[preprocessing.resize],
        mean=preprocessing.mean,
        std=preprocessing.std,
    )
    return transform(image).numpy()


def levels_apart(preprocessing: Preprocessing, image: Image.Image) -> np.ndarray:
    """Differences from timm's transform in levels of 255, per value."""
    ours = preprocessing.normalise(preprocessing.crop(image)[None])[0]
    std_chw = np.array(preprocessing.std).reshape(3, 1, 1)
    return np.abs(ours - timms(preprocessing, image)) * std_chw * 255


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(),
        Preprocessing(64, 0.875, "bicubic", *IMAGENET),
        Preprocessing(260, 0.9, "bilinear"),
        Preprocessing(224, 1.0, "bicubic", *IMAGENET),
        Preprocessing(64, 0.875, "bicubic", *IMAGENET).resized_by("pad"),
        Preprocessing(64, 0.875).resized_by("squish"),
    ],
    ids=lambda p: f"{p.size_px}-{p.crop_share}-{p.resize}",
)
def test_pictures_are_seen_as_timm_sees_them(preprocessing, size):
    if preprocessing.resize == "pad" and size == (2, 900):
        size = (15, 900)  # timm would make it no pixel wide, and fails
    noise_hwc = np.random.default_rng(1).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    apart = levels_apart(preprocessing, Image.fromarray(noise_hwc).resize(size))
    assert apart.max() < 2.01
    assert apart.mean() < 0.25


@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([32, 100, 224]))
@settings(max_examples=25, deadline=None)
def test_any_size_of_picture_becomes_a_square(width, height, size_px):
    preprocessing = Preprocessing(size_px)
    crop = preprocessing.crop(pattern((width, height), seed=width))
    assert crop.shape == (size_px, size_px, 3)
    assert crop.dtype == np.uint8
    assert levels_apart(preprocessing, pattern((width, height), seed=width)).max() < 2.01


def test_normalising_is_by_mean_and_std_per_channel():
    preprocessing = Preprocessing(4, 1.0, "bicubic", *IMAGENET)
    images_nhwc = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    expected = (images_nhwc / 255 - np.array(IMAGENET[0])) / np.array(IMAGENET[1])
    values = preprocessing.normalise(images_nhwc)
    assert (values.shape, values.dtype) == ((2, 3, 4, 4), np.float32)
    np.testing.assert_allclose(values, expected.transpose(0, 3, 1, 2), atol=1e-6)


def test_the_key_differs_when_any_part_does():
    variants = [
        Preprocessing(),
        Preprocessing(size_px=192),
        Preprocessing(crop_share=0.9),
        Preprocessing(interpolation="bilinear"),
        Preprocessing(mean=IMAGENET[0]),
        Preprocessing(std=IMAGENET[1]),
    ]
    assert len({variant.key for variant in variants}) == len(variants)
    assert not any(set(variant.key) & set("/\\: ") for variant in variants)


def test_settings_of_the_first_version_crop_under_the_same_key():
    old = {k: v for k, v in Preprocessing().to_dict().items() if k != "resize"}
    assert Preprocessing.from_dict(old) == Preprocessing()
    assert Preprocessing().key == "224-0.875-bicubic-0.5-0.5-0.5-0.5-0.5-0.5"
    assert len({Preprocessing().resized_by(way).key for way in CROP_MODES}) == 3
