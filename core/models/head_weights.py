"""The head of a run's network, read without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from core.errors import StudioError

FILE = "model.safetensors"
FACTS = "toploss"
"""The entry of the file's header that holds facts as JSON."""
HEADS = "heads"
"""The fact that names the last linear layers."""
UNNAMED = ("classifier",)  # files of earlier versions: they only had EfficientNets


def read_head(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Weights (classes, features) and bias (classes,) of a run, from its folder.

    Raises:
        StudioError: they are gone, damaged, or this network has no linear head.
    """
    try:
        with safe_open(folder / FILE, framework="np") as tensors:
            return _merged(tensors, _layers(tensors.metadata() or {}))
    except (OSError, SafetensorError, ValueError) as error:
        raise StudioError(
            "The weights of this model are missing or damaged.", "Train the quick model again."
        ) from error


def _layers(header: dict[str, str]) -> list[str]:
    facts = json.loads(header.get(FACTS, "{}"))
    return list(facts.get(HEADS, UNNAMED))


def _merged(tensors: Any, layers: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Several layers answer with their mean."""
    if not layers:
        raise StudioError(
            "This network does not end in a linear layer.", "Choose another architecture."
        )
    weights = [tensors.get_tensor(f"{name}.weight") for name in layers]
    biases = [tensors.get_tensor(f"{name}.bias") for name in layers]
    flat = [weight.reshape(len(weight), -1) / len(layers) for weight in weights]
    return np.concatenate(flat, axis=1), np.mean(biases, axis=0)
