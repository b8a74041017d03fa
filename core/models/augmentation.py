"""Training transforms, from timm's factory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image

from core.models.guarded_timm import timm
from core.models.preprocessing import Preprocessing


def training_transform(
    preprocessing: Preprocessing, min_crop_share: float
) -> Callable[[Image.Image], torch.Tensor]:
    """Random crop, mirror, brightness and contrast; float32 (3, size, size) out.

    Draws from Python's and torch's global generators.
    """
    transform: Callable[[Image.Image], torch.Tensor] = timm.data.create_transform(
        (3, preprocessing.size_px, preprocessing.size_px),
        is_training=True,
        scale=(min_crop_share, 1.0),
        color_jitter=(0.2, 0.2, 0.0),
        interpolation=preprocessing.interpolation,
        mean=preprocessing.mean,
        std=preprocessing.std,
    )
    return transform
