"""Gradients of depthwise convolutions: those of torch, whichever kernels they come from."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.training import depthwise
from core.training.depthwise import FastDepthwise

CHANNELS = 16


def gradients(layer: nn.Conv2d, images: torch.Tensor, above: torch.Tensor) -> list[torch.Tensor]:
    images = images.clone().requires_grad_()
    layer.zero_grad()
    layer(images).backward(above)
    return [images.grad, *(p.grad for p in layer.parameters())]


@pytest.fixture
def taken(monkeypatch) -> list[bool]:
    """One entry for each convolution that was taken over."""
    found = []
    forward = depthwise._Depthwise.forward

    def counted(*args):
        found.append(True)
        return forward(*args)

    monkeypatch.setattr(depthwise._Depthwise, "forward", staticmethod(counted))
    return found


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("stride", [1, 2, (1, 2)])
@pytest.mark.parametrize(
    ("kernel", "padding"), [(5, 2), (5, 0), (7, 3), (4, 1), ((3, 5), (1, 2)), ((5, 3), (2, 1))]
)
def test_gradients_are_those_of_torch(kernel, padding, stride, bias):
    torch.manual_seed(0)
    layer = nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, groups=CHANNELS, bias=bias)
    images = torch.randn(3, CHANNELS, 13, 14).contiguous(memory_format=torch.channels_last)
    above = torch.randn_like(layer(images))
    expected = gradients(layer, images, above)
    with FastDepthwise():
        found = gradients(layer, images, above)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_in_half_precision_they_are_rounded(stride):
    torch.manual_seed(0)
    layer = nn.Conv2d(CHANNELS, CHANNELS, 5, stride, 2, groups=CHANNELS)
    images = torch.randn(3, CHANNELS, 14, 14)
    above = torch.randn_like(layer(images))
    expected = gradients(layer, images, above)
    with torch.autocast("cpu", torch.bfloat16), FastDepthwise():
        found = gradients(layer, images, above.bfloat16())
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert torch.allclose(one, other, atol=0.02 * other.abs().max().item())


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        (nn.Conv2d(8, 8, 5, padding=2, groups=8), 1),
        (nn.Conv2d(8, 8, 3, 2, padding=1, groups=8), 1),
        (nn.Conv2d(8, 8, 3, padding=1, groups=8), 0),  # fast as it is
        (nn.Conv2d(8, 16, 5, padding=2, groups=8), 0),
        (nn.Conv2d(8, 8, 5, padding=4, groups=8, dilation=2), 0),
        (nn.Conv2d(8, 8, 5, padding="same", groups=8), 0),
        (nn.Conv2d(8, 8, 5, padding=2), 0),
    ],
)
def test_other_convolutions_are_left_alone(layer, count, taken):
    images = torch.randn(2, 8, 10, 10)
    expected = layer(images)
    with FastDepthwise():
        assert torch.equal(layer(images), expected)
        with torch.no_grad():
            layer(images)
    assert len(taken) == count


def test_what_does_not_learn_gets_no_gradient():
    layer = nn.Conv2d(8, 8, 5, padding=2, groups=8).requires_grad_(False)
    images = torch.randn(2, 8, 10, 10, requires_grad=True)
    with FastDepthwise():
        layer(images).sum().backward()
    assert images.grad is not None
    assert layer.weight.grad is None and layer.bias.grad is None
