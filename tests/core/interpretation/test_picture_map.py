"""The map of the pictures: like ones lie together, and it is stored whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from core.errors import StudioError
from core.feature_store import FeatureStore
from core.interpretation.picture_map import make_map, stored_map, strongest_directions
from core.records import Predictions
from tests.builders import a_record, blobs

KEY = "net-224"


def a_workspace_with_features(context, counts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Images with features in groups, and a quick run that saw them; features and labels."""
    features, labels = blobs(counts, apart=4.0)
    images = [a_record(n, f"class {label}") for n, label in enumerate(labels)]
    context.catalog.images.add("a test", images, [], 0)
    FeatureStore(context.workspace.features / KEY).add([i.id for i in images], features)
    classes = sorted({i.label for i in images})
    run = context.catalog.runs.create("quick", {"architecture": "net"}, classes)
    probs = np.full((1, len(classes)), 1 / len(classes), np.float32)
    answers = Predictions((images[0].id,), probs, run.classes)
    context.catalog.runs.store_predictions(run.id, "out-of-fold", answers)
    return features[:, 0], labels


def test_like_pictures_lie_together(context):
    features, labels = a_workspace_with_features(context, [40, 40, 40])
    events = list(make_map(context))
    assert (events[-1].done, events[-1].total) == (30, 30)
    picture_map = stored_map(context.workspace)
    order = [image.id for image in context.catalog.images.all()]
    assert sorted(picture_map.image_ids) == order
    row = {a_record(n).id: n for n in range(len(labels))}
    rows = [row[image_id] for image_id in picture_map.image_ids]
    assert trustworthiness(strongest_directions(features)[rows], picture_map.places_n2) > 0.9
    near = np.linalg.norm(picture_map.places_n2[:, None] - picture_map.places_n2[None], axis=2)
    np.fill_diagonal(near, np.inf)
    same = labels[rows][near.argmin(1)] == labels[rows]
    assert same.mean() > 0.95
    assert picture_map.places_n2.min() == 0 and picture_map.places_n2.max() == 1


def test_the_same_pictures_give_the_same_map(context):
    a_workspace_with_features(context, [20, 20])
    list(make_map(context))
    first = stored_map(context.workspace).places_n2
    list(make_map(context))
    np.testing.assert_allclose(stored_map(context.workspace).places_n2, first, atol=1e-3)


def test_a_stop_keeps_the_map_as_far_as_it_has_come(context):
    a_workspace_with_features(context, [20, 20])
    events = list(make_map(replace(context, stop_requested=lambda: True)))
    assert events[-1].done == 1
    assert len(stored_map(context.workspace).image_ids) == 40


def test_without_a_model_or_with_too_few_pictures_it_says_what_to_do(context):
    with pytest.raises(StudioError, match="nothing to place"):
        list(make_map(context))
    a_workspace_with_features(context, [3, 3])
    with pytest.raises(StudioError, match="nothing to place"):
        list(make_map(context))
    assert stored_map(context.workspace) is None


def test_a_damaged_map_is_no_map(context):
    a_workspace_with_features(context, [20, 20])
    list(make_map(context))
    (context.workspace.folder / "map.safetensors").write_bytes(b"no map")
    assert stored_map(context.workspace) is None


@pytest.mark.parametrize("shape", [(200, 80), (30, 80), (200, 10)])
def test_the_directions_are_those_of_scikit_learn(shape):
    values = np.random.default_rng(0).normal(size=shape) * np.linspace(5, 1, shape[1])
    ours = strongest_directions(values)
    expected = PCA(ours.shape[1]).fit_transform(values)
    # Signs are arbitrary; the last ones of few images are noise.
    np.testing.assert_allclose(np.abs(ours[:, :8]), np.abs(expected[:, :8]), rtol=1e-3, atol=1e-3)
