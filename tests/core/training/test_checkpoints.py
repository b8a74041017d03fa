"""Named models of a run, listed and gone back to."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from core.errors import Conflict, StudioError
from core.events import EpochEnded
from core.models.architectures import preprocessing_of
from core.models.weights import FILE, load_weights
from core.training.best_epoch import best_epoch
from core.training.checkpoints import checkpoints_of, file_of
from core.training.config import TrainConfig
from core.training.evaluation import predict
from core.training.fine_tune import fine_tune
from core.training.go_back import go_back
from tests.builders import run_import, tints

CONFIG = TrainConfig(
    architecture="test_resnet",
    weights="scratch",
    size_px=64,
    smaller_first=(32,),
    resize="pad",
    batch_size=4,
    frozen_epochs=1,
    epochs=1,
    rate=1e-2,
    oversample=True,
)


@pytest.fixture
def ran(context):
    run_import(context, (tints({"a": "red", "b": "blue"}, train=4, valid=2, test=1), []))
    for event in fine_tune(context, CONFIG):
        if event.kind not in ("progressed", "run_started"):
            context.catalog.runs.record(1, event)
    return context


def test_start_each_stage_and_the_best_are_listed(ran):
    listed = checkpoints_of(ran.workspace, 1)
    names = ["start", "head", "whole network, 32 px", "whole network", "best"]
    assert [c.name for c in listed] == names
    assert [c.epoch for c in listed[:-1]] == [0, 1, 2, 3]
    epochs = ran.catalog.runs.events(1, EpochEnded)
    best = epochs[best_epoch(epochs)]
    assert (listed[-1].epoch, listed[-1].error_rate) == (best.epoch, best.error_rate)
    assert [c.in_use for c in listed] == [False] * 4 + [True]


def test_going_back_makes_a_checkpoint_the_model_with_its_answers(ran):
    for name in ("start", "whole network, 32 px", "best"):
        list(go_back(ran, 1, name))
        assert [c.name for c in checkpoints_of(ran.workspace, 1) if c.in_use] == [name]
        network = load_weights(CONFIG.architecture, 2, ran.workspace.run(1))
        said = ran.catalog.runs.predictions(1, "final")
        preprocessing = preprocessing_of(network, 64, "pad")
        probs = predict(network, said.image_ids, ran.workspace, preprocessing)
        np.testing.assert_allclose(probs, said.probs_nc, atol=1e-6)
        assert len(said.image_ids) == 6


@pytest.mark.parametrize("name", ["beast", "../1/model", "", "best.safetensors", None])
def test_what_is_not_listed_cannot_be_gone_back_to(ran, name):
    before = (ran.workspace.run(1) / FILE).read_bytes()
    with pytest.raises(StudioError, match="no usable checkpoint"):
        list(go_back(ran, 1, name))
    assert (ran.workspace.run(1) / FILE).read_bytes() == before


def test_a_damaged_checkpoint_is_left_alone(ran):
    before = (ran.workspace.run(1) / FILE).read_bytes()
    head, start = (file_of(ran.workspace, 1, name) for name in ("head", "start"))
    head.write_bytes(b"\xff" * 100)
    start.write_bytes(start.read_bytes()[:-1])
    assert "head" not in [c.name for c in checkpoints_of(ran.workspace, 1)]
    for name in ("head", "start"):
        with pytest.raises(StudioError):
            list(go_back(ran, 1, name))
    assert (ran.workspace.run(1) / FILE).read_bytes() == before


def test_a_run_that_goes_on_is_left_alone(context):
    run = context.catalog.runs.create("fine-tune", CONFIG.to_dict(), ["a", "b"])
    with pytest.raises(Conflict, match="going on"):
        list(go_back(context, run.id, "best"))


def test_a_run_without_checkpoints_has_none(context):
    assert checkpoints_of(context.workspace, 77) == []


def test_the_listing_needs_no_torch():
    code = "import sys, core.training.checkpoints, core.training.schedule, core.models.augmentation"
    asked = f"{code}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
