"""Bytes of pictures in, features of both views out, and maps that the features are the means of."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from core.models.preprocessing import Preprocessing

VIEWS = 2  # the picture and its mirror image
TOLERANCE = 1e-3  # of the largest feature; what remains is rounding
ToMaps = Callable[[torch.Tensor], torch.Tensor]


class Views(nn.Module):
    """A network without its head, as a function of bytes.

    Answers (features,) or (features, maps): float32 (n, 2, features), and (n, features, rows,
    columns) of the pictures as they are. There are maps where features are exactly their means,
    as in most convolutional networks; where a norm or an attention comes between, there are none.

    Args:
        body: what `without_head` returned, in evaluation mode.
        example_nchw: float32 (n, 3, size, size) to find that out with.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, body: nn.Module, preprocessing: Preprocessing, example_nchw: torch.Tensor
    ) -> None:
        super().__init__()
        self.body = body
        shape = (1, 3, 1, 1)
        for name in ("mean", "std"):
            scaled = torch.tensor(getattr(preprocessing, name)).view(shape) * 255
            self.register_buffer(name, scaled, persistent=False)
        self._to_maps = to_maps(body, example_nchw)

    @property
    def has_maps(self) -> bool:
        return self._to_maps is not None

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = (images.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w)
        views = torch.cat([x, x.flip(3)])  # (2n, 3, h, w)
        if self._to_maps is None:
            return (_side_by_side(self.body(views)),)
        raw = self.body.forward_features(views)  # type: ignore[operator]
        features = self.body.forward_head(raw)  # type: ignore[operator]
        maps = self._to_maps(raw).unflatten(0, (VIEWS, -1))[0]  # (n, features, rows, columns)
        return _side_by_side(features), maps


def _side_by_side(features: torch.Tensor) -> torch.Tensor:
    return features.unflatten(0, (VIEWS, -1)).transpose(0, 1)  # (n, 2, features)


def _channels_first(raw: torch.Tensor) -> torch.Tensor:
    return raw


def _channels_last(raw: torch.Tensor) -> torch.Tensor:
    return raw.permute(0, 3, 1, 2)


def _tokens(raw: torch.Tensor) -> torch.Tensor:
    side = math.isqrt(raw.shape[1])
    return raw.transpose(1, 2).unflatten(2, (side, side))


def to_maps(body: nn.Module, example_nchw: torch.Tensor) -> ToMaps | None:
    """How the last layer's output becomes maps whose means are the features; None if it cannot."""
    if not hasattr(body, "forward_features") or not hasattr(body, "forward_head"):
        return None
    with torch.no_grad():
        features = body(example_nchw)
        raw = body.forward_features(example_nchw)  # type: ignore[operator]
    if not isinstance(raw, torch.Tensor):
        return None
    for way in (_channels_first, _channels_last) if raw.ndim == 4 else (_tokens,):
        if _fits(raw, way) and _are_means(way(raw), features):
            return way
    return None


def _fits(raw: torch.Tensor, way: ToMaps) -> bool:
    if way is _tokens:
        return raw.ndim == 3 and math.isqrt(raw.shape[1]) ** 2 == raw.shape[1]
    return raw.ndim == 4


def _are_means(maps: torch.Tensor, features: torch.Tensor) -> bool:
    if maps.shape[:2] != features.shape or maps[0, 0].numel() < 2:
        return False
    apart = (maps.mean((2, 3)) - features).abs().max()
    return bool(apart <= TOLERANCE * features.abs().max())
