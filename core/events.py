"""What happened during long work: frozen facts in the past tense, numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self


@dataclass(frozen=True)
class Event:
    """The family; `kind` is the name under which the catalog stores it."""

    kind: ClassVar[str] = ""

    def payload(self) -> dict[str, Any]:
        """What is stored beside the kind: the fields, as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The event again; what an older version did not write has its default, and what a newer
        one wrote besides is left out.
        """
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in payload.items() if name in names})


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
    """`step` counts batches over all stages, from 1, `steps` those to be expected now: fewer than
    planned where time is short; `left_s` is a guess at what remains.
    """

    kind: ClassVar[str] = "batch_ended"
    step: int
    steps: int
    stage: str
    train_loss: float
    learning_rate: float
    images_per_s: float
    left_s: float | None = None


@dataclass(frozen=True)
class BatchHalved(Event):
    """Memory ran out before `step`; from there on, `at_once` images are computed at a time."""

    kind: ClassVar[str] = "batch_halved"
    step: int
    at_once: int


@dataclass(frozen=True)
class EpochEnded(Event):
    """Validation after an epoch; epoch 0 is the model before any step, without a training loss."""

    kind: ClassVar[str] = "epoch_ended"
    step: int
    epoch: int
    stage: str
    valid_loss: float
    error_rate: float
    valid_images: int
    train_loss: float | None = None


@dataclass(frozen=True)
class FeaturesComputed(Event):
    """A frozen network looked at so many pictures that it had not seen before."""

    kind: ClassVar[str] = "features_computed"
    images: int
    seconds: float


@dataclass(frozen=True)
class LabelsDoubted(Event):
    """Pictures whose labels are more likely wrong than right, the worst first: ids."""

    kind: ClassVar[str] = "labels_doubted"
    image_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_ids", tuple(self.image_ids))  # JSON knows lists only


@dataclass(frozen=True)
class CheckpointSaved(Event):
    """The best model so far was kept; models at the ends of stages are kept without a word."""

    kind: ClassVar[str] = "checkpoint_saved"
    epoch: int
    error_rate: float
    name: str = "best"


@dataclass(frozen=True)
class RunResumed(Event):
    """A run goes on after `step`; `lost` counts newer states on disk that were damaged."""

    kind: ClassVar[str] = "run_resumed"
    step: int
    epoch: int
    lost: int = 0


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
