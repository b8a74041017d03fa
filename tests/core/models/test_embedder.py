"""The compiled backbone answers as torch does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.architectures import pretrained
from core.models.backbone import graph_file
from core.models.embedder import Embedder
from tests.builders import pattern

ARCHITECTURE = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def embedder(shared_home):
    return Embedder(ARCHITECTURE, shared_home / ".cache")


@pytest.fixture(scope="module")
def crops_nhwc(embedder):
    return np.stack([embedder.preprocessing.crop(pattern((320, 400), seed)) for seed in range(3)])


def test_features_are_torchs_for_the_picture_and_its_mirror_image(embedder, crops_nhwc):
    backbone = pretrained(ARCHITECTURE, 0).eval()
    images = torch.from_numpy(embedder.preprocessing.normalise(crops_nhwc))
    with torch.no_grad():
        expected = torch.stack([backbone(images), backbone(images.flip(3))], 1).numpy()
    features = embedder.embed(crops_nhwc)
    assert (features.shape, features.dtype) == ((3, 2, 1280), np.float32)
    np.testing.assert_allclose(features, expected, atol=1e-4)
    assert np.abs(features[:, 0] - features[:, 1]).max() > 0.01


def test_a_batch_may_have_any_length(embedder, crops_nhwc):
    together = embedder.embed(crops_nhwc)
    alone = np.concatenate([embedder.embed(crop[None]) for crop in crops_nhwc])
    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_the_graph_is_compiled_once(embedder, shared_home):
    (file,) = (shared_home / ".cache" / "backbones").glob(f"{embedder.key}-graph*.onnx")
    before = file.stat().st_mtime_ns
    again = Embedder(ARCHITECTURE, shared_home / ".cache")
    assert again.key == embedder.key
    assert file.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_damaged_graph_is_compiled_again(embedder, crops_nhwc, tmp_path):
    file = graph_file(tmp_path, embedder.key)
    file.parent.mkdir()
    file.write_bytes(b"half a graph")
    again = Embedder(ARCHITECTURE, tmp_path)
    np.testing.assert_allclose(again.embed(crops_nhwc), embedder.embed(crops_nhwc), atol=1e-6)
