"""Which part of the input one place of a layer sees.

Measured by gradients rather than computed from kernels and strides, so that it holds for any
architecture; where the far rim hardly counts, it is left out (the effective receptive field of
Luo et al. 2016, arXiv 1701.04128).
"""

from __future__ import annotations

import numpy as np
import torch

from core.interpretation.network_of_run import OpenedNetwork
from core.interpretation.spatial_maps import as_maps, watch_layers

SHARE = 0.99
"""Of the gradient that the part holds."""
TRIES = 4


def field_px(opened: OpenedNetwork, path: str, shape: tuple[int, ...]) -> int:
    """Side in px of the square around a place that holds 99 % of what counts for its answers; at
    most the side of the input.

    Args:
        shape: (channels, rows, columns) of the layer's maps.
    """
    slope_hw = _slope(opened, path, (shape[1] // 2, shape[2] // 2))
    total = float(slope_hw.sum())
    side = len(slope_hw)
    middle = (shape[1] // 2 + 0.5) * side / shape[1]
    for reach in range(1, side):
        low, high = max(0, round(middle - reach)), round(middle + reach)
        if float(slope_hw[low:high, low:high].sum()) >= SHARE * total:
            return min(2 * reach, side)
    return side


def patch_box(
    position: tuple[int, int], shape: tuple[int, ...], patch_px: int, side_px: int
) -> tuple[int, int]:
    """Top and left of the patch around a place (row, column), moved to lie within the input."""
    corner = [
        round((k + 0.5) * side_px / count - patch_px / 2)
        for k, count in zip(position, shape[1:], strict=True)
    ]
    top, left = (min(max(0, start), side_px - patch_px) for start in corner)
    return top, left


def _slope(opened: OpenedNetwork, path: str, position: tuple[int, int]) -> np.ndarray:
    """How much each pixel counts for all channels at a place of a layer, float (side, side)."""
    side = opened.preprocessing.size_px
    noise = np.random.default_rng(0).integers(0, 256, (TRIES, side, side, 3), dtype=np.uint8)
    x_nchw = opened.input_of(noise).requires_grad_()
    answers: list[torch.Tensor] = []

    def collect(_: str, answer: torch.Tensor) -> None:
        maps = as_maps(opened.network, answer, TRIES)
        if maps is not None:
            answers.append(maps[:, :, position[0], position[1]])

    with torch.enable_grad(), watch_layers(opened.network, collect, [path]):
        opened.network(x_nchw)
    signs = torch.from_numpy(np.random.default_rng(1).choice([-1.0, 1.0], answers[0].shape[1]))
    score = (answers[0] * signs.to(answers[0])).sum()
    (slope_nchw,) = torch.autograd.grad(score, x_nchw)
    slope_hw: np.ndarray = slope_nchw.abs().sum((0, 1)).cpu().numpy()
    return slope_hw
