"""A closer look, on a workspace that was really trained."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import StudioError
from core.review.closer import class_activation, closer_look, heat_map
from core.review.live import LiveScores
from tests.builders import a_scored_workspace


@pytest.fixture
def image(trained):
    return next(i for i in trained.catalog.images.all() if i.label == "red" and i.side == "train")


def test_probabilities_and_neighbours(trained, image):
    look = closer_look(trained.catalog, LiveScores(trained.workspace), image.id)
    assert look.image == image and look.source == "a test"
    names, shares = zip(*look.probabilities, strict=True)
    assert sorted(names) == sorted(trained.catalog.images.classes())
    assert list(shares) == sorted(shares, reverse=True) and sum(shares) == pytest.approx(
        1, abs=1e-5
    )
    neighbours, similar = zip(*look.neighbours, strict=True)
    assert [n.label for n in neighbours[:3]] == ["red"] * 3
    assert image.id not in [n.id for n in neighbours]
    assert list(similar) == sorted(similar, reverse=True)


def test_the_heat_map_is_a_picture_that_depends_on_the_class(trained, image):
    cache = trained.settings.cache
    overlays = [
        heat_map(trained.workspace, trained.catalog, cache, image.id, label)
        for label in ("red", "blue")
    ]
    red, blue = (np.asarray(Image.open(io.BytesIO(data)), np.int64) for data in overlays)
    assert red.shape == (224, 224, 3)
    assert np.abs(red - blue).mean() > 1


def test_what_is_not_there_is_said(trained, image, tmp_path):
    with pytest.raises(StudioError, match="not in the workspace"):
        closer_look(trained.catalog, LiveScores(trained.workspace), "f" * 64)
    with pytest.raises(StudioError, match="does not know"):
        heat_map(trained.workspace, trained.catalog, trained.settings.cache, image.id, "no class")
    with pytest.raises(StudioError, match="not on this machine"):
        heat_map(trained.workspace, trained.catalog, tmp_path, image.id, "red")


def test_the_head_of_the_run_is_needed(trained_copy, image):
    workspace, catalog = trained_copy.workspace, trained_copy.catalog
    (workspace.run(1) / "model.safetensors").unlink()
    with pytest.raises(StudioError, match="missing or damaged"):
        heat_map(workspace, catalog, trained_copy.settings.cache, image.id, "red")


def test_without_features_there_are_no_neighbours(tmp_path):
    context = a_scored_workspace(tmp_path, {"ant": 5, "bee": 5})
    catalog = context.catalog
    run = catalog.runs.latest("out-of-fold")
    assert run is not None
    image = catalog.images.all()[0]
    look = closer_look(catalog, LiveScores(context.workspace), image.id)
    assert look.neighbours == ()  # there are no features
    assert look.probabilities


def test_the_place_that_speaks_for_the_class_is_lit():
    maps = np.zeros((3, 4, 5), np.float32)
    maps[1, 2, 3] = 7.0  # the feature that class 0 goes by
    maps[2, 0, 0] = 9.0  # and the one that class 1 goes by
    weights = np.array([[0, 1, 0], [0, 0, 1]], np.float32)
    heat = class_activation(maps, weights, 0)
    assert heat.shape == (4, 5)
    assert np.unravel_index(heat.argmax(), heat.shape) == (2, 3)
    assert heat.max() == pytest.approx(1) and heat[0, 0] == 0


def test_nothing_that_speaks_for_it_is_no_heat():
    heat = class_activation(np.ones((2, 3, 3), np.float32), np.array([[-1, -1], [1, 1.0]]), 0)
    assert (heat == 0).all()
