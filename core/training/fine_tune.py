"""A fine-tuning run: the quick head first, then the whole network, the best epoch kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.context import Context
from core.events import (
    BatchEnded,
    CheckpointSaved,
    EpochEnded,
    Event,
    Progressed,
    RunEnded,
    RunStarted,
)
from core.models.architectures import preprocessing_of, pretrained
from core.models.heads import with_head
from core.models.weights import load_weights, save_weights
from core.records import Predictions, Run
from core.training.config import TrainConfig
from core.training.loop import Trainer, predict
from core.training.quick import features_of, fit_on_training_side
from core.training.training_set import Labelled, TrainingSet, training_set


def fine_tune_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "fine-tune"; `args` is a configuration."""
    return fine_tune(context, TrainConfig.from_dict(args))


def fine_tune(context: Context, config: TrainConfig) -> Iterator[Event]:
    """Train and store a run. Stopping keeps the best model so far, which is never nothing: the
    head fitted on frozen features is saved before the first step.
    """
    data = training_set(context)
    run = context.catalog.runs.create("fine-tune", config.to_dict(), data.classes, context.job_id)
    yield RunStarted(run.id)
    store = yield from features_of(context, config.architecture, data)
    if context.stop_requested():
        yield RunEnded("stopped")
        return
    yield Progressed(0, 0, "Fitting the head")
    network = pretrained(config.architecture, len(data.classes))
    network = with_head(network, fit_on_training_side(data, store))
    preprocessing = preprocessing_of(network, config.size_px)
    trainer = Trainer(network, config, preprocessing, data.train, data.valid, context.workspace)
    yield from _train(context, trainer, run, data.valid)
    yield Progressed(0, 0, "Checking the best model")
    _store_predictions(context, run, config, data)
    yield RunEnded("stopped" if context.stop_requested() else "completed")


def _train(context: Context, trainer: Trainer, run: Run, valid: Labelled) -> Iterator[Event]:
    best = (float("inf"), float("inf"))
    for event in trainer.run():
        yield event
        if isinstance(event, BatchEnded):
            yield Progressed(event.step, event.steps, "Training")
        if isinstance(event, EpochEnded) and (event.error_rate, event.valid_loss) < best:
            best = (event.error_rate, event.valid_loss)
            save_weights(trainer.network, context.workspace.run(run.id))
            # With its answers, so that a killed worker leaves a model that can be compared.
            answers = Predictions(valid.image_ids, trainer.valid_probs, run.classes)
            context.catalog.runs.store_predictions(run.id, "final", answers)
            yield CheckpointSaved(event.epoch, event.error_rate)
        if context.stop_requested():
            return


def _store_predictions(context: Context, run: Run, config: TrainConfig, data: TrainingSet) -> None:
    network = load_weights(config.architecture, len(run.classes), context.workspace.run(run.id))
    checked = data.valid.image_ids + data.test.image_ids
    preprocessing = preprocessing_of(network, config.size_px)
    probs = predict(network, checked, context.workspace, preprocessing)
    context.catalog.runs.store_predictions(
        run.id, "final", Predictions(checked, probs, run.classes)
    )
