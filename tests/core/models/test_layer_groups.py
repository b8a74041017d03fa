"""Layer groups: every parameter once, by depth, the head last."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from core.models.architectures import untrained
from core.models.heads import head_modules
from core.models.layer_groups import discriminative_rates, layer_groups

FAMILIES = (
    "tf_efficientnet_lite0",
    "resnet18",
    "convnext_atto",
    "levit_128s",
    "vit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224",
    "mobilenetv3_small_050",
    "regnetx_002",
    "densenet121",
    "mixer_s32_224",
    "deit_tiny_distilled_patch16_224",
    "mobilevit_xxs",
    "edgenext_xx_small",
    "poolformer_s12",
    "repvgg_a0",
    "ghostnet_050",
    "hrnet_w18_small",
    "resmlp_12_224",
    "maxvit_tiny_tf_224",
    "xcit_nano_12_p16_224",
    "cait_xxs24_224",
    "dla46x_c",
    "pit_ti_224",
    "rdnet_tiny",
    "crossvit_tiny_240",
    "repvit_m0_9",
)


def bare(architecture: str) -> torch.nn.Module:
    """The network without memory for its weights."""
    with torch.device("meta"):
        return untrained(architecture, 3)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_every_parameter_is_in_one_group_and_the_head_is_last(architecture):
    network = bare(architecture)
    groups = layer_groups(network)
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    classifier = {id(p) for part in head_modules(network) for p in part.parameters()}
    assert {id(network.get_parameter(name)) for name in groups[-1]} == classifier
    assert len(groups) >= 4
    assert all(groups)


@pytest.mark.parametrize(
    ("architecture", "parts"),
    [
        ("resnet18", ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"]),
        ("vit_tiny_patch16_224", ["patch_embed", "blocks.0.", "blocks.5.", "blocks.11.", "head."]),
        ("poolformer_s12", ["stem", "stages.0.", "stages.3.", "head."]),
        ("pit_ti_224", ["pos_embed", "transformers.0.", "transformers.2.", "norm", "head."]),
    ],
)
def test_groups_go_from_the_first_layers_to_the_last(architecture, parts):
    groups = layer_groups(bare(architecture))
    first = [next(k for k, g in enumerate(groups) if g and _holds(g, part)) for part in parts]
    assert first == sorted(set(first))


def _holds(group: list[str], part: str) -> bool:
    return any(name.startswith(part) for name in group)


def test_rates_are_evenly_spaced_in_the_logarithm():
    assert discriminative_rates(3, 1e-2, 100) == pytest.approx([1e-4, 1e-3, 1e-2])
    rates = discriminative_rates(9, 2e-3, 100)
    ratios = [b / a for a, b in pairwise(rates)]
    assert (rates[0], rates[-1]) == pytest.approx((2e-5, 2e-3))
    assert ratios == pytest.approx([ratios[0]] * 8)
    assert discriminative_rates(1, 1e-3, 100) == [1e-3]
