"""Weights from a hub: safetensors only, with progress, at once an answer when there is none."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest
import torch
from safetensors.torch import save

from core.errors import StudioError
from core.models.architectures import fetch_weights, preprocessing_of, pretrained, untrained
from core.models.embedder import OnTorch
from core.models.hub import Hub, cached_weights, download, is_reachable
from core.models.listing import find, weights_of
from tests.browser import free_port
from tests.hub import a_hub

NAME = "test_vit"
REPOSITORY = find(NAME).repository


@pytest.fixture(scope="module")
def published() -> torch.nn.Module:
    torch.manual_seed(3)
    return untrained(NAME, 1000)


@pytest.fixture
def hub(published, tmp_path) -> Iterator[Hub]:
    data = save(published.state_dict())
    with a_hub({f"{REPOSITORY}/model.safetensors": data}) as address:
        yield Hub(address, tmp_path / "hub")


def test_weights_are_downloaded_once_and_put_into_the_network(hub, published):
    assert weights_of(find(NAME), hub) == "hub"
    network = pretrained(NAME, 5, hub)
    assert weights_of(find(NAME), hub) == "cached"
    theirs, ours = published.state_dict(), network.state_dict()
    assert all(torch.equal(theirs[n], t) for n, t in ours.items() if not n.startswith("head."))
    assert network.get_classifier().weight.shape[0] == 5
    assert "state_dict" not in network.pretrained_cfg
    away = Hub("http://127.0.0.1:9", hub.cache)
    assert list(fetch_weights(NAME, away)) == []
    assert torch.equal(pretrained(NAME, 0, away).pos_embed, network.pos_embed)


def test_progress_names_what_is_downloaded(hub):
    doing = [event.doing for event in fetch_weights(NAME, hub)]
    assert doing[0] == f"Asking the hub for {REPOSITORY}"
    assert f"Downloading {REPOSITORY}, MB" in doing


def test_a_download_can_be_stopped(hub):
    list(download(REPOSITORY, hub, stop_requested=lambda: True))
    assert cached_weights(REPOSITORY, hub) is None


def test_no_network_is_said_in_a_sentence_that_offers_what_is_installed(tmp_path):
    hub = Hub(f"http://127.0.0.1:{free_port()}", tmp_path)
    with pytest.raises(StudioError, match=r"cannot be reached.*weights are installed"):
        pretrained("resnet18", 3, hub)


def test_a_hub_that_never_answers_is_not_waited_for(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        hub = Hub(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
        assert not is_reachable(hub)  # or pytest's time limit ends this


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "nonsense", "http://[", ""])
def test_an_address_that_is_no_hub_does_not_answer(endpoint, tmp_path):
    assert not is_reachable(Hub(endpoint, tmp_path))


def test_a_pickle_is_never_taken(tmp_path, published):
    pickled = io.BytesIO()
    torch.save(published.state_dict(), pickled)
    files = {
        f"{REPOSITORY}/pytorch_model.bin": pickled.getvalue(),
        f"{REPOSITORY}/model.safetensors": pickled.getvalue(),
    }
    with (
        a_hub({f"{REPOSITORY}/pytorch_model.bin": pickled.getvalue()}) as address,
        pytest.raises(StudioError, match=r"gives no model\.safetensors"),
    ):
        pretrained(NAME, 3, Hub(address, tmp_path / "one"))
    with a_hub(files) as address, pytest.raises(StudioError, match="damaged"):
        pretrained(NAME, 3, Hub(address, tmp_path / "two"))


def test_an_architecture_without_pretrained_weights_offers_the_installed(tmp_path):
    with pytest.raises(StudioError, match=r"no pretrained weights.*tf_efficientnet_lite0"):
        pretrained("beit3_giant_patch14_224", 3, Hub("http://127.0.0.1:9", tmp_path))


def test_downloaded_weights_give_features(hub, published):
    network = pretrained(NAME, 2, hub).eval()
    embed = OnTorch(network, preprocessing_of(network), torch.device("cpu")).embed
    crops = torch.randint(0, 255, (2, 160, 160, 3), dtype=torch.uint8).numpy()
    assert embed(crops).shape == (2, 2, published.num_features)
