"""From a picture to what a network is fed: resize, crop, scale. The same in studio and bundle.

Equal to timm's evaluation transform (`timm.data.create_transform`, crop mode "center") to within
rounding: at most 2 of 255 levels in a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}


@dataclass(frozen=True)
class Preprocessing:
    """How a network wants its pictures.

    Attributes:
        size_px: side of the square input.
        crop_share: the crop's side as a share of the resized short side, 0..1.
        interpolation: Pillow's filter by timm's name.
        mean, std: per channel, of values in 0..1.
    """

    size_px: int = 224
    crop_share: float = 0.875
    interpolation: str = "bicubic"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    @property
    def key(self) -> str:
        """A short name that differs when any part does; safe in a file name."""
        numbers = "-".join(f"{v:g}" for v in (*self.mean, *self.std))
        return f"{self.size_px}-{self.crop_share:g}-{self.interpolation}-{numbers}"

    def crop(self, image: Image.Image) -> np.ndarray:
        """Resize the short side, cut the centre square: uint8 (size, size, 3)."""
        resized_w, resized_h = self._resized(*image.size)
        left = round((resized_w - self.size_px) / 2.0)
        top = round((resized_h - self.size_px) / 2.0)
        # Only what the crop keeps is resampled: the same pixels, up to rounding, in less time.
        x, y = image.width / resized_w, image.height / resized_h
        box = (left * x, top * y, (left + self.size_px) * x, (top + self.size_px) * y)
        square = (self.size_px, self.size_px)
        return np.asarray(image.resize(square, FILTERS[self.interpolation], box=box))

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        """Size after the resize; the long side is cut to a whole pixel, as torchvision does."""
        short_px = math.floor(self.size_px / self.crop_share)
        if width <= height:
            return short_px, int(short_px * height / width)
        return int(short_px * width / height), short_px

    def normalise(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """uint8 (n, h, w, 3) to float32 (n, 3, h, w), by mean and std."""
        scale = np.float32(1.0) / (255.0 * np.asarray(self.std, np.float32))
        offset = np.asarray(self.mean, np.float32) / np.asarray(self.std, np.float32)
        values = images_nhwc_u8.astype(np.float32) * scale - offset
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Back from `to_dict`, also by way of JSON, which knows no tuples."""
        return cls(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})
