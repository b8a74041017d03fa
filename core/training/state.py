"""Where a run stands, on disk: what it takes to go on as if it had never stopped.

One file holds it all, so that tensors and numbers are of the same moment. The one before is kept
until the next: a damaged file costs an epoch, not the run.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import StudioError
from core.files import write_atomically
from core.models.weights import load_tensors, put_weights, save_tensors
from core.owned import remove_file, rename_file
from core.training.best_epoch import is_better
from core.training.checkpoints import Checkpoint
from core.training.loop import Position, Trainer
from core.training.training_set import Labelled, TrainingSet

STATE, BEFORE, NEXT, DATA = (
    "state.safetensors",
    "state-before.safetensors",
    "state-next.safetensors",
    "data.json",
)
NETWORK, MOMENTS, ANSWERS = "network.", "optimiser.", "best.valid"


@dataclass
class Best:
    """The best model so far, and its answers on the validation images: float32 (n, classes)."""

    checkpoint: Checkpoint | None = None
    valid_probs: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))

    def is_beaten_by(self, error_rate: float, valid_loss: float, images: int) -> bool:
        """Whether a model of that error rate and loss, on so many images, is to be kept instead."""
        old = self.checkpoint
        if old is None:
            return True
        return is_better(error_rate, valid_loss, (old.error_rate, old.valid_loss), images)


@dataclass
class Stored:
    """What a state file holds; `lost` counts newer ones that were damaged."""

    position: Position
    best: Best
    network: dict[str, torch.Tensor]
    moments: dict[int, dict[str, torch.Tensor]]
    lost: int = 0


def save_state(folder: Path, trainer: Trainer, best: Best) -> None:
    """Write the state of a trainer whose generator waits.

    Raises:
        WorkspaceError: the disk is full or not writable; the states saved before are intact.
    """
    tensors = {f"{NETWORK}{k}": t for k, t in trainer.network.state_dict().items()}
    kept = trainer.optimiser.state_dict()["state"] if trainer.optimiser else {}
    for number, values in kept.items():
        tensors |= {f"{MOMENTS}{number}.{k}": t for k, t in values.items()}
    if best.checkpoint:
        tensors[ANSWERS] = torch.from_numpy(best.valid_probs)
    facts = {
        "place": trainer.position.to_dict(),
        "best": best.checkpoint.facts() if best.checkpoint else None,
    }
    save_tensors(tensors, folder / NEXT, facts)
    if (folder / STATE).exists():
        rename_file(folder, folder / STATE, BEFORE)
    rename_file(folder, folder / NEXT, STATE)


def load_state(folder: Path) -> Stored | None:
    """The newest state that can be read; None when there is none."""
    lost = 0
    for name in (NEXT, STATE, BEFORE):  # the first is there when a worker was killed in between
        if (folder / name).exists():
            try:
                return _read(folder / name, lost)
            except (StudioError, KeyError, TypeError, ValueError):
                lost += 1
    return None


def _read(file: Path, lost: int) -> Stored:
    tensors, facts = load_tensors(file)
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(MOMENTS):
            number, _, key = name.removeprefix(MOMENTS).partition(".")
            moments.setdefault(int(number), {})[key] = tensor
    best = Best()
    if facts["best"]:
        best = Best(Checkpoint(**facts["best"]), tensors[ANSWERS].numpy())
    network = {n.removeprefix(NETWORK): t for n, t in tensors.items() if n.startswith(NETWORK)}
    return Stored(Position(**facts["place"]), best, network, moments, lost)


def restore(trainer: Trainer, stored: Stored) -> None:
    """Let a trainer go on from there.

    Raises:
        StudioError: the state is of another network.
    """
    put_weights(trainer.network, stored.network)
    trainer.position, trainer.moments = stored.position, stored.moments


def forget_state(folder: Path) -> None:
    """A run that is complete needs no state."""
    for name in (NEXT, STATE, BEFORE):
        with suppress(StudioError):
            remove_file(folder, folder / name)


def save_data(folder: Path, data: TrainingSet) -> None:
    """Remember what a run learns from, so that it goes on with the same pictures and labels."""
    sides = {side: _plain(getattr(data, side)) for side in ("train", "valid", "test")}
    text = json.dumps({"classes": data.classes, **sides})
    write_atomically(folder / DATA, text.encode())


def _plain(images: Labelled) -> dict[str, Any]:
    return {"image_ids": list(images.image_ids), "labels": images.labels_n.tolist()}


def load_data(folder: Path) -> TrainingSet | None:
    """None when it is gone or damaged."""
    try:
        said = json.loads((folder / DATA).read_text(encoding="utf-8"))
        sides = [
            Labelled(tuple(said[s]["image_ids"]), np.array(said[s]["labels"], np.int64))
            for s in ("train", "valid", "test")
        ]
        return TrainingSet(tuple(said["classes"]), *sides)
    except (OSError, ValueError, KeyError, TypeError):
        return None
