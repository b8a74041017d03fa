"""From a picture to what a network is fed: resize, crop, scale. The same in studio and bundle.

Equal to timm's evaluation transform (`timm.data.create_transform`) to within rounding: at most 2 of
255 levels in a pixel. Its crop modes "center", "border", "squash" are "crop", "pad", "squish" here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
CROP_MODES = {"crop": "center", "pad": "border", "squish": "squash"}
"""Our name -> timm's."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of a picture, in pixels."""


@dataclass(frozen=True)
class Preprocessing:
    """How a network wants its pictures.

    Attributes:
        size_px: side of the square input.
        crop_share: the crop's side as a share of the resized short side, 0..1.
        interpolation: Pillow's filter by timm's name.
        mean, std: per channel, of values in 0..1.
        resize: how a picture becomes square: "crop" its centre, "pad" it with the mean colour, or
            "squish" it; the last two show all of it, and crop_share is then 1.
    """

    size_px: int = 224
    crop_share: float = 0.875
    interpolation: str = "bicubic"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    resize: str = "crop"

    @property
    def key(self) -> str:
        """A short name that differs when any part does; safe in a file name."""
        numbers = "-".join(f"{v:g}" for v in (*self.mean, *self.std))
        method = "" if self.resize == "crop" else f"-{self.resize}"
        return f"{self.size_px}-{self.crop_share:g}-{self.interpolation}-{numbers}{method}"

    def resized_by(self, method: str) -> Preprocessing:
        """The same with another way to make pictures square: a key of CROP_MODES."""
        if method == "crop":
            return replace(self, resize=method)
        return replace(self, resize=method, crop_share=1.0)

    def crop(self, image: Image.Image, box: Box | None = None) -> np.ndarray:
        """A picture as the network wants it: uint8 (size, size, 3).

        Args:
            box: the part to show instead of what validation and serving see.
        """
        if self.resize == "pad":
            return self._padded(image, box or (0, 0, *image.size))
        if self.resize == "squish":
            box = box or (0, 0, *image.size)
        square = (self.size_px, self.size_px)
        box = box or self._centre(image)
        return np.asarray(image.resize(square, FILTERS[self.interpolation], box=box))

    def _padded(self, image: Image.Image, box: Box) -> np.ndarray:
        width, height = box[2] - box[0], box[3] - box[1]
        scale = self.size_px / max(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        fill = tuple(round(255 * m) for m in self.mean)
        square = Image.new("RGB", (self.size_px, self.size_px), fill)
        inner = image.resize(size, FILTERS[self.interpolation], box=box)
        square.paste(inner, ((self.size_px - size[0]) // 2, (self.size_px - size[1]) // 2))
        return np.asarray(square)

    def _centre(self, image: Image.Image) -> Box:
        """The part that the centre square of the resized picture shows."""
        resized_w, resized_h = self._resized(*image.size)
        left = round((resized_w - self.size_px) / 2.0)
        top = round((resized_h - self.size_px) / 2.0)
        # Only what the crop keeps is resampled: the same pixels, up to rounding, in less time.
        x, y = image.width / resized_w, image.height / resized_h
        return left * x, top * y, (left + self.size_px) * x, (top + self.size_px) * y

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
