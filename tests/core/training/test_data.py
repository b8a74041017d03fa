"""Batches: in threads, and yet decided by seed, epoch and place alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import WorkspaceError
from core.images import working_copy as module
from core.models.preprocessing import Preprocessing
from core.training.config import TrainConfig
from core.training.data import TrainingBatches, as_tensor, balanced
from core.training.training_set import training_set
from tests.builders import run_import, tints

SMALL = Preprocessing(size_px=32)


@pytest.fixture
def images(context):
    found = tints({"a": "red"}, train=9, valid=1) + tints({"b": "blue"}, train=3, valid=1, seed=9)
    run_import(context, (found, []))
    return training_set(context).train


def batches(context, images, **options) -> TrainingBatches:
    config = TrainConfig(**{"batch_size": 5, "seed": 3, **options})
    return TrainingBatches(images, context.workspace, SMALL, config)


def same(first, second) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in pairs)


@pytest.mark.parametrize("mixup", [0.0, 0.4])
def test_an_epoch_can_be_entered_at_any_batch(context, images, mixup):
    epochs = batches(context, images, mixup=mixup)
    whole = list(epochs.epoch(2))
    assert [len(labels) for _, labels in whole] == [4, 4, 4]
    for first in range(3):
        assert same(whole[first:], list(epochs.epoch(2, first)))


def test_pictures_that_find_no_room_are_decoded_again(context, images, monkeypatch):
    roomy = list(batches(context, images).epoch(1))
    monkeypatch.setattr(module, "MAX_CACHE_BYTES", 30_000)
    assert same(roomy, list(batches(context, images).epoch(1)))


def test_an_epoch_that_is_left_leaves_no_thread_at_work(context, images):
    import threading

    running = batches(context, images).epoch(1)
    next(running)
    running.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("decode")]


def test_a_missing_picture_is_said(context, images):
    context.workspace.copy(images.image_ids[0]).unlink()
    with pytest.raises(WorkspaceError, match="gone"):
        list(batches(context, images).epoch(1))


@pytest.mark.parametrize("counts", [[9, 3], [1, 30], [5, 5, 5], [1, 1], [40]])
def test_oversampling_draws_every_class_equally_often(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = balanced(labels, np.random.default_rng(0))
    assert len(rows) == len(labels)
    drawn = np.bincount(labels[rows], minlength=len(counts))
    assert drawn.max() - drawn.min() <= 1


def test_mixup_blends_pictures_and_labels_in_the_same_share(context, images):
    plain, blended = (list(batches(context, images, mixup=m).epoch(1)) for m in (0.0, 0.4))
    for (x, y), (mixed, said) in zip(plain, blended, strict=True):
        assert torch.allclose(said.sum(1), torch.ones(len(said)))
        one_hot = torch.nn.functional.one_hot(y, 2).float()
        apart = (one_hot - one_hot.flip(0)).abs().sum(1) > 0
        if apart.any():
            share = said[apart][0][y[apart][0]]
            expected = share * x + (1 - share) * x.flip(0)
            assert torch.allclose(mixed, expected, atol=1e-5)


def test_tensors_are_what_serving_feeds():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    odd = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    np.testing.assert_allclose(as_tensor(pictures, odd), odd.normalise(pictures), atol=1e-6)
    assert as_tensor(pictures, odd).is_contiguous(memory_format=torch.channels_last)
