"""Everything a run depends on, checked before anything starts."""

from __future__ import annotations

import json
import math

import pytest

from core.errors import StudioError
from core.training.config import TrainConfig


def test_a_configuration_survives_json():
    config = TrainConfig(
        architecture="vit_tiny_patch16_224.augreg_in21k_ft_in1k",
        weights="scratch",
        size_px=128,
        resize="pad",
        augmentation="strong",
        mixup=0.4,
        epochs=0,
        frozen_epochs=2,
        smaller_first=(64, 96),
        rate=5e-4,
        oversample=True,
        precision="bfloat16",
        seed=7,
    )
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_what_is_not_said_keeps_its_default():
    assert TrainConfig.from_dict({}) == TrainConfig()
    assert TrainConfig.from_dict({"epochs": 9}) == TrainConfig(epochs=9)


def test_a_configuration_of_the_first_version_still_loads():
    old = {
        "architecture": "tf_efficientnet_lite1",
        "size_px": 224,
        "frozen_epochs": 1,
        "epochs": 3,
        "batch_size": 32,
        "rate": 1e-4,
        "weight_decay": 0.01,
        "min_crop_share": 0.35,
        "seed": 42,
    }
    config = TrainConfig.from_dict(old)
    assert config == TrainConfig(**old)
    assert (config.minutes, config.mixup) == (0, 0)


BAD = [
    ("architecture", None),
    *[("architecture", bad) for bad in ("", "../x", "a b", "hf-hub:x/y", "a.b.c", "x" * 300)],
    ("architecture", ["tf_efficientnet_lite0"]),
    *[("size_px", bad) for bad in (0, 31, 1025, -224, 64.5, "224", None, True, math.nan)],
    *[("frozen_epochs", bad) for bad in (-1, 101, 0.5, "1", math.inf)],
    *[("epochs", bad) for bad in (-1, 1001, 1.5, None)],
    *[("batch_size", bad) for bad in (0, 1025, 2.5, -1, True)],
    *[("rate", bad) for bad in (0, -1e-3, 1.5, math.nan, math.inf, "fast")],
    *[("weight_decay", bad) for bad in (-0.1, 1.1, math.nan)],
    *[("min_crop_share", bad) for bad in (0, 0.01, 1.1, math.nan)],
    *[("mixup", bad) for bad in (-0.1, 11, math.nan, "0.4")],
    *[("weights", bad) for bad in ("imagenet", None, 1)],
    *[("resize", bad) for bad in ("stretch", None, ["crop"])],
    *[("augmentation", bad) for bad in ("lots", None, True)],
    *[("precision", bad) for bad in ("float16", 32)],
    *[("oversample", bad) for bad in (1, "yes", None)],
    *[
        ("smaller_first", bad)
        for bad in ((224,), (128, 64), (64, 64), (16,), "64", 64, None, (64.5,))
    ],
    ("smaller_first", (40, 50, 60, 70, 80)),
    *[("seed", bad) for bad in (-1, 0.5, 2**40, "42")],
]


@pytest.mark.parametrize(("name", "bad"), BAD, ids=str)
def test_a_bad_value_is_said_in_a_sentence(name, bad):
    with pytest.raises(StudioError) as caught:
        TrainConfig.from_dict({name: bad})
    assert caught.value.hint


def test_a_run_without_epochs_is_said_in_a_sentence():
    with pytest.raises(StudioError, match="at least one epoch"):
        TrainConfig(frozen_epochs=0, epochs=0)


def test_an_unknown_option_is_said_in_a_sentence():
    with pytest.raises(StudioError, match="learning_rte"):
        TrainConfig.from_dict({"epochs": 1, "learning_rte": 0.1})
