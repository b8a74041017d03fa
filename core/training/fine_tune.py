"""A fine-tuning run: the quick head first, then the whole network, the best epoch kept."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from core.context import Context
from core.errors import Conflict
from core.events import (
    BatchEnded,
    EpochEnded,
    Event,
    Progressed,
    RunEnded,
    RunResumed,
    RunStarted,
)
from core.models.architectures import fetch_weights, preprocessing_of, pretrained, untrained
from core.models.devices import choose_device
from core.models.heads import last_linears, with_head
from core.records import Run
from core.runs import new_run
from core.training.budget import planned
from core.training.config import TrainConfig
from core.training.keeping import Keeper
from core.training.loop import Trainer
from core.training.quick import features_for_run, fit_on_training_side
from core.training.state import Best, load_data, load_state, restore, save_data
from core.training.step import images_per_s
from core.training.training_set import TrainingSet, training_set

PLAN = "plan"
"""The argument of the task that says whether to plan."""


def fine_tune_task(
    context: Context, args: Mapping[str, Any], started: float | None = None
) -> Iterator[Event]:
    """What the task "fine-tune" does once the split is settled; `args` is a configuration, and
    whether to plan it by its minutes.
    """
    values = {name: value for name, value in args.items() if name != PLAN}
    return fine_tune(context, TrainConfig.from_dict(values), bool(args.get(PLAN)), started)


def resume_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "resume": the run `args["run_id"]`."""
    return resume(context, args["run_id"])


def fine_tune(
    context: Context, config: TrainConfig, plan: bool = False, started: float | None = None
) -> Iterator[Event]:
    """Train and store a run. Stopping keeps the best model so far, which is never nothing: the
    head fitted on frozen features is saved before the first step.

    Args:
        plan: choose epochs, batches and the rate by `config.minutes` and by how fast the network
            learns here; the run's configuration says what was chosen.
        started: when the minutes began, by `time.monotonic()`; now, if nothing came before.
    """
    started = time.monotonic() if started is None else started
    data = training_set(context)
    network = None
    if plan and config.minutes:  # what is needed anyway comes first: it says what time remains
        config = replace(config, smaller_first=())
        network = yield from _first_network(context, config, data)
        if network is None:
            return
        yield Progressed(0, 0, "Measuring how fast the network learns here")
        per_s = images_per_s(network.to(choose_device(context.settings)), config)
        left_s = 60 * config.minutes - (time.monotonic() - started)
        config = planned(config, len(data.train), per_s, left_s)
    run = new_run(context, "fine-tune", config.to_dict(), data.classes)
    yield RunStarted(run.id)
    save_data(context.workspace.run(run.id), data)
    if network is None:
        network = yield from _first_network(context, config, data)
    yield from _from_the_start(context, run, config, data, network, started)


def resume(context: Context, run_id: int) -> Iterator[Event]:
    """Go on with a run that was stopped, failed or was killed, on the pictures and labels that it
    began with: the result is that of a run that was never interrupted.

    Raises:
        StudioError: it is no fine-tuning run, or it is complete.
    """
    run = context.catalog.runs.get(run_id)
    if run.kind != "fine-tune" or run.ending == "completed":
        raise Conflict(f"There is nothing left to do in {run.name}.", "Start a new run.")
    folder = context.workspace.run(run_id)
    config, data = TrainConfig.from_dict(run.config), load_data(folder)
    stored = load_state(folder) if data else None
    position = stored.position if stored else None
    step, epoch = (position.step, position.epoch) if position else (-1, -1)
    context.catalog.runs.resume(run_id, context.job_id, step, epoch)
    yield RunStarted(run_id)
    if data is None or stored is None:  # it ended before its first epoch
        data = training_set(context)
        save_data(folder, data)
        started = time.monotonic()
        network = yield from _first_network(context, config, data)
        yield from _from_the_start(context, run, config, data, network, started)
        return
    yield RunResumed(step, epoch, stored.lost)
    trainer = _trainer(context, config, data, untrained(config.architecture, len(data.classes)))
    restore(trainer, stored)
    yield from _train_and_check(context, run, trainer, data, stored.best)


def _from_the_start(
    context: Context,
    run: Run,
    config: TrainConfig,
    data: TrainingSet,
    network: nn.Module | None,
    started: float,
) -> Iterator[Event]:
    if network is None:
        yield RunEnded("stopped")
        return
    trainer = _trainer(context, config, data, network)
    if config.minutes:
        trainer.position.limit_s = 60 * config.minutes - (time.monotonic() - started)
    yield from _train_and_check(context, run, trainer, data, Best())


def _first_network(
    context: Context, config: TrainConfig, data: TrainingSet
) -> Generator[Event, None, nn.Module | None]:
    """With a head fitted to frozen features; None when asked to stop."""
    if config.weights == "pretrained":
        yield from fetch_weights(config.architecture, stop_requested=context.stop_requested)
        if context.stop_requested():
            return None
    torch.manual_seed(config.seed)  # of what is not pretrained
    make = pretrained if config.weights == "pretrained" else untrained
    network: nn.Module = make(config.architecture, len(data.classes))
    for size_px in (*config.smaller_first, config.size_px):
        preprocessing_of(network, size_px)  # refused now rather than after minutes
    if config.weights == "scratch" or not last_linears(network):
        return network
    store = yield from features_for_run(context, config, data)
    if context.stop_requested():
        return None
    yield Progressed(0, 0, "Fitting the head")
    return with_head(network, fit_on_training_side(data, store))


def _trainer(
    context: Context, config: TrainConfig, data: TrainingSet, network: nn.Module
) -> Trainer:
    preprocessing = preprocessing_of(network, config.size_px, config.resize)
    network = network.to(choose_device(context.settings))
    return Trainer(network, config, preprocessing, data, context.workspace)


def _train_and_check(
    context: Context, run: Run, trainer: Trainer, data: TrainingSet, best: Best
) -> Iterator[Event]:
    keeper = Keeper(context, run, data, best)
    for event in trainer.run():
        yield event
        if isinstance(event, BatchEnded):
            yield Progressed(event.step, event.steps, "Training")
        if isinstance(event, EpochEnded):
            yield from keeper.keep(trainer, event)
        if context.stop_requested():
            if not isinstance(event, EpochEnded):  # its state is saved
                keeper.save_state(trainer)
            break
    yield Progressed(0, 0, "Checking the best model")
    keeper.finish(trainer)
    yield RunEnded("completed" if trainer.is_done else "stopped")
