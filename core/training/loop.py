"""Fine-tuning as a short generator: it yields what happened; to stop it, stop asking."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from core.errors import StudioError, is_no_memory
from core.events import BatchEnded, BatchHalved, EpochEnded, Event
from core.metrics import losses
from core.models.preprocessing import Preprocessing
from core.training.config import TrainConfig
from core.training.data import Batch, TrainingBatches
from core.training.evaluation import predict
from core.training.optimiser import follow_schedule, optimiser_for
from core.training.schedule import Stage, left_of, stages, steps_of
from core.training.step import Forward, check_finite, first_part, forward_of, learn
from core.training.training_set import TrainingSet
from core.workspace import Workspace

__all__ = ["Position", "Trainer", "predict"]

SPEED_MEMORY = 0.9  # of the moving average of seconds a batch


@dataclass
class Position:
    """How far a run has come.

    Attributes:
        stage: its number, from 0.
        epochs: done in this stage.
        batches: done in this epoch.
        step, epoch: done in all stages.
        loss_sum: of the batches done in this epoch.
        validated: whether the model was validated before the first step.
        halved: how often memory ran out.
        spent_s: seconds of learning and validating.
        limit_s: what these may come to; None for no limit.
    """

    stage: int = 0
    epochs: int = 0
    batches: int = 0
    step: int = 0
    epoch: int = 0
    loss_sum: float = 0.0
    validated: bool = False
    halved: int = 0
    spent_s: float = 0.0
    limit_s: float | None = None

    @property
    def time_share(self) -> float:
        """Of the seconds that are there, those that are spent, 0..1; 0 without a limit."""
        if self.limit_s is None:
            return 0.0
        return min(1.0, self.spent_s / self.limit_s) if self.limit_s > 0 else 1.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Trainer:
    """One network, where it is, its data and its configuration.

    Norm layers of pretrained weights keep their statistics: batches of any size work then, down to
    one image.
    """

    def __init__(
        self,
        network: nn.Module,
        config: TrainConfig,
        preprocessing: Preprocessing,
        data: TrainingSet,
        workspace: Workspace,
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.position = Position()
        self.optimiser: torch.optim.AdamW | None = None
        """Of the stage that goes on."""
        self.moments: dict[int, dict[str, torch.Tensor]] = {}
        """Of the optimiser of a stage to go on with, by the number of the parameter."""
        self.valid_probs = np.empty((0, 0), np.float32)
        """What the last validation answered: float32 (n, classes)."""
        self._config = config
        self._preprocessing = preprocessing
        self._data = data
        self._workspace = workspace
        self._stages = stages(config)
        self._batch_s: dict[int, float] = {}  # a moving average by stage

    @property
    def is_done(self) -> bool:
        """Whether all epochs are done."""
        here = self.position
        last = len(self._stages) - 1
        ended = (here.stage, here.epochs) == (last, self._stages[-1].epochs)
        return here.stage > last or ended or here.time_share >= 1

    @property
    def ends_stage(self) -> str | None:
        """The name of the stage that has just ended, if one has."""
        if self.position.stage < len(self._stages):
            stage = self._stages[self.position.stage]
            over = self.position.epochs == stage.epochs or self.is_done
            return stage.name if over else None
        return None

    @property
    def steps(self) -> int:
        """Batches over all stages."""
        return steps_of(self._config, len(self._data.train))

    def run(self) -> Iterator[Event]:
        """Train on from `position` to the end, validating before the first step and each epoch.

        Raises:
            StudioError: the loss is not a finite number any more, or memory does not suffice for
                a single image.
        """
        if not self.position.validated:
            ended = self._validate("before training")
            self.position.validated = True
            if self.position.limit_s is not None:  # the last validation has to fit in as well
                self.position.limit_s -= self.position.spent_s
            yield ended
        while not self.is_done:
            yield from self._run_stage(self._stages[self.position.stage])

    def probabilities(self, image_ids: tuple[str, ...]) -> np.ndarray:
        """float32 (n, classes), as the served classifier would answer."""
        return predict(self.network, image_ids, self._workspace, self._preprocessing)

    def _run_stage(self, stage: Stage) -> Iterator[Event]:
        self.optimiser = optimiser_for(self.network, self._config, stage.frozen)
        if self.moments:
            fresh = self.optimiser.state_dict()
            self.optimiser.load_state_dict({**fresh, "state": self.moments})
            self.moments = {}
        here = replace(self._preprocessing, size_px=stage.size_px)
        batches = TrainingBatches(self._data.train, self._workspace, here, self._config)
        while self.position.epochs < stage.epochs and self.position.time_share < 1:
            yield from self._run_epoch(stage, batches)
            yield self._end_epoch(stage)
        self.position = replace(self.position, stage=self.position.stage + 1, epochs=0)

    def _run_epoch(self, stage: Stage, batches: TrainingBatches) -> Iterator[Event]:
        assert self.optimiser is not None
        forward = forward_of(self.network, self._config, stage.frozen)
        total = stage.epochs * len(batches)
        waited = time.perf_counter()
        for batch in batches.epoch(self.position.epoch + 1, self.position.batches):
            done = self.position.epochs * len(batches) + self.position.batches
            # Where time runs out before the epochs do, the rate falls with the time.
            by_time = self.position.time_share if stage is self._stages[-1] else 0.0
            progress = max(done / max(1, total - 1), by_time)
            follow_schedule(self.optimiser, stage.schedule, progress)
            # norm layers as they are; gradients still flow
            self.network.train(self._config.weights == "scratch" and not stage.frozen)
            loss = yield from self._learn(batch, forward, stage)
            yield self._end_batch(stage, loss, len(batch[1]), time.perf_counter() - waited)
            if self.position.time_share >= 1:
                return
            waited = time.perf_counter()

    def _learn(self, batch: Batch, forward: Forward, stage: Stage) -> Generator[Event, None, float]:
        """One step, with as many images at a time as memory allows; its loss."""
        assert self.optimiser is not None
        device = next(self.network.parameters()).device
        whole = min(first_part(self._config, stage.size_px, device), len(batch[1]))
        while True:
            part = max(1, whole >> self.position.halved)
            try:
                return learn(batch, forward, self.optimiser, part)
            except (RuntimeError, MemoryError) as error:
                if not is_no_memory(error):
                    raise
                if part == 1:
                    raise _too_little_memory(stage.size_px) from error
            # Outside of the handler: the traceback held on to the tensors.
            self.optimiser.zero_grad()
            if device.type == "cuda":
                torch.cuda.empty_cache()
            self.position.halved += 1
            yield BatchHalved(self.position.step + 1, max(1, whole >> self.position.halved))

    def _end_batch(self, stage: Stage, loss: float, images: int, took_s: float) -> BatchEnded:
        assert self.optimiser is not None
        here = self.position
        here.step, here.batches = here.step + 1, here.batches + 1
        here.loss_sum += loss
        here.spent_s += took_s
        before_s = self._batch_s.get(here.stage, took_s)
        mean_s = SPEED_MEMORY * before_s + (1 - SPEED_MEMORY) * took_s
        self._batch_s[here.stage] = mean_s
        left_s = left_of(self._config, len(self._data.train), here.step, mean_s)
        if here.limit_s is not None:
            left_s = min(left_s, max(0.0, here.limit_s - here.spent_s))
        rate = self.optimiser.param_groups[-1]["lr"]
        steps = self._expected_steps()
        return BatchEnded(here.step, steps, stage.name, loss, rate, images / took_s, left_s)

    def _expected_steps(self) -> int:
        """All that are planned, or fewer where the time will be over before."""
        here = self.position
        if not here.time_share:
            return self.steps
        return min(self.steps, max(here.step, round(here.step / here.time_share)))

    def _end_epoch(self, stage: Stage) -> EpochEnded:
        here = self.position
        ended = self._validate(stage.name, here.loss_sum / here.batches)
        self.position = replace(
            here, epochs=here.epochs + 1, epoch=here.epoch + 1, batches=0, loss_sum=0.0
        )
        return replace(ended, epoch=self.position.epoch)

    def _validate(self, stage: str, train_loss: float | None = None) -> EpochEnded:
        valid = self._data.valid
        started = time.perf_counter()
        probs = self.probabilities(valid.image_ids)
        self.position.spent_s += time.perf_counter() - started
        valid_loss = float(losses(probs, valid.labels_n).mean())
        check_finite(valid_loss)  # the last step of an epoch may have spoilt the weights
        error_rate = float((probs.argmax(1) != valid.labels_n).mean())
        self.valid_probs = probs
        here = self.position
        return EpochEnded(
            here.step, here.epoch, stage, valid_loss, error_rate, len(valid), train_loss
        )


def _too_little_memory(size_px: int) -> StudioError:
    return StudioError(
        f"The machine ran out of memory on a single picture of {size_px} px.",
        "Train again with a smaller image size or a smaller architecture.",
    )
