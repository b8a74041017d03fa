"""A kit answers as the bundle of the same run does."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.bundle.network_pass import crops_of
from core.errors import StudioError
from core.interpretation.shelf import shelf_of
from core.models.preprocessing import Preprocessing
from core.serving.config_file import read_config
from core.serving.layout import GRAPH
from core.serving.off_topic import look_at
from core.serving.onnx_network import OnnxNetwork
from core.try_it.alike import most_alike
from core.try_it.kit import about, kit_of
from core.try_it.making import make_kit
from core.web.static_page import about_classifier
from core.web.web_runtime import RUNTIME, runtime_files

PACKAGE = replace(RUNTIME, files=dict.fromkeys(RUNTIME.files, hashlib.sha256(b"").hexdigest()))
"""The runtime for browsers, as if it was empty: nothing here runs it."""


@pytest.fixture
def trained(trained_copy):
    for file in runtime_files(trained_copy.settings.cache):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    return trained_copy


def kit_made(context):
    for _ in make_kit(context, 1, PACKAGE):
        pass
    kit = kit_of(context, context.catalog.runs.get(1))
    assert kit is not None
    return kit


def test_it_answers_as_the_bundle_does(trained):
    kit = kit_made(trained)
    bundle = trained.workspace.exports / "1-quick-1"
    config, told = read_config(bundle), about_classifier(bundle)
    mine = about(trained, trained.catalog.runs.get(1), kit)
    assert mine["labels"] == list(config.labels)
    assert mine["temperature"] == pytest.approx(config.temperature)
    assert mine["threshold"] == pytest.approx(config.threshold, rel=1e-3)
    assert mine["preprocessing"] == {**told["preprocessing"], "mean": [0.5] * 3, "std": [0.5] * 3}
    images = trained.catalog.images.all(sides=["valid"])
    pixels = config.preprocessing.normalise(crops_of(trained, images, config.preprocessing))
    here, there = (OnnxNetwork(file).run(pixels, heat=True) for file in (kit.graph, bundle / GRAPH))
    assert here.logits_nc == pytest.approx(there.logits_nc, abs=1e-4)
    assert here.heat_nchw == pytest.approx(there.heat_nchw, abs=1e-4)
    assert here.off_topic_n == pytest.approx(there.off_topic_n, rel=1e-3)


@pytest.mark.parametrize("features", ["on disk", "gone"])
def test_it_knows_the_training_pictures_by_the_eyes_of_its_own_network(trained, features):
    if features == "gone":
        trained.workspace.features.rename(trained.workspace.folder / "elsewhere")
    kit = kit_made(trained)
    images = trained.catalog.images.all(sides=["train"])
    sees = Preprocessing()
    pixels = sees.normalise(crops_of(trained, images[:4], sees))
    features_nf = OnnxNetwork(kit.graph).features(pixels)[1]
    looks = load_file(kit.looks)
    assert [row.tobytes().hex() for row in looks["ids"]] == [image.id for image in images]
    assert looks["looks"][:4] == pytest.approx(look_at(features_nf), abs=2e-3)
    for image, row in zip(images, features_nf, strict=False):
        assert most_alike(kit.looks, trained.catalog, row)[0].id == image.id
        near = most_alike(kit.looks, trained.catalog, row, but=image.id)
        assert np.mean([other.label == image.label for other in near]) >= 0.6


def test_a_kit_of_earlier_weights_goes(trained):
    older = kit_made(trained)
    weights = trained.workspace.run(1) / "model.safetensors"
    weights.write_bytes(weights.read_bytes())  # another time is another state
    newer = kit_made(trained)
    assert newer.shelf != older.shelf and not older.shelf.folder.exists()


def test_stopping_leaves_nothing_that_counts(trained):
    for _ in make_kit(replace(trained, stop_requested=lambda: True), 1, RUNTIME):
        pass
    assert kit_of(trained, trained.catalog.runs.get(1)) is None


def test_without_weights_or_run_it_says_so(trained):
    with pytest.raises(StudioError, match="There is no run 7"):
        list(make_kit(trained, 7, PACKAGE))
    shelf_of(trained.workspace, trained.catalog, 1)
    (trained.workspace.run(1) / "model.safetensors").unlink()
    with pytest.raises(StudioError, match="model file of this run is missing"):
        list(make_kit(trained, 1, PACKAGE))
