"""What one place sees is what kernels and strides say."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.interpretation.network_of_run import OpenedNetwork
from core.interpretation.receptive_field import field_px, patch_box
from core.models.preprocessing import Preprocessing

SIDE = 64


@pytest.mark.parametrize("layers", [[(3, 1)], [(3, 2), (3, 1)], [(3, 2), (3, 2), (3, 1)]])
def test_the_field_follows_from_kernels_and_strides(layers: list[tuple[int, int]]) -> None:
    network = nn.Sequential(*[nn.Conv2d(3, 3, k, s, k // 2, bias=False) for k, s in layers])
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    field, jump = 1, 1
    for kernel, stride in layers:
        field, jump = field + (kernel - 1) * jump, jump * stride
    preprocessing = Preprocessing(size_px=SIDE)
    opened = OpenedNetwork(network.eval(), "tiny", preprocessing, (), torch.device("cpu"))
    measured_px = field_px(opened, str(len(layers) - 1), (3, SIDE // jump, SIDE // jump))
    # a square around the middle of the place, which may lie between pixels
    assert field - 1 <= measured_px <= field + jump + 1


def test_a_patch_lies_around_its_place_and_within_the_picture() -> None:
    assert patch_box((4, 4), (1, 8, 8), 10, 80) == (40, 40)
    assert patch_box((0, 7), (1, 8, 8), 30, 80) == (0, 50)
    assert patch_box((3, 3), (1, 7, 7), 70, 70) == (0, 0)
