"""A run and its folder: made together, removed together, and no folder but its own."""

from __future__ import annotations

import pytest

from core.errors import Conflict
from core.events import EpochEnded, RunEnded
from core.metrics import Share
from core.owned import Mark, mark, mark_of
from core.runs import delete_run, new_run, outcome_of


def ended(context):
    run = new_run(context, "quick", {}, ["a", "b"])
    context.catalog.runs.end(run.id, RunEnded("completed"))
    return run, context.workspace.run(run.id)


def test_a_run_goes_with_its_folder(context):
    run, folder = ended(context)
    assert mark_of(folder) == Mark("run", str(run.id))
    (folder / "model.safetensors").write_bytes(b"weights")
    assert delete_run(context.workspace, context.catalog, run.id) is None
    assert not folder.exists() and context.catalog.runs.all() == []


@pytest.mark.parametrize("other", [None, Mark("run", "2"), Mark("bundle", "1")])
def test_a_folder_that_is_not_marked_for_the_run_stays(other, context):
    run = context.catalog.runs.create("quick", {}, ["a", "b"])
    context.catalog.runs.end(run.id, RunEnded("completed"))
    folder = context.workspace.run(run.id)
    folder.mkdir(parents=True)
    if other:
        mark(folder, other)
    (folder / "model.safetensors").write_bytes(b"weights")
    assert delete_run(context.workspace, context.catalog, run.id) == folder
    assert (folder / "model.safetensors").exists() and context.catalog.runs.all() == []


def test_a_run_that_goes_on_keeps_its_folder(context):
    run = new_run(context, "quick", {}, ["a", "b"])
    with pytest.raises(Conflict):
        delete_run(context.workspace, context.catalog, run.id)
    assert context.workspace.run(run.id).is_dir()


def test_a_run_without_a_folder_is_forgotten(context):
    run = context.catalog.runs.create("quick", {}, ["a", "b"])
    context.catalog.runs.end(run.id, RunEnded("stopped"))
    assert delete_run(context.workspace, context.catalog, run.id) is None


def test_a_run_did_as_well_as_its_best_epoch(context):
    run, _ = ended(context)
    assert outcome_of(context.catalog, run) is None
    for epoch, error in enumerate((0.5, 0.125, 0.25)):
        said = EpochEnded(epoch, epoch, "head", 0.4, error, 40)
        context.catalog.runs.record(run.id, said)
    assert outcome_of(context.catalog, run) == Share(35, 40)
