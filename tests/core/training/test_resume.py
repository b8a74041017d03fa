"""A run that was stopped or killed goes on as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import Conflict, StudioError
from core.events import BatchEnded, CheckpointSaved, EpochEnded, RunEnded, RunFailed, RunResumed
from core.jobs import _children, active_job, log_of, start_job, wait_for
from core.models.weights import FILE, load_tensors
from core.training import keeping
from core.training.checkpoints import checkpoints_of
from core.training.config import TrainConfig
from core.training.fine_tune import fine_tune, resume
from core.training.state import BEFORE, NEXT, STATE, load_state
from tests.builders import a_context, run_import, tints

CONFIG = TrainConfig(
    architecture="test_resnet",
    weights="scratch",
    size_px=32,
    batch_size=4,
    frozen_epochs=1,
    epochs=2,
    rate=1e-2,
    mixup=0.2,
)


@pytest.fixture
def tiny(context):
    found = tints({"a": "red", "b": "blue", "c": "green"}, train=4, valid=2, test=1)
    run_import(context, (found, []))
    return context


def follow(context, events, until=lambda event: False) -> list:
    """What a worker does with events, up to and including the one it is asked to stop after."""
    seen: list = []
    run_id = None
    for event in events(replace(context, stop_requested=lambda: any(until(e) for e in seen))):
        if event.kind == "run_started":
            run_id = event.run_id
        elif event.kind != "progressed":
            context.catalog.runs.record(run_id, event)
            seen.append(event)
    return seen


def killed(context, events, after) -> None:
    """As if the process had vanished once that event was recorded."""
    run_id = None
    for event in events(context):
        if event.kind == "run_started":
            run_id = event.run_id
        elif event.kind != "progressed":
            context.catalog.runs.record(run_id, event)
            if after(event):
                break
    context.catalog.runs.end(run_id, RunFailed("Gone.", "Again."))


def start(context):
    return fine_tune(context, CONFIG)


def again(context):
    return resume(context, 1)


def left_by(context, run_id: int) -> tuple:
    """Losses, validation, model and answers of a run: all that it is."""
    runs, folder = context.catalog.runs, context.workspace.run(run_id)
    losses = [(e.step, e.train_loss) for e in runs.events(run_id, BatchEnded)]
    epochs = [(e.epoch, e.valid_loss, e.train_loss or 0.0) for e in runs.events(run_id, EpochEnded)]
    weights, _ = load_tensors(folder / FILE)
    return losses, epochs, weights, runs.predictions(run_id, "final").probs_nc


def assert_same(context, first: int, second: int) -> None:
    one, two = left_by(context, first), left_by(context, second)
    np.testing.assert_allclose(one[0], two[0], atol=1e-6)
    np.testing.assert_allclose(one[1], two[1], atol=1e-6)
    for name, tensor in one[2].items():
        torch.testing.assert_close(two[2][name], tensor, atol=1e-6, rtol=0)
    np.testing.assert_allclose(one[3], two[3], atol=1e-6)


def at_step(step):
    return lambda event: isinstance(event, BatchEnded) and event.step == step


def at_epoch(epoch):
    return lambda event: isinstance(event, EpochEnded) and event.epoch == epoch


@pytest.mark.parametrize(
    "moment",
    [at_step(1), at_step(5), at_epoch(0), at_epoch(2)],
)
def test_a_run_that_was_stopped_ends_as_one_that_was_not(tiny, moment):
    stopped = follow(tiny, start, moment)
    assert stopped[-1] == RunEnded("stopped")
    resumed = follow(tiny, again)
    assert isinstance(resumed[0], RunResumed)
    assert resumed[-1] == RunEnded("completed")
    assert tiny.catalog.runs.get(1).ending == "completed"
    follow(tiny, start)
    assert_same(tiny, 1, 2)


@pytest.mark.parametrize("moment", [at_epoch(0), at_step(7), at_epoch(3), None])
def test_a_run_whose_process_vanished_ends_as_one_that_went_on(tiny, moment):
    moment = moment or (lambda event: isinstance(event, CheckpointSaved))
    killed(tiny, start, moment)
    assert tiny.catalog.runs.get(1).ending == "failed"
    assert follow(tiny, again)[-1] == RunEnded("completed")
    follow(tiny, start)
    assert_same(tiny, 1, 2)


def test_a_run_can_be_stopped_and_resumed_again_and_again(tiny):
    follow(tiny, start, at_step(2))
    for step in (3, 4, 7, 8):
        assert follow(tiny, again, at_step(step))[-1] == RunEnded("stopped")
    follow(tiny, again)
    follow(tiny, start)
    assert_same(tiny, 1, 2)


def test_labels_that_changed_meanwhile_are_those_of_the_beginning(tiny):
    follow(tiny, start, at_step(4))
    follow(tiny, start)
    image = tiny.catalog.images.all(sides=["train"])[0]
    tiny.catalog.journal.quarantine([image.id])
    follow(tiny, again)
    assert_same(tiny, 1, 2)


def test_a_damaged_state_falls_back_to_the_one_before(tiny):
    follow(tiny, start, at_epoch(2))
    folder = tiny.workspace.run(1)
    (folder / STATE).write_bytes((folder / STATE).read_bytes()[:-7])
    resumed = follow(tiny, again)
    assert resumed[0].lost == 1
    assert resumed[0].step < 6
    follow(tiny, start)
    assert_same(tiny, 1, 2)


def test_with_every_state_damaged_the_run_begins_anew(tiny):
    follow(tiny, start, at_epoch(2))
    for name in (STATE, BEFORE):
        (tiny.workspace.run(1) / name).write_bytes(b"nonsense")
    assert follow(tiny, again)[-1] == RunEnded("completed")
    follow(tiny, start)
    assert_same(tiny, 1, 2)


def test_a_worker_that_was_killed_between_two_renames_left_a_state(tiny):
    follow(tiny, start, at_step(5))
    folder = tiny.workspace.run(1)
    (folder / STATE).replace(folder / NEXT)
    assert load_state(folder).position.step == 5


def test_a_full_disk_leaves_the_state_before(tiny, monkeypatch):
    """The third state cannot be written: what the second says is still there."""
    from core.models import weights

    real, states = weights.save_file, []

    def save(tensors, path, header):
        if NEXT in path.name:
            states.append(path)
            if len(states) == 3:
                path.write_bytes(b"half of it")
                raise weights.SafetensorError("I/O error: No space left on device (os error 28)")
        real(tensors, path, header)

    monkeypatch.setattr(weights, "save_file", save)
    with pytest.raises(StudioError, match="disk is full"):
        follow(tiny, start)
    tiny.catalog.runs.end(1, RunFailed("Full.", "Free some."))
    assert not list(tiny.workspace.run(1).glob(".*.part"))
    assert follow(tiny, again)[0].epoch == 1
    follow(tiny, start)
    assert_same(tiny, 1, 2)


def test_what_is_complete_or_no_fine_tuning_cannot_be_resumed(tiny):
    follow(tiny, start)
    tiny.catalog.runs.create("quick", {}, ["a", "b"])
    assert not (tiny.workspace.run(1) / STATE).exists()
    for run_id in (1, 2):
        with pytest.raises(Conflict, match="nothing left"):
            list(resume(tiny, run_id))


def test_a_loss_that_is_no_number_keeps_the_best_model_so_far(tiny, monkeypatch):
    real = keeping.Keeper.keep

    def keep(keeper, trainer, ended):
        yield from real(keeper, trainer, ended)
        if ended.epoch == 1:
            with torch.no_grad():
                next(trainer.network.parameters()).fill_(float("nan"))

    monkeypatch.setattr(keeping.Keeper, "keep", keep)
    with pytest.raises(StudioError, match="learning rate ten times lower"):
        follow(tiny, start)
    best = checkpoints_of(tiny.workspace, 1)[-1]
    assert best.name == "best"
    assert best.in_use
    weights, _ = load_tensors(tiny.workspace.run(1) / FILE)
    assert all(tensor.isfinite().all() for tensor in weights.values())
    assert len(tiny.catalog.runs.predictions(1, "final").image_ids) == 6


@pytest.mark.slow
def test_a_worker_killed_at_any_moment_loses_an_epoch_at_most(tiny):
    """Eight workers, each killed at a moment of its own, and then one that is let be.

    Each of the moments (the first to the eighth batch of a worker, before and after an epoch's end)
    has its turn once, in a random order; how long after that batch is random too.
    """
    rng, kinds = random.Random(7), []
    config = {**CONFIG.to_dict(), "epochs": 40, "mixup": 0.0}
    start_job(tiny.workspace, tiny.catalog, "fine-tune", config)
    for steps in rng.sample(range(1, 9), 8):
        job = active_job(tiny.workspace, tiny.catalog)
        assert job is not None
        reached = _await_steps(tiny, job, steps, rng.uniform(0, 0.3))
        os.kill(_children[log_of(tiny.workspace, job.id)].pid, signal.SIGKILL)
        _children[log_of(tiny.workspace, job.id)].wait()
        assert active_job(tiny.workspace, tiny.catalog) is None
        run = tiny.catalog.runs.get(1)
        assert (run.ending, tiny.catalog.jobs.get(job.id).state) == ("failed", "failed")
        stored = load_state(tiny.workspace.run(1))
        assert (stored.position.step if stored else 0) >= reached - 3  # an epoch has three batches
        kinds.append(stored is not None)
        start_job(tiny.workspace, tiny.catalog, "resume", {"run_id": 1})
    assert any(kinds)
    last = active_job(tiny.workspace, tiny.catalog)
    wait_for(tiny.workspace, tiny.catalog, last.id, 120)
    assert tiny.catalog.runs.get(1).ending == "completed"
    reference = fine_tune(a_context(tiny.workspace, tiny.catalog), TrainConfig.from_dict(config))
    follow(tiny, lambda context: reference)
    assert_same(tiny, 1, 2)


def _await_steps(context, job, steps: int, then_s: float) -> int:
    """Wait until this worker has recorded that many batches, or is done; the last step's number."""
    runs, deadline = context.catalog.runs, time.monotonic() + 60
    began = None
    while time.monotonic() < deadline:
        done = [e.step for e in runs.events(1, BatchEnded)] if runs.all() else []
        if context.catalog.jobs.get(job.id).state == "running":
            began = len(done) if began is None else min(began, len(done))
            if len(done) >= began + steps:
                break
        time.sleep(0.02)
    time.sleep(then_s)
    return max((e.step for e in runs.events(1, BatchEnded)), default=0)
