"""Networks by name, and whether their weights are ImageNet's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from core.dataset.sample import find_in_sample
from core.errors import StudioError
from core.images.working_copy import open_copy, working_copy
from core.models.architectures import EMBEDDED, preprocessing_of, pretrained, untrained
from core.training.config import ARCHITECTURES

ORANGE, GRANNY_SMITH = 950, 948  # classes of ImageNet


@pytest.fixture(scope="module")
def backbone() -> torch.nn.Module:
    return pretrained("tf_efficientnet_lite0", 0).eval()


def imagenet_head() -> tuple[torch.Tensor, torch.Tensor]:
    """The last layer as the package has it: (1000, 1280) and (1000,)."""
    spec = importlib.util.find_spec(EMBEDDED["tf_efficientnet_lite0"])
    (file,) = Path(spec.submodule_search_locations[0]).rglob("*.pth")
    weights = torch.load(file, weights_only=True)
    return weights["_fc.weight"], weights["_fc.bias"]


@pytest.mark.parametrize(("label", "number"), [("Orange", ORANGE), ("Granny-Smith", GRANNY_SMITH)])
def test_the_weights_know_real_photos(label, number, backbone, settings):
    photos = [item for item in find_in_sample()[0] if item.label == label][:10]
    preprocessing = preprocessing_of(backbone)
    crops = [preprocessing.crop(open_copy(working_copy(p.read(), settings))) for p in photos]
    weight_cf, bias_c = imagenet_head()
    with torch.no_grad():
        features = backbone(torch.from_numpy(preprocessing.normalise(np.stack(crops))))
        top_5 = (features @ weight_cf.T + bias_c).topk(5).indices
    assert (top_5 == number).any(1).sum() >= 8


@pytest.mark.parametrize("architecture", EMBEDDED)
def test_every_embedded_network_has_trained_weights(architecture):
    loaded, random = pretrained(architecture, 3), untrained(architecture, 3)
    for name, tensor in loaded.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            assert not torch.equal(tensor, random.state_dict()[name]), name
            assert tensor.isfinite().all()
        if name.endswith("running_var"):
            assert (tensor >= 0).all()
    assert loaded.get_classifier().weight.shape[0] == 3


def test_loading_is_deterministic_below_the_head(backbone):
    again = pretrained("tf_efficientnet_lite0", 0).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in backbone.state_dict().items())


def test_the_choices_of_a_run_are_the_embedded_networks():
    assert tuple(EMBEDDED) == ARCHITECTURES


def test_the_size_can_be_chosen(backbone):
    assert preprocessing_of(backbone).size_px == 224
    assert preprocessing_of(backbone, 64).size_px == 64
    assert preprocessing_of(backbone).mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    "name", ["resnet1001", "", "resnet18.nonsense", "hf-hub:a/b", "../x", "a b"]
)
def test_an_unknown_architecture_is_said_in_a_sentence(name):
    with pytest.raises(StudioError, match="no architecture"):
        untrained(name, 3)


def test_a_size_that_a_network_cannot_see_is_said_in_a_sentence():
    fixed = untrained("test_vit", 3)
    assert preprocessing_of(fixed, 160).size_px == 160
    with pytest.raises(StudioError, match=r"cannot see pictures of 96 px.*160 px"):
        preprocessing_of(fixed, 96)
    picky = untrained("coatnet_pico_rw_224", 3)  # not said to be fixed; its windows are
    with pytest.raises(StudioError, match="cannot see pictures of 100 px"):
        preprocessing_of(picky, 100)


def test_a_convolutional_network_sees_any_size():
    network = untrained("test_resnet", 3).train()
    assert preprocessing_of(network, 96).size_px == 96
    assert network.training
