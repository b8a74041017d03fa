"""Older models answer the images of today."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.catalog import open_catalog
from core.context import Context
from core.errors import StudioError
from core.events import Progressed
from core.training.quick import train_quick
from core.training.scoring import score_runs
from core.workspace import Workspace, open_workspace
from tests.builders import a_context, run_import, tints

COLOURS = {"a": "red", "b": "blue"}


@pytest.fixture(scope="module")
def grown(shared_home) -> Path:
    """A workspace with one quick model that was trained before half of its pictures came."""
    workspace = open_workspace(shared_home, "grown")
    context = a_context(workspace, open_catalog(workspace))
    run_import(context, (tints(COLOURS, train=2), []))
    list(train_quick(context))
    run_import(context, (tints(COLOURS, train=2, seed=50), []))
    context.catalog.close()
    return workspace.folder


@pytest.fixture
def old(grown, tmp_path) -> Iterator[Context]:
    """A copy of it."""
    shutil.copytree(grown, tmp_path / "old")
    workspace = Workspace(tmp_path / "old")
    context = a_context(workspace, open_catalog(workspace))
    yield context
    context.catalog.close()


def answered(context) -> dict[str, np.ndarray]:
    found = context.catalog.runs.predictions(1, "final")
    return dict(zip(found.image_ids, found.probs_nc, strict=True))


def test_new_images_are_answered_and_old_answers_stay_the_same(old):
    before = answered(old)
    *_, last = score_runs(old, [1])
    after = answered(old)
    today = old.catalog.images.all(sides=("valid", "test"))
    assert set(after) == {image.id for image in today} > set(before)
    for image_id, probs in before.items():
        np.testing.assert_allclose(after[image_id], probs, atol=1e-3)
    assert last == Progressed(len(today), len(today), "Scoring on the images of today")


def test_stopped_before_it_began_it_keeps_the_old_answers(old):
    before = answered(old)
    list(score_runs(replace(old, stop_requested=lambda: True), [1]))
    assert answered(old).keys() == before.keys()


def test_a_model_that_is_gone_is_said_so_and_its_answers_stay(old):
    before = answered(old)
    old.workspace.run(1).rename(old.workspace.folder / "lost")
    with pytest.raises(StudioError, match="missing or damaged"):
        list(score_runs(old, [1]))
    assert answered(old).keys() == before.keys()


def test_a_run_that_is_gone_is_said_so(old):
    with pytest.raises(StudioError, match="no run 7"):
        list(score_runs(old, [7]))
