"""Heat maps light the side that has the object, for nets of several families."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.interpretation.heat_maps import PLACES, agreement, grad_cam, heat_of_falls, occlusion
from core.interpretation.network_of_run import OpenedNetwork
from core.models.architectures import preprocessing_of, untrained
from core.models.guarded_timm import timm
from core.models.heads import last_linears
from core.models.preprocessing import Preprocessing
from core.review.closer import class_activation

SIDE = 64
RED, BLUE = (250, 40, 40), (40, 40, 250)


def opened(network: nn.Module, size_px: int = SIDE) -> OpenedNetwork:
    preprocessing = Preprocessing(size_px=size_px, crop_share=1.0)
    classes = ("red", "blue")
    return OpenedNetwork(network.eval(), "tiny", preprocessing, classes, torch.device("cpu"))


def red_left(size_px: int = SIDE) -> np.ndarray:
    picture = np.full((size_px, size_px, 3), 128, np.uint8)
    picture[size_px // 4 : -size_px // 4, size_px // 8 : 3 * size_px // 8] = RED
    picture[size_px // 4 : -size_px // 4, -3 * size_px // 8 : -size_px // 8] = BLUE
    return picture


def share_on_the_left(heat_hw: np.ndarray) -> float:
    columns = heat_hw.shape[1]
    weights = np.clip(columns / 2 - np.arange(columns), 0, 1)  # a middle column is half left
    return float((heat_hw * weights).sum() / heat_hw.sum())


def a_transformer(class_token: bool) -> nn.Module:
    """Tokens say how red and how blue their patch is; the head reads that. With a class token, its
    attention is even, and what it sees is all it knows.
    """
    pool = "token" if class_token else "avg"
    network = timm.models.VisionTransformer(
        img_size=SIDE, patch_size=8, embed_dim=8, depth=1, num_heads=1, num_classes=2,
        class_token=class_token, global_pool=pool, qkv_bias=False,
    )  # fmt: skip
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for norm in (m for m in network.modules() if isinstance(m, nn.LayerNorm)):
            norm.weight.fill_(1.0)
        patches = network.patch_embed.proj.weight  # (8, 3, 8, 8)
        patches[0, 0], patches[0, 2] = 1 / 64, -1 / 64  # red, not blue
        patches[1] = -patches[0]
        network.head.weight[0, 0] = network.head.weight[1, 1] = 20.0
        if class_token:
            attention = network.blocks[0].attn
            attention.qkv.weight[16:].copy_(torch.eye(8))  # even attention to the values
            attention.proj.weight.copy_(torch.eye(8))
    return network


@pytest.mark.parametrize("class_token", [False, True])
@pytest.mark.parametrize(("label", "left"), [(0, True), (1, False)])
def test_a_transformer_of_known_weights_lights_the_side_of_the_class(
    class_token: bool, label: int, left: bool
) -> None:
    net, crop = opened(a_transformer(class_token)), red_left()
    heat = grad_cam(net.network, net.input_of(crop[None]), [label])
    assert heat is not None and heat.shape == (1, 8, 8)
    _, falls = occlusion(net, crop)
    for heat_hw in (heat[0], heat_of_falls(falls[label])):
        share = share_on_the_left(heat_hw)
        assert (share if left else 1 - share) > 0.8
    assert agreement(heat[0], falls[label]) > 0.5


def test_grad_cam_of_averaged_maps_is_the_class_activation_map() -> None:
    """Selvaraju et al. 2017, appendix A: Grad-CAM generalises CAM."""
    torch.manual_seed(0)
    network = untrained("tf_efficientnet_lite0", 3).eval()
    x = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        maps = network.forward_features(x)[0].numpy()
    weights = network.get_classifier().weight.detach().numpy()
    heat = grad_cam(network, x, [1])
    alone = weights * np.array([[0], [1], [0]])  # the studio's CAM is against the other classes
    np.testing.assert_allclose(heat[0], class_activation(maps, 1.5 * alone, 1), atol=1e-4)


@pytest.mark.parametrize(
    "name", ["resnet18", "convnext_atto", "swin_tiny_patch4_window7_224", "levit_128s",
             "deit_tiny_patch16_224", "mixer_s32_224"],
)  # fmt: skip
@pytest.mark.slow
def test_every_family_has_square_maps(name: str) -> None:
    torch.manual_seed(0)
    network = untrained(name, 2).eval()
    for layer in last_linears(network).values():
        nn.init.normal_(layer.weight)  # some begin with nothing
    size = preprocessing_of(network).size_px
    heat = grad_cam(network, torch.randn(1, 3, size, size), [0, 1])
    assert heat is not None and heat.shape[0] == 2 and heat.shape[1] == heat.shape[2] > 1
    assert heat.min() >= 0 and heat.max() <= 1


class Flat(nn.Module):
    """No maps anywhere: it reads the mean redness of the left half."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        red = (x[:, 0] - x[:, 2])[:, :, : x.shape[3] // 2].mean((1, 2))
        return torch.stack([red, -red], 1) * 20


def test_without_maps_there_is_no_grad_cam_but_occlusion() -> None:
    net, crop = opened(Flat()), red_left()
    assert grad_cam(net.network, net.input_of(crop[None]), [0]) is None
    probs, falls = occlusion(net, crop)
    assert probs.sum() == pytest.approx(1, abs=1e-5)
    assert falls.shape == (2, PLACES, PLACES)
    assert share_on_the_left(heat_of_falls(falls[0])) > 0.9


def test_the_agreement_is_the_correlation_of_the_two() -> None:
    heat = np.random.default_rng(0).random((PLACES, PLACES)).astype(np.float32)
    assert agreement(heat, heat) == pytest.approx(1)
    assert agreement(heat, heat[::-1]) == pytest.approx(
        np.corrcoef(heat.ravel(), heat[::-1].ravel())[0, 1], abs=1e-5
    )
    assert agreement(np.zeros_like(heat), heat) is None
