"""Fine-tuning as a short generator: it yields what happened; to stop it, stop asking."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from core.errors import StudioError
from core.events import BatchEnded, EpochEnded, Event
from core.metrics import losses
from core.models.layer_groups import discriminative_rates, layer_groups
from core.models.preprocessing import Preprocessing
from core.training.config import TrainConfig
from core.training.data import Batch, TrainingBatches, evaluation_batches
from core.training.head import softmax
from core.training.one_cycle import OneCycle
from core.training.training_set import Labelled
from core.workspace import Workspace

RATE_RATIO = 100.0  # the head's rate / the first layers' rate, as the course notes have it


@dataclass(frozen=True)
class Stage:
    """Epochs under one schedule; `frozen` means that only the head learns."""

    name: str
    epochs: int
    schedule: OneCycle
    frozen: bool


def stages(config: TrainConfig) -> list[Stage]:
    """Freeze, then unfreeze at half the rate (fastai's `fine_tune`)."""
    both = [
        Stage("head", config.frozen_epochs, OneCycle(config.rate), frozen=True),
        Stage(
            "whole network",
            config.epochs,
            OneCycle(config.rate / 2, rise=0.3, start_divisor=5.0),
            frozen=False,
        ),
    ]
    return [stage for stage in both if stage.epochs]


class Trainer:
    """One network, its data and its configuration.

    Norm layers keep the statistics of pretraining: batches of any size work then, down to one.
    """

    def __init__(
        self,
        network: nn.Module,
        config: TrainConfig,
        preprocessing: Preprocessing,
        train: Labelled,
        valid: Labelled,
        workspace: Workspace,
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._config = config
        self._preprocessing = preprocessing
        self._batches = TrainingBatches(train, workspace, preprocessing, config)
        self._valid = valid
        self._workspace = workspace
        self._step = 0
        self._epoch = 0
        self.valid_probs = np.empty((0, 0), np.float32)
        """What the last validation answered: float32 (n, classes)."""

    @property
    def steps(self) -> int:
        """Batches over all stages."""
        return len(self._batches) * (self._config.frozen_epochs + self._config.epochs)

    def run(self) -> Iterator[Event]:
        """Train through all stages, validating before the first step and after each epoch.

        Raises:
            StudioError: the loss is not a finite number any more.
        """
        yield self._validate("before training")
        for stage in stages(self._config):
            yield from self._run_stage(stage)

    def probabilities(self, image_ids: tuple[str, ...]) -> np.ndarray:
        """float32 (n, classes), as the served classifier would answer."""
        return predict(self.network, image_ids, self._workspace, self._preprocessing)

    def _run_stage(self, stage: Stage) -> Iterator[Event]:
        optimiser, peaks = _optimiser(self.network, stage, self._config)
        total = stage.epochs * len(self._batches)
        done = 0
        for _ in range(stage.epochs):
            self._epoch += 1
            for batch in self._batches.epoch(self._epoch):
                _set_schedule(optimiser, peaks, stage.schedule, done / max(1, total - 1))
                yield self._train_batch(batch, optimiser, stage)
                done += 1
            yield self._validate(stage.name)

    def _train_batch(self, batch: Batch, optimiser: torch.optim.Optimizer, stage: Stage) -> Event:
        start = time.perf_counter()
        images, labels = batch
        self.network.eval()  # norm layers as they are; gradients still flow
        logits = _logits(self.network, images, stage.frozen)
        loss = cross_entropy(logits, labels)
        _check_finite(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        self._step += 1
        return BatchEnded(
            self._step,
            self.steps,
            stage.name,
            loss.item(),
            optimiser.param_groups[-1]["lr"],
            len(labels) / (time.perf_counter() - start),
        )

    def _validate(self, stage: str) -> EpochEnded:
        probs, labels = self.probabilities(self._valid.image_ids), self._valid.labels_n
        self.valid_probs = probs
        valid_loss = float(losses(probs, labels).mean())
        _check_finite(valid_loss)  # the last step of an epoch may have spoilt the weights
        return EpochEnded(
            self._step,
            self._epoch,
            stage,
            valid_loss,
            float((probs.argmax(1) != labels).mean()),
            len(labels),
        )


def _check_finite(loss: float) -> None:
    if not math.isfinite(loss):
        raise StudioError(
            "The loss grew beyond all numbers, so training was stopped.",
            "Train again with a learning rate ten times lower.",
        )


def predict(
    network: nn.Module,
    image_ids: tuple[str, ...],
    workspace: Workspace,
    preprocessing: Preprocessing,
) -> np.ndarray:
    """float32 (n, classes) probabilities of working copies, by a network on the CPU."""
    network.eval()
    logits = []
    with torch.no_grad():
        for images in evaluation_batches(image_ids, workspace, preprocessing):
            logits.append(network(images.contiguous(memory_format=torch.channels_last)).numpy())
    return softmax(np.concatenate(logits))


def _logits(network: nn.Module, images: torch.Tensor, frozen: bool) -> torch.Tensor:
    images = images.contiguous(memory_format=torch.channels_last)
    if not frozen:
        logits: torch.Tensor = network(images)
        return logits
    with torch.no_grad():
        body = network.forward_features(images)  # type: ignore[operator]
        features = network.forward_head(body, pre_logits=True)  # type: ignore[operator]
    head: torch.Tensor = network.get_classifier()(features)  # type: ignore[operator]
    return head


def _optimiser(
    network: nn.Module, stage: Stage, config: TrainConfig
) -> tuple[torch.optim.Optimizer, list[float]]:
    """AdamW over the stage's layer groups, and the share of the peak rate of each of its groups.

    Biases and norms (one-dimensional parameters) get no weight decay.
    """
    groups = layer_groups(network)
    shares = discriminative_rates(len(groups), 1.0, RATE_RATIO)
    if stage.frozen:
        groups, shares = groups[-1:], shares[-1:]
    named = dict(network.named_parameters())
    parts, peaks = [], []
    for names, share in zip(groups, shares, strict=True):
        for decayed in (True, False):
            parameters = [named[n] for n in names if (named[n].ndim > 1) == decayed]
            if parameters:
                decay = config.weight_decay if decayed else 0.0
                parts.append({"params": parameters, "weight_decay": decay})
                peaks.append(share)
    return torch.optim.AdamW(parts, lr=0.0, betas=(0.95, 0.99), eps=1e-5), peaks


def _set_schedule(
    optimiser: torch.optim.Optimizer, peaks: list[float], schedule: OneCycle, progress: float
) -> None:
    for group, share in zip(optimiser.param_groups, peaks, strict=True):
        group["lr"] = schedule.rate(progress) * share
        group["betas"] = (schedule.momentum(progress), 0.99)
