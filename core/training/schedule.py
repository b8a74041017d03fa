"""What a run will do, step by step, known before it starts; needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.training.config import TrainConfig
from core.training.one_cycle import OneCycle

HEAD, WHOLE = "head", "whole network"
WHOLE_COST = 4.0  # a step of the whole network / a step of the head, as measured on processors


@dataclass(frozen=True)
class Stage:
    """Epochs under one schedule, at one size; `frozen` means that only the head learns."""

    name: str
    epochs: int
    schedule: OneCycle
    frozen: bool
    size_px: int


@dataclass(frozen=True)
class Point:
    """One step of the coming run.

    Attributes:
        step: from 1.
        stage: its name.
        rate: learning rate of the head.
        momentum: AdamW's first beta.
        size_px: side of the pictures.
    """

    step: int
    stage: str
    rate: float
    momentum: float
    size_px: int


def stages(config: TrainConfig) -> list[Stage]:
    """Freeze, then unfreeze at half the rate, as fastai's `fine_tune` does; the whole network
    learns once at each size, smallest first.
    """
    sizes = (*config.smaller_first, config.size_px)
    head = OneCycle(config.rate, rise=0.99)
    whole = OneCycle(config.rate / 2, rise=0.3, start_divisor=5.0)
    listed = [Stage(HEAD, config.frozen_epochs, head, frozen=True, size_px=sizes[0])]
    for size_px in sizes:
        name = WHOLE if size_px == config.size_px else f"{WHOLE}, {size_px} px"
        listed.append(Stage(name, config.epochs, whole, frozen=False, size_px=size_px))
    return [stage for stage in listed if stage.epochs]


def batches_in_epoch(config: TrainConfig, images: int) -> int:
    """At least 1: a batch larger than the dataset is the dataset."""
    return max(1, math.ceil(images / config.batch_size))


def schedule_of(config: TrainConfig, images: int) -> list[Point]:
    """Every step of a run on that many training images (of an epoch, when oversampled)."""
    batches = batches_in_epoch(config, images)
    points: list[Point] = []
    for stage in stages(config):
        total = stage.epochs * batches
        for done in range(total):
            progress = done / max(1, total - 1)
            rate, momentum = stage.schedule.rate(progress), stage.schedule.momentum(progress)
            points.append(Point(len(points) + 1, stage.name, rate, momentum, stage.size_px))
    return points


def steps_of(config: TrainConfig, images: int) -> int:
    """Batches over all stages."""
    return batches_in_epoch(config, images) * sum(stage.epochs for stage in stages(config))


def left_of(config: TrainConfig, images: int, step: int, batch_s: float) -> float:
    """Seconds that remain after `step` (from 1), if it took `batch_s`: a guess by pixels and by how
    much slower the whole network learns. Validation is not counted.
    """
    batches = batches_in_epoch(config, images)
    done, now, left = 0, 0.0, 0.0
    for stage in stages(config):
        cost = stage.size_px**2 * (1.0 if stage.frozen else WHOLE_COST)
        last = done + stage.epochs * batches
        if done < step <= last:
            now = cost
        left += cost * max(0, last - max(done, step))
        done = last
    return batch_s * left / now
