"""Heads of networks that end in different ways."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.models.architectures import untrained
from core.models.heads import last_linears, with_head, without_head

# One layer; a 1 x 1 convolution; a norm before it; two layers that answer for the mean.
ENDINGS = ("test_vit", "test_resnet", "dla46x_c", "levit_128s", "deit_tiny_distilled_patch16_224")


def a_network(architecture: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return untrained(architecture, 3).eval()


def noise(network: torch.nn.Module) -> torch.Tensor:
    side = network.pretrained_cfg["input_size"][-1]
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("architecture", ENDINGS)
def test_a_head_fitted_to_the_features_answers_the_same_inside_the_network(architecture):
    images = noise(a_network(architecture))
    with torch.no_grad():
        features = without_head(a_network(architecture), images)(images).numpy()
    rng = np.random.default_rng(2)
    head = SimpleNamespace(
        weight_cf=rng.normal(0, 1, (3, features.shape[1])).astype(np.float32),
        bias_c=rng.normal(0, 1, 3).astype(np.float32),
    )
    expected = features @ head.weight_cf.T + head.bias_c
    with torch.no_grad():
        logits = with_head(a_network(architecture), head)(images).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3)


def test_a_network_that_is_not_linear_in_the_end_is_said_so():
    class Squared(torch.nn.Module):
        num_classes = 3

        def __init__(self) -> None:
            super().__init__()
            self.fc = torch.nn.Linear(4, 3)

        def get_classifier(self) -> torch.nn.Module:
            return self.fc

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(x) ** 2

    with pytest.raises(StudioError, match="does not end in a linear layer"):
        without_head(Squared(), torch.randn(2, 4))


def test_a_network_without_a_head_is_said_so():
    assert last_linears(torch.nn.Linear(4, 3)) == {}
    with pytest.raises(StudioError, match="does not end in a linear layer"):
        without_head(torch.nn.Linear(4, 3), torch.randn(2, 4))


def test_a_head_of_another_width_is_refused():
    head = SimpleNamespace(weight_cf=np.zeros((3, 5), np.float32), bias_c=np.zeros(3, np.float32))
    with pytest.raises(StudioError, match="does not end in a linear layer"):
        with_head(a_network("test_resnet"), head)
