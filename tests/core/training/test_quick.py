"""The quick model, from pictures to a stored run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import StudioError, WorkspaceError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    FeaturesComputed,
    LabelsDoubted,
    Progressed,
    RunEnded,
    RunStarted,
)
from core.feature_store import FeatureStore
from core.images.working_copy import read_copy
from core.models.architectures import preprocessing_of
from core.models.weights import load_weights
from core.training import quick
from core.training.quick import train_quick
from tests.builders import run_import, tints


def test_a_run_with_its_predictions_is_stored(trained):
    (run,) = trained.catalog.runs.all()
    assert (run.kind, run.name, run.ending) == ("quick", "quick 1", "completed")
    images = trained.catalog.images.all()
    assert run.classes == tuple(sorted({image.label for image in images}))
    final = trained.catalog.runs.predictions(run.id, "final")
    scored = trained.catalog.runs.predictions(run.id, "out-of-fold")
    assert set(final.image_ids) == {i.id for i in images if i.side in ("valid", "test")}
    assert set(scored.image_ids) == {i.id for i in images if i.side in ("train", "valid")}
    for predictions in (final, scored):
        np.testing.assert_allclose(predictions.probs_nc.sum(1), 1, atol=1e-5)


def test_the_labels_that_it_doubts_are_told_worst_first(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=8, valid=4), []))
    swapped = next(image for image in fresh.catalog.images.all() if image.label == "a")
    fresh.catalog.journal.relabel(swapped.id, "b")
    (told,) = [event for event in train_quick(fresh) if isinstance(event, LabelsDoubted)]
    assert told.image_ids == (swapped.id,)


def test_easy_classes_are_learned(trained):
    labels = {image.id: image.label for image in trained.catalog.images.all()}
    for scope in ("final", "out-of-fold"):
        predictions = trained.catalog.runs.predictions(1, scope)
        answers = [predictions.classes[k] for k in predictions.probs_nc.argmax(1)]
        right = [labels[i] == answer for i, answer in zip(predictions.image_ids, answers)]
        assert np.mean(right) > 0.9


def test_the_saved_network_answers_as_recorded(trained):
    run = trained.catalog.runs.get(1)
    network = load_weights(run.config["architecture"], 6, trained.workspace.run(1)).eval()
    preprocessing = preprocessing_of(network)
    final = trained.catalog.runs.predictions(1, "final")
    crops = [preprocessing.crop(read_copy(trained.workspace, i)) for i in final.image_ids]
    with torch.no_grad():
        logits = network(torch.from_numpy(preprocessing.normalise(np.stack(crops))))
    np.testing.assert_allclose(logits.softmax(1).numpy(), final.probs_nc, atol=1e-3)


def test_events_say_what_happened_in_order(trained):
    (epoch,) = trained.catalog.runs.events(1, EpochEnded)
    (saved,) = trained.catalog.runs.events(1, CheckpointSaved)
    assert trained.catalog.runs.events(1, RunEnded) == [RunEnded("completed")]
    final = trained.catalog.runs.predictions(1, "final")
    valid = {i.id: i.label for i in trained.catalog.images.all(sides=["valid"])}
    rows = [k for k, i in enumerate(final.image_ids) if i in valid]
    answers = [final.classes[final.probs_nc[k].argmax()] for k in rows]
    wrong = [answer != valid[final.image_ids[k]] for k, answer in zip(rows, answers)]
    assert epoch.valid_images == len(valid) == 12
    assert epoch.error_rate == saved.error_rate == pytest.approx(np.mean(wrong))


def test_training_twice_gives_the_same_and_computes_no_features_again(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=4), []))
    events = list(train_quick(fresh))
    kinds = [type(event) for event in events if not isinstance(event, Progressed)]
    assert kinds == [
        RunStarted, FeaturesComputed, LabelsDoubted, EpochEnded, CheckpointSaved, RunEnded
    ]  # fmt: skip
    assert [e.images for e in events if isinstance(e, FeaturesComputed)] == [14]
    (folder,) = fresh.workspace.features.iterdir()
    files = sorted(folder.iterdir())
    list(train_quick(fresh))
    assert sorted(folder.iterdir()) == files
    first, second = (fresh.catalog.runs.predictions(n, "out-of-fold") for n in (1, 2))
    np.testing.assert_array_equal(first.probs_nc, second.probs_nc)


def test_stopping_keeps_the_features_and_says_so(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=4), []))
    stopping = replace(fresh, stop_requested=lambda: True)
    assert list(train_quick(stopping))[-1] == RunEnded("stopped")
    (folder,) = fresh.workspace.features.iterdir()
    ids = [image.id for image in fresh.catalog.images.all()]
    assert len(FeatureStore(folder).missing(ids)) == len(ids) - 4
    assert fresh.catalog.runs.predictions(1, "final").image_ids == ()
    assert fresh.catalog.runs.latest("out-of-fold") is None
    assert list(train_quick(fresh))[-1] == RunEnded("completed")


def test_a_class_without_training_images_is_not_scored(fresh):
    pictures = tints({"a": "red", "b": "blue"}, train=3, valid=1, test=0)
    pictures += tints({"c": "green"}, train=0, valid=2, test=0, seed=7)
    run_import(fresh, (pictures, []))
    (epoch,) = [event for event in train_quick(fresh) if isinstance(event, EpochEnded)]
    labels = {image.id: image.label for image in fresh.catalog.images.all()}
    final = fresh.catalog.runs.predictions(1, "final")
    assert sorted(labels[i] for i in final.image_ids) == ["a", "b", "c", "c"]
    scored = fresh.catalog.runs.predictions(1, "out-of-fold")
    assert {labels[i] for i in scored.image_ids} == {"a", "b"}
    assert epoch.error_rate >= 0.5
    assert np.isfinite(epoch.valid_loss)


def test_one_image_a_class_is_enough_to_train(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=1, valid=1, test=0), []))
    assert list(train_quick(fresh))[-1] == RunEnded("completed")


def test_nothing_is_stored_when_there_is_nothing_to_learn(fresh):
    run_import(fresh, (tints({"a": "red"}), []))
    with pytest.raises(StudioError, match="only one class"):
        list(train_quick(fresh))
    assert fresh.catalog.runs.all() == []


def test_an_unknown_architecture_is_said_in_a_sentence(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=1, valid=1), []))
    with pytest.raises(StudioError, match="resnet1001"):
        list(train_quick(fresh, "resnet1001"))


def test_a_run_whose_weights_cannot_be_written_has_no_model(fresh, monkeypatch):
    def full(*_: object) -> None:
        raise WorkspaceError("The disk is full.", "Free some space.")

    run_import(fresh, (tints({"red": "red", "blue": "blue"}, train=4), []))
    monkeypatch.setattr(quick, "save_weights", full)
    with pytest.raises(WorkspaceError):
        list(train_quick(fresh))
    assert fresh.catalog.runs.all() and fresh.catalog.runs.with_model() == []
