"""Gradients of depthwise convolutions on the processor, by the fast kernels that oneDNN does have.

oneDNN 3.12 (torch 2.13) falls back on kernels that are 10 to 100 times slower in two cases: the
gradient of a weight that is more than 3 wide ("bad param: kw > 3"), and, in bfloat16, that of the
input where there is a stride. So a wide weight gets its gradient a few columns at a time, and a
strided input gets its in float32. What comes out is the same gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad
from torch.nn.grad import conv2d_weight
from torch.overrides import TorchFunctionMode

WIDTH = 3  # of the widest weight with a fast gradient
CHANNELS_LAST = torch.channels_last
Pair = tuple[int, int]


class FastDepthwise(TorchFunctionMode):
    """While this context is entered, depthwise convolutions get their gradients as said above."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv2d and not kwargs and len(args) == 7 and _gains(*args):
            images, weight, bias, stride, padding, *_ = args
            if torch.is_autocast_enabled("cpu"):
                half = torch.get_autocast_dtype("cpu")
                images, weight, bias = (t if t is None else t.to(half) for t in args[:3])
            return _Depthwise.apply(images, weight, bias, stride, padding)
        return func(*args, **(kwargs or {}))


def _gains(
    images: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    stride: Pair,
    padding: Pair | str,
    dilation: Pair,
    groups: int,
) -> bool:
    depthwise = groups == len(weight) == images.shape[1]
    slow = weight.shape[3] > WIDTH or max(stride) > 1
    plain = images.device.type == "cpu" and not isinstance(padding, str) and max(dilation) == 1
    return depthwise and slow and plain and torch.is_grad_enabled()


class _Depthwise(torch.autograd.Function):
    """images (n, c, h, w), weight (c, 1, rows, columns), bias (c,) or None."""

    @staticmethod
    def forward(
        ctx: Any,
        images: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        stride: Pair,
        padding: Pair,
    ) -> torch.Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        return torch.conv2d(images, weight, bias, stride, padding, 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        above = gradient.contiguous(memory_format=CHANNELS_LAST)
        wanted = ctx.needs_input_grad
        of_images = _of_images(ctx, images, weight, above) if wanted[0] else None
        of_weight = _of_weight(ctx, images, weight, above) if wanted[1] else None
        of_bias = above.sum((0, 2, 3)) if wanted[2] else None
        return of_images, of_weight, of_bias, None, None


def _of_images(
    ctx: Any, images: torch.Tensor, weight: torch.Tensor, above: torch.Tensor
) -> torch.Tensor:
    kind = torch.float32 if max(ctx.stride) > 1 else images.dtype
    shape = torch.empty_like(images, dtype=kind, memory_format=CHANNELS_LAST)  # never read
    stride, padding, groups = list(ctx.stride), list(ctx.padding), len(weight)
    found = torch.ops.aten.convolution_backward(
        *(above.to(kind), shape, weight.to(kind), None, stride, padding),
        *([1, 1], False, [0, 0], groups, [True, False, False]),
    )
    of_images: torch.Tensor = found[0].to(images.dtype)
    return of_images


def _of_weight(
    ctx: Any, images: torch.Tensor, weight: torch.Tensor, above: torch.Tensor
) -> torch.Tensor:
    groups, _, rows, columns = weight.shape
    down, across = ctx.padding
    found = []
    for first in range(0, columns, WIDTH):
        width = min(WIDTH, columns - first)
        # What these columns saw: padded, or cut off where `pad` gets less than nothing to add.
        seen = (above.shape[3] - 1) * ctx.stride[1] + width
        left = across - first
        part = pad(images, (left, seen - left - images.shape[3]))
        size = (groups, 1, rows, width)
        found.append(conv2d_weight(part, size, above, ctx.stride, (down, 0), 1, groups))
    return torch.cat(found, 3)
