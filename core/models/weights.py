"""The weights of a run on disk: safetensors, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import StudioError
from core.files import save_atomically
from core.models.architectures import untrained

FILE = "model.safetensors"


def save_weights(network: nn.Module, folder: Path) -> None:
    """Write every parameter and buffer to `folder`.

    Raises:
        WorkspaceError: the disk is full or not writable; weights saved before are intact.
    """
    tensors = {name: t.detach().contiguous() for name, t in network.state_dict().items()}
    save_atomically(folder / FILE, lambda path: save_file(tensors, path))


def load_weights(architecture: str, num_classes: int, folder: Path) -> nn.Module:
    """The network whose weights are in `folder`.

    Raises:
        StudioError: they are gone, damaged, or of another network.
    """
    network = untrained(architecture, num_classes)
    try:
        network.load_state_dict(load_file(folder / FILE))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise StudioError(
            "The weights of this model are missing or damaged.",
            "Train it again: the dataset and its labels are intact.",
        ) from error
    return network
