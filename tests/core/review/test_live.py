"""Live scores: fitted again in the background, without waiting and without torch."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from core.errors import WorkspaceError
from core.feature_store import FeatureStore
from core.records import Predictions
from core.review import live as live_module
from core.review.live import HANDFUL, LiveScores, live_scores
from core.review.scores import make_scores
from core.workspace import open_workspace
from tests.builders import blobs, stored

CLASSES = ("apple", "pear")


@pytest.fixture
def scored(workspace, catalog) -> list[str]:
    """Eighty images with features, ten of them with the other label, and stored scores."""
    features, labels = blobs([40, 40], dims=24, apart=1.0)
    given_labels = labels.copy()
    given_labels[:10] = 1
    ids = stored(catalog, [CLASSES[k] for k in given_labels])
    FeatureStore(workspace.features / "net-v1").add(ids, features)
    run = catalog.runs.create("quick", {"architecture": "net"}, CLASSES)
    even = Predictions(tuple(ids), np.full((80, 2), 0.5, np.float32), CLASSES)
    catalog.runs.store_predictions(run.id, "out-of-fold", even)
    return ids


def test_there_are_none_before_the_first_training(workspace, catalog):
    assert LiveScores(workspace).newest(catalog) is None


def test_a_handful_of_marks_brings_new_scores(workspace, catalog, scored):
    live = LiveScores(workspace)
    first = live.newest(catalog)
    for image_id in scored[10 : 10 + HANDFUL - 1]:
        catalog.journal.keep(image_id)
    assert live.newest(catalog) is first
    live.wait()
    assert live.newest(catalog) is first  # four marks are no handful
    catalog.journal.keep(scored[30])
    assert live.newest(catalog) is first  # it does not wait
    live.wait()
    newer = live.newest(catalog)
    assert newer.version.journal == HANDFUL
    worst = np.argsort(-newer.judgement.wrong_n)[:10]
    wrong = {newer.row_of[image_id] for image_id in scored[:10]}
    assert len(wrong.intersection(worst)) >= 9


def test_deleted_images_are_scored_and_teach_nothing(workspace, catalog, scored):
    live = LiveScores(workspace)
    live.newest(catalog)
    catalog.journal.quarantine(scored[:10])  # all the wrong ones
    live.newest(catalog)
    live.wait()
    scores = live.newest(catalog)
    images = scores.of(catalog.images.some(scored[:10]))
    assert [image.predicted for image in images] == ["apple"] * 10


def test_a_new_training_takes_the_place_of_live_scores(workspace, catalog, scored):
    live = LiveScores(workspace)
    live.newest(catalog)
    run = catalog.runs.create("quick", {"architecture": "net"}, CLASSES)
    even = Predictions(tuple(scored), np.full((80, 2), 0.5, np.float32), CLASSES)
    catalog.runs.store_predictions(run.id, "out-of-fold", even)
    assert live.newest(catalog).version.run_id == run.id


def test_without_features_answers_still_count(workspace, catalog, scored):
    for file in workspace.features.rglob("*.safetensors"):
        file.rename(file.with_suffix(".gone"))
    (workspace.features / "net-v1").rename(workspace.features / "other-v1")
    live = LiveScores(workspace)
    live.newest(catalog)
    for image_id in scored[:HANDFUL]:
        catalog.journal.relabel(image_id, "apple")
    live.newest(catalog)
    live.wait()
    assert live.newest(catalog).version.journal == HANDFUL
    assert live.alike(catalog, scored[:4]) == scored[:4]


def test_a_fit_takes_one_core_and_gives_the_others_back(workspace, catalog, scored, monkeypatch):
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    during = list[set[int]]()

    def fit(*args):
        during.append(threads())
        return make_scores(*args)

    monkeypatch.setattr(live_module, "make_scores", fit)
    with threadpool_limits(2, "blas"):
        before = threads()
        live = LiveScores(workspace)
        live._fit(catalog.runs.latest("out-of-fold"))
        assert during == [{1}] and threads() == before == {2}


def test_a_catalog_that_cannot_be_opened_leaves_the_older_scores(
    workspace, catalog, scored, monkeypatch
):
    def broken(_):
        raise WorkspaceError("The disk is gone.", "Plug it in.")

    live = LiveScores(workspace)
    older = live.newest(catalog)
    monkeypatch.setattr(live_module, "open_catalog", broken)
    for image_id in scored[:HANDFUL]:
        catalog.journal.keep(image_id)
    live.newest(catalog)
    live.wait()
    assert live.newest(catalog) is older


def test_like_pictures_come_together(workspace, catalog, scored):
    order = LiveScores(workspace).alike(catalog, [*scored, "f" * 64])
    assert sorted(order[:-1]) == sorted(scored) and order[-1] == "f" * 64
    sides = ["early" if scored.index(i) < 40 else "late" for i in order[:-1]]
    assert sum(a != b for a, b in pairwise(sides)) <= 8  # by chance it would be about 40


def test_tabs_share_one_engine_and_old_workspaces_are_forgotten(settings):
    first = open_workspace(settings.home, "one")
    engine = live_scores(first)
    assert live_scores(first) is engine
    live_scores(open_workspace(settings.home, "two"))
    live_scores(open_workspace(settings.home, "three"))
    assert live_scores(first) is not engine


def test_the_studio_process_needs_no_torch_for_it():
    code = "import sys, core.review.live; assert not {'torch', 'timm'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_of_today_at_once_and_after_the_next_fit(workspace, catalog, scored):
    live = LiveScores(workspace)
    assert live.newest(catalog).predictions.classes == CLASSES
    catalog.classes.rename("apple", "quince")
    renamed = live.newest(catalog)
    assert renamed.predictions.classes == ("quince", "pear")
    assert {s.predicted for s in renamed.of(catalog.images.all())} <= {"quince", "pear"}
    assert np.bincount(renamed._numbers(catalog.images.all())).tolist() == [30, 50]
    for image_id in scored[:HANDFUL]:
        catalog.journal.relabel(image_id, "quince")
    live.newest(catalog)
    live.wait()
    newest = live.newest(catalog)
    assert newest.version.journal == HANDFUL + 1  # the rename
    assert newest.predictions.classes == ("quince", "pear")
    best = {s.image.id: s.predicted for s in newest.of(catalog.images.some(scored))}
    assert sum(best[i] == "quince" for i in scored[:40]) > 30


def test_a_fit_that_began_before_a_rename_is_not_taken(workspace, catalog, scored):
    live = LiveScores(workspace)
    old = live.newest(catalog)
    run = catalog.runs.latest("out-of-fold")
    catalog.classes.rename("apple", "quince")
    renamed = live.newest(catalog)
    with live._lock:
        live._scores = old
    live._fit(run)
    assert live._scores is old  # its names are of another time
    assert live.newest(catalog).predictions.classes == renamed.predictions.classes
