"""Fine-tuning as a whole: the best epoch is kept, whatever ends the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.events import BatchEnded, CheckpointSaved, EpochEnded, Progressed, RunEnded, RunStarted
from core.models.architectures import preprocessing_of
from core.models.weights import FILE, load_weights
from core.training.best_epoch import best_epoch
from core.training.budget import ROOM
from core.training.config import TrainConfig
from core.training.evaluation import predict
from core.training.fine_tune import fine_tune, fine_tune_task
from core.training.loop import Trainer
from tests.builders import run_import, tints

TINY = TrainConfig(size_px=64, frozen_epochs=1, epochs=1, batch_size=4)


@pytest.fixture
def tiny(fresh):
    """Two classes, one with a single training image."""
    pictures = tints({"a": "red"}, train=5, valid=2) + tints({"b": "blue"}, train=1, seed=9)
    run_import(fresh, (pictures, []))
    return fresh


def follow(context, config=TINY) -> list:
    return [e for e in fine_tune(context, config) if not isinstance(e, Progressed)]


def answers(context) -> np.ndarray:
    """What the saved network says of the images it was checked on."""
    run = context.catalog.runs.get(1)
    network = load_weights(run.config["architecture"], 2, context.workspace.run(1))
    ids = context.catalog.runs.predictions(1, "final").image_ids
    return predict(network, ids, context.workspace, preprocessing_of(network, 64))


def test_a_run_from_start_to_end(tiny):
    events = follow(tiny)
    assert isinstance(events[0], RunStarted)
    assert events[-1] == RunEnded("completed")
    epochs = [e for e in events if isinstance(e, EpochEnded)]
    assert [e.epoch for e in epochs] == [0, 1, 2]
    assert len([e for e in events if isinstance(e, BatchEnded)]) == 4
    assert isinstance(events[events.index(epochs[0]) + 1], CheckpointSaved)
    best = epochs[best_epoch(epochs)]
    saved = [e for e in events if isinstance(e, CheckpointSaved)]
    assert (saved[-1].epoch, saved[-1].error_rate) == (best.epoch, best.error_rate)
    final = tiny.catalog.runs.predictions(1, "final")
    checked = tiny.catalog.images.all(sides=["valid", "test"])
    assert set(final.image_ids) == {image.id for image in checked}
    np.testing.assert_allclose(answers(tiny), final.probs_nc, atol=1e-5)
    assert tiny.catalog.runs.get(1).config == TINY.to_dict()


def test_the_best_epoch_is_kept_when_later_ones_are_worse(tiny, monkeypatch):
    """Error rates 0.4, 0.1, 0.3: the weights on disk are those after the second epoch."""
    rates = iter([0.4, 0.1, 0.3])
    real = Trainer._validate
    weights = []

    def validate(trainer, stage, *more):
        weights.append({k: t.clone() for k, t in trainer.network.state_dict().items()})
        return replace(real(trainer, stage, *more), error_rate=next(rates))

    monkeypatch.setattr(Trainer, "_validate", validate)
    saved = [e.epoch for e in follow(tiny) if isinstance(e, CheckpointSaved)]
    assert saved == [0, 1]
    kept = load_weights(TINY.architecture, 2, tiny.workspace.run(1)).state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in weights[1].items())
    assert not torch.equal(weights[2]["classifier.weight"], kept["classifier.weight"])


def test_stopping_after_the_first_batch_leaves_a_usable_model(tiny):
    seen = []
    stopping = replace(tiny, stop_requested=lambda: any(isinstance(e, BatchEnded) for e in seen))
    for event in fine_tune(stopping, TINY):
        seen.append(event)
    assert seen[-1] == RunEnded("stopped")
    assert len([e for e in seen if isinstance(e, BatchEnded)]) == 1
    final = tiny.catalog.runs.predictions(1, "final")
    assert len(final.image_ids) == 6
    np.testing.assert_allclose(answers(tiny), final.probs_nc, atol=1e-5)


def test_stopping_before_training_is_a_stopped_run_without_a_model(tiny):
    events = follow(replace(tiny, stop_requested=lambda: True))
    assert events[-1] == RunEnded("stopped")
    assert not (tiny.workspace.run(1) / FILE).exists()


@pytest.mark.slow
def test_a_rate_that_is_far_too_high_fails_clearly_or_ends_with_a_finite_model(tiny):
    config = replace(TINY, rate=1.0, frozen_epochs=0, epochs=6, batch_size=1)
    try:
        follow(tiny, config)
    except StudioError as error:
        assert "learning rate ten times lower" in error.hint
    kept = load_weights(TINY.architecture, 2, tiny.workspace.run(1)).state_dict()
    assert all(tensor.isfinite().all() for tensor in kept.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"architecture": "resnet1001", "weights": "scratch"}, "resnet1001"),
        ({"architecture": "vit_tiny_patch16_224", "weights": "scratch"}, "cannot see pictures"),
        (
            {"architecture": "vit_tiny_patch16_224", "weights": "scratch"}
            | {"size_px": 224, "smaller_first": (64,)},
            "cannot see pictures of 64 px",
        ),
    ],
    ids=["unknown", "fixed size", "fixed smaller size"],
)
def test_what_cannot_be_trained_is_said_before_anything_is_computed(options, words, tiny):
    with pytest.raises(StudioError, match=words):
        follow(tiny, replace(TINY, **options))
    assert not (tiny.workspace.run(1) / FILE).exists()


def test_all_pictures_as_one_batch_and_one_picture_in_a_class(tiny):
    batches = [e for e in follow(tiny, replace(TINY, batch_size=64)) if isinstance(e, BatchEnded)]
    assert [e.step for e in batches] == [1, 2]


def test_the_best_model_answers_the_validation_images_once(tiny, monkeypatch):
    asked: list[int] = []
    real = Trainer.probabilities
    monkeypatch.setattr(
        Trainer, "probabilities", lambda t, ids: (asked.append(len(ids)), real(t, ids))[1]
    )
    follow(tiny)
    assert asked == [4, 4, 4, 2]  # before training, two epochs; at the end the test images alone


def test_minutes_are_planned_for_this_machine(tiny, monkeypatch):
    monkeypatch.setattr("core.training.fine_tune.images_per_s", lambda *_: 1.0)
    args = {**replace(TINY, minutes=0.75, epochs=99).to_dict(), "plan": True}
    events = [e for e in fine_tune_task(tiny, args) if not isinstance(e, Progressed)]
    assert events[-1] == RunEnded("completed")
    config = tiny.catalog.runs.get(1).config
    assert config["minutes"] == 0.75 and config["frozen_epochs"] == 0
    assert 1 <= config["epochs"] <= ROOM * 45 / 6 + 1  # six pictures, one a second
    epochs = [e.epoch for e in events if isinstance(e, EpochEnded)]
    assert epochs == list(range(len(epochs))) and len(epochs) <= config["epochs"] + 1


def test_no_time_leaves_the_fitted_head(tiny):
    args = {**replace(TINY, minutes=1e-3).to_dict(), "plan": True}
    events = [e for e in fine_tune_task(tiny, args) if not isinstance(e, Progressed)]
    assert [e.epoch for e in events if isinstance(e, EpochEnded)] == [0]
    assert events[-1] == RunEnded("completed")
    assert tiny.catalog.runs.predictions(1, "final").image_ids


def test_stopping_while_planning_leaves_no_run(tiny):
    stopping = replace(tiny, stop_requested=lambda: True)
    args = {**replace(TINY, minutes=1).to_dict(), "plan": True}
    assert all(isinstance(e, Progressed) for e in fine_tune_task(stopping, args))
    assert not tiny.catalog.runs.all()
