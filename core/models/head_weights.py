"""The head of a run's network, read without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from core.errors import StudioError

FILE, WEIGHT, BIAS = "model.safetensors", "classifier.weight", "classifier.bias"


def read_head(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Weights (classes, features) and bias (classes,) of a run, from its folder.

    Raises:
        StudioError: they are gone, damaged, or this network has no linear head of that name.
    """
    try:
        with safe_open(folder / FILE, framework="np") as tensors:
            return tensors.get_tensor(WEIGHT), tensors.get_tensor(BIAS)
    except (OSError, SafetensorError) as error:
        raise StudioError(
            "The weights of this model are missing or damaged.", "Train the quick model again."
        ) from error
