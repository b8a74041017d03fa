"""One step of training, a part of the batch at a time.

The gradients of the parts add up to that of the batch, so what is learned does not depend on how
large the parts are; memory does. (From scratch, norm layers learn from the batch as well, so there
the part is the batch as long as memory allows.)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from core.errors import StudioError
from core.training.config import TrainConfig
from core.training.data import Batch
from core.training.depthwise import FastDepthwise
from core.training.precision import arithmetic, is_half

Forward = Callable[[torch.Tensor], torch.Tensor]

MEASURED = 3  # parts
CPU_PIXELS = 8 * 224 * 224  # of a part on a processor: in float32 it takes about 0.6 GB


def first_part(config: TrainConfig, size_px: int, device: torch.device) -> int:
    """Images at a time to begin with."""
    if config.weights == "scratch" or device.type != "cpu":
        return config.batch_size
    pixels = CPU_PIXELS * (2 if is_half(config.precision, device) else 1)
    return max(1, min(config.batch_size, pixels // size_px**2))


def forward_of(network: nn.Module, config: TrainConfig, frozen: bool) -> Forward:
    """Images to float32 logits. A body runs in half precision where that is faster, and without
    gradients when frozen; a linear head is never rounded.
    """
    device = next(network.parameters()).device
    context = arithmetic(config.precision, device)
    head = _plain_head(network)

    def through_all(images: torch.Tensor) -> torch.Tensor:
        with context(), FastDepthwise():
            logits: torch.Tensor = network(images)
        return logits.float()

    if head is None:
        return through_all

    def through_head(images: torch.Tensor) -> torch.Tensor:
        with torch.no_grad() if frozen else nullcontext(), context(), FastDepthwise():
            maps = network.forward_features(images)  # type: ignore[operator]
            features = network.forward_head(maps, pre_logits=True)  # type: ignore[operator]
        logits: torch.Tensor = head(features.float())
        return logits

    return through_head


def _plain_head(network: nn.Module) -> nn.Module | None:
    """The head, if it is all that comes after `forward_head`'s features."""
    known = hasattr(network, "forward_features") and hasattr(network, "forward_head")
    head = network.get_classifier() if known else None  # type: ignore[operator]
    return head if isinstance(head, nn.Linear) else None


def learn(batch: Batch, forward: Forward, optimiser: torch.optim.Optimizer, part: int) -> float:
    """One step; the mean loss of the batch.

    Args:
        part: images at a time.

    Raises:
        StudioError: the loss is not a finite number; nothing was learned from it.
        RuntimeError, MemoryError: there is not enough memory (see `is_no_memory`); nothing was
            learned, and the step can be tried again.
    """
    images, labels = batch
    device = optimiser.param_groups[0]["params"][0].device
    optimiser.zero_grad()
    total = 0.0
    for xs, ys in zip(images.split(part), labels.split(part), strict=True):
        loss = cross_entropy(forward(xs.to(device)), ys.to(device)) * (len(ys) / len(labels))
        total += loss.item()
        check_finite(total)
        loss.backward()
    optimiser.step()
    return total


def images_per_s(network: nn.Module, config: TrainConfig) -> float:
    """How many images a second the whole network learns from, where it is; nothing is learned.

    Reading and varying pictures is not counted: it is done ahead, while the network learns.
    """
    device = next(network.parameters()).device
    part = min(first_part(config, config.size_px, device), config.batch_size)
    images = torch.zeros(part, 3, config.size_px, config.size_px, device=device)
    forward = forward_of(network.eval().requires_grad_(True), config, frozen=False)
    seconds = 0.0
    for _ in range(MEASURED):  # the first one also finds its kernels
        started = time.perf_counter()
        forward(images).square().mean().backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    network.zero_grad()
    return part / seconds


def check_finite(loss: float) -> None:
    if not math.isfinite(loss):
        raise StudioError(
            "The loss grew beyond all numbers, so training was stopped.",
            "Train again with a learning rate ten times lower.",
        )
