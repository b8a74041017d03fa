"""Weights on disk: safetensors, written whole or not at all, with facts in their header."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import StudioError
from core.files import save_atomically
from core.models.architectures import untrained
from core.models.head_weights import FACTS, FILE, HEADS
from core.models.heads import last_linears


def save_weights(
    network: nn.Module, folder: Path, name: str = FILE, facts: Mapping[str, Any] | None = None
) -> None:
    """Write every parameter and buffer to `folder`, with facts that are JSON.

    Raises:
        WorkspaceError: the disk is full or not writable; weights saved before are intact.
    """
    header_facts = {HEADS: list(last_linears(network)), **(facts or {})}
    save_tensors(network.state_dict(), folder / name, header_facts)


def save_tensors(tensors: Mapping[str, torch.Tensor], file: Path, facts: Mapping[str, Any]) -> None:
    """As `save_weights`, for any tensors."""
    whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    header = {FACTS: json.dumps(dict(facts))}

    def save(path: Path) -> None:
        try:
            save_file(whole, path, header)
        except SafetensorError as error:  # that is how it passes on what the system says
            os_error = re.search(r"os error (\d+)", str(error))
            if os_error is None:
                raise
            number = int(os_error[1])
            raise OSError(number, os.strerror(number)) from error

    save_atomically(file, save)


def load_tensors(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and facts of a file.

    Raises:
        StudioError: it is gone or damaged.
    """
    try:
        with safe_open(file, framework="pt") as opened:
            header = opened.metadata() or {}
            facts = json.loads(header.get(FACTS, "{}"))
        return load_file(file), facts
    except (OSError, SafetensorError, ValueError) as error:
        raise _damaged() from error


def load_weights(architecture: str, num_classes: int, folder: Path, name: str = FILE) -> nn.Module:
    """The network whose weights are in `folder`.

    Raises:
        StudioError: they are gone, damaged, or of another network.
    """
    network = untrained(architecture, num_classes)
    tensors, _ = load_tensors(folder / name)
    put_weights(network, tensors)
    return network


def put_weights(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Raises StudioError when they are of another network."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise _damaged() from error


def _damaged() -> StudioError:
    return StudioError(
        "The weights of this model are missing or damaged.",
        "Train it again: the dataset and its labels are intact.",
    )
