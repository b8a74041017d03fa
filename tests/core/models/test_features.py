"""Features of many images: computed once, kept when stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import WorkspaceError
from core.feature_store import FeatureStore
from core.images.working_copy import read_copy
from core.models.embedder import BATCH, Embedder
from core.models.features import compute_features
from tests.builders import fill


class Counting:
    """An embedder that counts the pictures that go through it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.preprocessing = embedder.preprocessing
        self.batch = embedder.batch
        self.pictures = 0

    def embed(self, images_nhwc: np.ndarray) -> np.ndarray:
        self.pictures += len(images_nhwc)
        return self._embedder.embed(images_nhwc)


@pytest.fixture
def embedder(shared_home):
    return Counting(Embedder("tf_efficientnet_lite0", shared_home / ".cache"))


@pytest.fixture
def ids(context):
    return [image.id for image in fill(context, {"apple": 6, "pear": 4})]


def new_store(context) -> FeatureStore:
    return FeatureStore(context.workspace.features / "key")


def test_features_are_computed_once(context, ids, embedder):
    events = list(compute_features(ids, embedder, new_store(context), context))
    assert embedder.pictures == 10
    assert (events[-1].done, events[-1].total) == (10, 10)
    assert [event.done for event in events] == sorted(event.done for event in events)
    again = new_store(context)
    assert again.missing(ids) == []
    list(compute_features(ids, embedder, again, context))
    assert embedder.pictures == 10


def test_each_image_gets_its_own_features(context, ids, embedder):
    store = new_store(context)
    list(compute_features(ids, embedder, store, context))
    for image_id in (ids[0], ids[9]):
        crop = embedder.preprocessing.crop(read_copy(context.workspace, image_id))
        expected = embedder.embed(crop[None])
        np.testing.assert_allclose(store.get([image_id]), expected, atol=1e-4)


def test_a_damaged_file_is_computed_again(context, ids, embedder):
    list(compute_features(ids, embedder, new_store(context), context))
    (file,) = (context.workspace.features / "key").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-10])
    list(compute_features(ids, embedder, new_store(context), context))
    assert embedder.pictures == 20
    assert new_store(context).missing(ids) == []


def test_stopping_keeps_what_is_done(context, ids, embedder):
    stopping = replace(context, stop_requested=lambda: True)
    list(compute_features(ids, embedder, new_store(context), stopping))
    assert embedder.pictures == BATCH
    assert len(new_store(context).missing(ids)) == len(ids) - BATCH
    list(compute_features(ids, embedder, new_store(context), context))
    assert embedder.pictures == len(ids)


def test_a_missing_working_copy_is_said_in_a_sentence(context, ids, embedder):
    context.workspace.copy(ids[0]).unlink()
    with pytest.raises(WorkspaceError, match=ids[0][:12]):
        list(compute_features(ids, embedder, new_store(context), context))
