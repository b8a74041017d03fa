"""Which networks have maps, and that they are what the features are the means of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.models.architectures import preprocessing_of, untrained
from core.models.embedder import OnTorch, compiled


def a_network(architecture: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return untrained(architecture, 2).eval()


@pytest.mark.parametrize(
    ("architecture", "rows"),
    [
        ("test_resnet", 5),  # channels first
        pytest.param("swin_tiny_patch4_window7_224", 7, marks=pytest.mark.slow),  # channels last
        pytest.param("resmlp_12_224", 14, marks=pytest.mark.slow),  # tokens
        ("test_vit", None),  # a class token and a norm
        ("test_convnext", None),  # a norm after the mean
        ("mobilenetv3_small_050", None),  # a layer after the mean
        pytest.param("deit_tiny_distilled_patch16_224", None, marks=pytest.mark.slow),  # two heads
    ],
)
def test_maps_are_there_where_features_are_their_means(architecture, rows):
    network = a_network(architecture)
    preprocessing = preprocessing_of(network)
    side = preprocessing.size_px
    views = OnTorch(network, preprocessing, torch.device("cpu"))._views
    images = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8)
    with torch.no_grad():
        features, *maps = views(images)
    assert features.shape[:2] == (2, 2)
    assert views.has_maps == (rows is not None) == bool(maps)
    if maps:
        assert maps[0].shape[2] == rows
        np.testing.assert_allclose(maps[0].mean((2, 3)), features[:, 0], atol=1e-3)


@pytest.mark.slow
def test_a_transformer_is_compiled_and_says_that_it_has_no_heat_maps(tmp_path):
    network = a_network("test_vit")
    preprocessing = preprocessing_of(network)
    backbone = compiled(network, preprocessing, tmp_path / "vit.onnx")
    crops = np.random.default_rng(0).integers(0, 256, (5, 160, 160, 3), dtype=np.uint8)
    expected = OnTorch(a_network("test_vit"), preprocessing, torch.device("cpu")).embed(crops)
    np.testing.assert_allclose(backbone.embed(crops), expected, atol=1e-3)
    with pytest.raises(StudioError, match="no heat maps"):
        backbone.maps(crops)


def test_what_cannot_be_compiled_is_remembered(tmp_path, monkeypatch):
    tries = []

    def refuse(*args: object, **options: object) -> None:
        tries.append(args)
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    network = a_network("test_resnet")
    for _ in range(2):
        preprocessing = preprocessing_of(network)
        assert compiled(network, preprocessing, tmp_path / "net.onnx") is None
    assert len(tries) == 1
    (note,) = tmp_path.iterdir()
    assert "no such operator" in note.read_text()
