"""What happened during long work: frozen facts in the past tense, numbers only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """The family; `kind` is the name under which the catalog stores it."""

    kind: ClassVar[str] = ""

    def payload(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Progressed(Event):
    """`done` of `total` steps of what is named in `doing`; shown, not kept."""

    kind: ClassVar[str] = "progressed"
    done: int
    total: int
    doing: str


@dataclass(frozen=True)
class RunStarted(Event):
    kind: ClassVar[str] = "run_started"
    run_id: int


@dataclass(frozen=True)
class BatchEnded(Event):
    """`step` counts batches over all stages, from 1."""

    kind: ClassVar[str] = "batch_ended"
    step: int
    steps: int
    stage: str
    train_loss: float
    learning_rate: float
    images_per_s: float


@dataclass(frozen=True)
class EpochEnded(Event):
    """Validation after an epoch; epoch 0 is the model before any step."""

    kind: ClassVar[str] = "epoch_ended"
    step: int
    epoch: int
    stage: str
    valid_loss: float
    error_rate: float
    valid_images: int


@dataclass(frozen=True)
class CheckpointSaved(Event):
    kind: ClassVar[str] = "checkpoint_saved"
    epoch: int
    error_rate: float


@dataclass(frozen=True)
class RunEnded(Event):
    """`reason` is "completed" or "stopped"."""

    kind: ClassVar[str] = "run_ended"
    reason: str


@dataclass(frozen=True)
class RunFailed(Event):
    kind: ClassVar[str] = "run_failed"
    message: str
    hint: str
