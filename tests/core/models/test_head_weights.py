"""The head of a run is found whatever its network calls it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.models.architectures import untrained
from core.models.head_weights import FILE, read_head
from core.models.heads import last_linears, with_head
from core.models.weights import save_tensors, save_weights


@pytest.mark.parametrize(
    "architecture", ["test_efficientnet", "test_vit", "dla46x_c", "deit_tiny_distilled_patch16_224"]
)
def test_the_head_that_was_put_in_is_read_back(architecture, tmp_path):
    network = untrained(architecture, 3)
    width = sum(layer.weight[0].numel() for layer in last_linears(network).values())
    rng = np.random.default_rng(0)
    head = SimpleNamespace(
        weight_cf=rng.normal(0, 1, (3, width)).astype(np.float32),
        bias_c=rng.normal(0, 1, 3).astype(np.float32),
    )
    save_weights(with_head(network, head), tmp_path)
    weight_cf, bias_c = read_head(tmp_path)
    np.testing.assert_allclose(weight_cf, head.weight_cf, rtol=1e-6)
    np.testing.assert_allclose(bias_c, head.bias_c, rtol=1e-6)


def test_a_file_of_an_earlier_version_has_a_classifier(tmp_path):
    tensors = {"classifier.weight": torch.ones(2, 4), "classifier.bias": torch.zeros(2)}
    save_tensors(tensors, tmp_path / FILE, {})
    assert read_head(tmp_path)[0].shape == (2, 4)


def test_a_network_without_a_linear_head_is_said_so(tmp_path):
    save_weights(torch.nn.Conv2d(3, 4, 3), tmp_path)
    with pytest.raises(StudioError, match="does not end in a linear layer"):
        read_head(tmp_path)


def test_weights_that_are_gone_are_said_in_a_sentence(tmp_path):
    with pytest.raises(StudioError, match="missing or damaged"):
        read_head(tmp_path)
