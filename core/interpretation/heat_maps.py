"""Where a network looks for a class: Grad-CAM, and occlusion as a check that needs no gradients.

Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391): the last spatial maps, each weighted by the mean
slope of the class's logit, summed, what is below 0 cut off. Occlusion (Zeiler and Fergus 2013,
arXiv 1311.2901): by how much the class's probability falls while a part of the picture is grey.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate

from core.interpretation.network_of_run import OpenedNetwork
from core.interpretation.spatial_maps import as_maps, watch_layers

PLACES = 7
"""Rows, and columns, of places that are covered."""
PATCH = 2.0
"""Side of the grey patch, in distances between places."""
BATCH = 16
LEAST_DROP = 0.02  # a smaller fall of the probability is drawn as the little that it is


def grad_cam(network: nn.Module, x_1chw: torch.Tensor, labels: Sequence[int]) -> np.ndarray | None:
    """Float (labels, rows, columns), 0..1, the hottest place of each at 1 unless nothing speaks
    for the class; None when the architecture has no spatial maps at its end.
    """
    shape = _last_shape(network, x_1chw)
    if shape is None:
        return None
    outputs: list[torch.Tensor] = []

    def collect(path: str, answer: torch.Tensor) -> None:
        if answer.shape == shape and answer.requires_grad:
            outputs.append(answer)

    with torch.enable_grad(), watch_layers(network, collect):
        logits = network(x_1chw.clone().requires_grad_())
        heats = [_heat(network, logits[0, label], outputs) for label in labels]
    heat_maps = [heat for heat in heats if heat is not None]
    return np.stack(heat_maps) if len(heat_maps) == len(heats) > 0 else None


def _last_shape(network: nn.Module, x_1chw: torch.Tensor) -> torch.Size | None:
    """Of what the body hands to the head, if these are maps."""
    if not hasattr(network, "forward_features"):
        return None
    with torch.no_grad():
        raw = network.forward_features(x_1chw)  # type: ignore[operator]
    if not isinstance(raw, torch.Tensor):
        return None
    maps = as_maps(network, raw, 1)
    return raw.shape if maps is not None and maps.shape[2] > 1 else None


def _heat(
    network: nn.Module, score: torch.Tensor, outputs: list[torch.Tensor]
) -> np.ndarray | None:
    """From the last maps that the score depends on: after its last attention, a transformer that
    answers from its class token has none.
    """
    slopes = torch.autograd.grad(score, outputs, retain_graph=True, allow_unused=True)
    for answer, slope in zip(reversed(outputs), reversed(slopes), strict=True):
        maps, slope_maps = (None if t is None else as_maps(network, t, 1) for t in (answer, slope))
        if maps is not None and slope_maps is not None and bool(slope_maps.any()):
            weights = slope_maps.mean((2, 3), keepdim=True)
            heat_hw = (weights * maps).sum(1)[0].clamp(min=0).detach().cpu().numpy()
            return heat_hw / max(float(heat_hw.max()), 1e-12)
    return None


def occlusion(opened: OpenedNetwork, crop_hwc_u8: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities float (classes,) of a crop, and by how much each falls when a place is covered,
    float (classes, PLACES, PLACES), -1..1.
    """
    covered = np.stack([crop_hwc_u8, *_covered(opened, crop_hwc_u8)])
    with torch.no_grad():
        parts = [
            opened.network(opened.input_of(covered[k : k + BATCH])).softmax(1)
            for k in range(0, len(covered), BATCH)
        ]
    probs_nc = torch.cat(parts).cpu().numpy()
    falls_nc = probs_nc[0] - probs_nc[1:]
    return probs_nc[0], falls_nc.T.reshape(-1, PLACES, PLACES)


def _covered(opened: OpenedNetwork, crop_hwc_u8: np.ndarray) -> list[np.ndarray]:
    """Copies of the crop, row by row of places, each with a grey patch around one place."""
    side = len(crop_hwc_u8)
    grey = np.array([round(255 * m) for m in opened.preprocessing.mean], np.uint8)
    step = side / PLACES
    copies = []
    for position in np.ndindex(PLACES, PLACES):
        copy = crop_hwc_u8.copy()
        low = [max(0, round((k + 0.5 - PATCH / 2) * step)) for k in position]
        high = [round((k + 0.5 + PATCH / 2) * step) for k in position]
        copy[low[0] : high[0], low[1] : high[1]] = grey
        copies.append(copy)
    return copies


def heat_of_falls(falls_hw: np.ndarray) -> np.ndarray:
    """Falls of a probability as heat, 0..1."""
    return np.maximum(falls_hw, 0) / max(float(falls_hw.max()), LEAST_DROP)


def agreement(heat_hw: np.ndarray, falls_hw: np.ndarray) -> float | None:
    """Correlation of Grad-CAM with occlusion over the places, -1..1; None when one is even."""
    tensor = torch.from_numpy(np.ascontiguousarray(heat_hw, np.float32))[None, None]
    resized = interpolate(tensor, falls_hw.shape, mode="bilinear", align_corners=False)
    pair = np.stack([resized.numpy().ravel(), np.maximum(falls_hw, 0).ravel()])
    return float(np.corrcoef(pair)[0, 1]) if (pair.std(1) > 1e-9).all() else None
