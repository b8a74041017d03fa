"""The quick model: a linear head on frozen features, and out-of-fold scores for every image."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np

from core.context import Context
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    FeaturesComputed,
    LabelsDoubted,
    Progressed,
    RunEnded,
    RunStarted,
)
from core.feature_store import FeatureStore
from core.metrics import losses
from core.models.architectures import fetch_weights, pretrained
from core.models.devices import choose_device
from core.models.embedder import Embedder
from core.models.features import compute_features
from core.models.heads import with_head
from core.models.weights import save_weights
from core.records import Predictions
from core.runs import new_run
from core.suspicion import judge, out_of_fold, prepare
from core.training.config import DEFAULT_ARCHITECTURE, TrainConfig
from core.training.head import Head, choose_penalty, fit_head
from core.training.training_set import Labelled, TrainingSet, training_set

MOST_DOUBTED = 1000  # of which a run tells


def quick_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """What the task "quick" does once the split is settled."""
    return train_quick(context, **args)


def train_quick(context: Context, architecture: str = DEFAULT_ARCHITECTURE) -> Iterator[Event]:
    """Features, head, out-of-fold scores, stored as a run. Stopping keeps the features."""
    data = training_set(context)
    runs = context.catalog.runs
    run = new_run(context, "quick", {"architecture": architecture}, data.classes)
    yield RunStarted(run.id)
    store = yield from features_of(context, architecture, data)
    if context.stop_requested():
        yield RunEnded("stopped")
        return
    yield Progressed(0, 0, "Fitting the head")
    head = fit_on_training_side(data, store)
    scored = _out_of_fold(data, store)
    runs.store_predictions(run.id, "out-of-fold", scored)
    checked = data.valid.image_ids + data.test.image_ids
    # One view, as the served classifier sees a picture; both views are for training and scoring.
    probs = head.probabilities(store.get(checked)[:, :1])
    network = with_head(pretrained(architecture, len(data.classes)), head)
    save_weights(network, context.workspace.run(run.id))
    # Its answers say that a run has a model, so they come after it.
    runs.store_predictions(run.id, "final", Predictions(checked, probs, data.classes))
    ended = _validated(probs[: len(data.valid)], data.valid)
    yield LabelsDoubted(_doubted(data, scored))
    yield ended
    yield CheckpointSaved(ended.epoch, ended.error_rate)
    yield RunEnded("completed")


def features_of(
    context: Context, architecture: str, data: TrainingSet
) -> Generator[Event, None, FeatureStore]:
    """Make sure that every image has features; returns the store that holds them."""
    ids = data.train.image_ids + data.valid.image_ids + data.test.image_ids
    return (yield from _features(context, architecture, ids))


def features_for_run(
    context: Context, config: TrainConfig, data: TrainingSet
) -> Generator[Event, None, FeatureStore]:
    """The training side as the first epoch of that run will see it: its size, its way to resize."""
    size_px = (*config.smaller_first, config.size_px)[0]
    ids = data.train.image_ids
    return (yield from _features(context, config.architecture, ids, size_px, config.resize))


def _features(
    context: Context,
    architecture: str,
    image_ids: tuple[str, ...],
    size_px: int | None = None,
    resize: str = "crop",
) -> Generator[Event, None, FeatureStore]:
    started = time.monotonic()
    yield Progressed(0, 0, "Preparing the pretrained network")
    downloading = None
    for downloading in fetch_weights(architecture, stop_requested=context.stop_requested):
        yield downloading
    if downloading and context.stop_requested():  # the weights may not be whole
        return FeatureStore(context.workspace.features / architecture)
    device = choose_device(context.settings)
    embedder = Embedder(architecture, context.settings.cache, device, size_px, resize)
    store = FeatureStore(context.workspace.features / embedder.key)
    new = len(store.missing(image_ids))
    yield from compute_features(image_ids, embedder, store, context)
    yield FeaturesComputed(new, time.monotonic() - started)
    return store


def fit_on_training_side(data: TrainingSet, store: FeatureStore) -> Head:
    """The head of the training side, with the penalty that its own folds choose."""
    features = store.get(data.train.image_ids)
    labels, count = data.train.labels_n, len(data.classes)
    return fit_head(features, labels, count, choose_penalty(features, labels, count))


def _out_of_fold(data: TrainingSet, store: FeatureStore) -> Predictions:
    """Training and validation images alike, each by a head that never saw it."""
    ids = data.train.image_ids + data.valid.image_ids
    labels = np.concatenate([data.train.labels_n, data.valid.labels_n])
    known = labels >= 0  # a class that has no training image cannot be learned
    kept = [image_id for image_id, keep in zip(ids, known, strict=True) if keep]
    probs = out_of_fold(prepare(store.get(kept)), labels[known], len(data.classes))
    return Predictions(tuple(kept), probs, data.classes)


def _doubted(data: TrainingSet, scored: Predictions) -> tuple[str, ...]:
    """Those with labels more likely wrong than right, the worst first; `MOST_DOUBTED` at most."""
    labels = dict(zip(data.train.image_ids, data.train.labels_n.tolist(), strict=True))
    labels |= dict(zip(data.valid.image_ids, data.valid.labels_n.tolist(), strict=True))
    labels_n = np.array([labels[image_id] for image_id in scored.image_ids], np.int64)
    wrong_n = judge(scored.probs_nc, labels_n).wrong_n
    worst = np.argsort(-wrong_n, kind="stable")[:MOST_DOUBTED]
    return tuple(scored.image_ids[k] for k in worst if wrong_n[k] > 0.5)


def _validated(probs_nc: np.ndarray, valid: Labelled) -> EpochEnded:
    return EpochEnded(
        step=0,
        epoch=0,
        stage="head",
        valid_loss=float(losses(probs_nc, valid.labels_n).mean()),
        error_rate=float((probs_nc.argmax(1) != valid.labels_n).mean()),
        valid_images=len(valid),
    )
