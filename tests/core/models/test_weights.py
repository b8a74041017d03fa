"""The weights of a run on disk."""

from __future__ import annotations

import pytest
import torch

from core.errors import StudioError
from core.models.architectures import untrained
from core.models.weights import FILE, load_weights, save_weights

SMALL = "mobilenetv3_small_050"


def test_a_network_comes_back_with_every_tensor(tmp_path):
    network = untrained(SMALL, 3).to(memory_format=torch.channels_last)
    save_weights(network, tmp_path / "run")
    again = load_weights(SMALL, 3, tmp_path / "run").state_dict()
    saved = network.state_dict()
    assert list(again) == list(saved)
    assert all(torch.equal(tensor, again[name]) for name, tensor in saved.items())


def test_missing_weights_are_said_in_a_sentence(tmp_path):
    with pytest.raises(StudioError, match="missing or damaged"):
        load_weights(SMALL, 3, tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 5000])
def test_damaged_weights_are_said_in_a_sentence(keep, tmp_path):
    save_weights(untrained(SMALL, 3), tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:keep])
    with pytest.raises(StudioError, match="missing or damaged"):
        load_weights(SMALL, 3, tmp_path)


@pytest.mark.parametrize(("architecture", "classes"), [(SMALL, 4), ("resnet18", 3)])
def test_weights_of_another_network_are_said_in_a_sentence(architecture, classes, tmp_path):
    save_weights(untrained(SMALL, 3), tmp_path)
    with pytest.raises(StudioError, match="missing or damaged"):
        load_weights(architecture, classes, tmp_path)
