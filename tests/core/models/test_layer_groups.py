"""Layer groups: every parameter once, by depth, the head last."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.models.architectures import untrained
from core.models.layer_groups import discriminative_rates, layer_groups

FAMILIES = (
    "tf_efficientnet_lite0",
    "resnet18",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "efficientnet_lite0",
    "mobilenetv3_small_050",
    "regnetx_002",
)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_every_parameter_is_in_one_group_and_the_head_is_last(architecture):
    network = untrained(architecture, 3)
    groups = layer_groups(network)
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    classifier = {id(parameter) for parameter in network.get_classifier().parameters()}
    assert {id(network.get_parameter(name)) for name in groups[-1]} == classifier
    assert len(groups) >= 4
    assert all(groups)


def test_groups_go_from_the_first_layers_to_the_last():
    groups = layer_groups(untrained("resnet18", 3))
    assert "conv1.weight" in groups[0]
    depth = {name.split(".")[0]: k for k, group in enumerate(groups) for name in group}
    layers = [depth[name] for name in ("conv1", "layer1", "layer2", "layer3", "layer4", "fc")]
    assert layers == sorted(set(layers))


def test_rates_are_evenly_spaced_in_the_logarithm():
    assert discriminative_rates(3, 1e-2, 100) == pytest.approx([1e-4, 1e-3, 1e-2])
    rates = discriminative_rates(9, 2e-3, 100)
    ratios = [b / a for a, b in pairwise(rates)]
    assert (rates[0], rates[-1]) == pytest.approx((2e-5, 2e-3))
    assert ratios == pytest.approx([ratios[0]] * 8)
    assert discriminative_rates(1, 1e-3, 100) == [1e-3]
