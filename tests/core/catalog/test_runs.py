"""Runs, their events and their predictions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import Conflict, StudioError
from core.events import BatchEnded, EpochEnded, Event, RunEnded, RunFailed, RunStarted
from core.records import Predictions
from tests.builders import stored

CLASSES = ("apple", "pear")


def epoch(number: int, error_rate: float = 0.25) -> EpochEnded:
    return EpochEnded(10 * number, number, "head", 0.7, error_rate, 8)


def predictions(ids, seed: int = 0) -> Predictions:
    probs_nc = np.random.default_rng(seed).dirichlet([1, 1], len(ids)).astype(np.float32)
    return Predictions(tuple(ids), probs_nc, CLASSES)


@pytest.fixture
def run(catalog):
    return catalog.runs.create("quick", {"epochs": 3, "name": "Äpfel"}, CLASSES)


def test_a_run_comes_back_as_it_was_stored(catalog, run):
    assert catalog.runs.get(run.id) == run
    assert run.config == {"epochs": 3, "name": "Äpfel"}
    assert run.classes == CLASSES
    assert (run.kind, run.name, run.ending, run.job_id) == ("quick", f"quick {run.id}", None, None)


def test_runs_are_listed_newest_first(catalog, run):
    second = catalog.runs.create("fine-tune", {}, CLASSES)
    assert catalog.runs.all() == [second, run]


@pytest.mark.parametrize("number", [0, 99, 10**30])
def test_a_run_that_is_not_there_is_said_in_a_sentence(number, catalog):
    with pytest.raises(StudioError):
        catalog.runs.get(number)


def test_events_come_back_in_their_order_with_odd_numbers_too(catalog, run):
    other = catalog.runs.create("quick", {}, CLASSES)
    catalog.runs.record(run.id, epoch(0, math.nan))
    catalog.runs.record(other.id, epoch(7))
    catalog.runs.record(run.id, RunStarted(run.id))
    catalog.runs.record(run.id, epoch(1))
    first, second = catalog.runs.events(run.id, EpochEnded)
    assert first.epoch == 0 and math.isnan(first.error_rate)
    assert second == epoch(1)


@pytest.mark.parametrize(
    ("events", "ending"),
    [
        ([], None),
        ([RunStarted(1), epoch(0)], None),
        ([RunStarted(1), RunEnded("completed")], "completed"),
        ([RunStarted(1), RunEnded("stopped")], "stopped"),
        ([RunStarted(1), RunFailed("No memory.", "Use smaller batches.")], "failed"),
        ([RunEnded("stopped"), RunEnded("completed")], "completed"),
        ([RunEnded("completed"), RunFailed("a", "b")], "failed"),
    ],
)
def test_the_ending_follows_from_the_last_event_that_says_one(
    events: list[Event], ending, catalog, run
):
    bystander = catalog.runs.create("quick", {}, CLASSES)
    for event in events:
        catalog.runs.record(run.id, event)
    assert catalog.runs.get(run.id).ending == ending
    assert catalog.runs.get(bystander.id).ending is None


def test_a_run_ends_once(catalog, run):
    catalog.runs.end(run.id, RunEnded("completed"))
    catalog.runs.end(run.id, RunFailed("The process is gone.", "Start again."))
    assert catalog.runs.get(run.id).ending == "completed"
    assert catalog.runs.events(run.id, RunFailed) == []


def test_unended_runs_of_a_job(catalog):
    job = catalog.jobs.create("train", {})
    first, second = (catalog.runs.create("quick", {}, CLASSES, job.id) for _ in range(2))
    catalog.runs.create("quick", {}, CLASSES)
    catalog.runs.end(first.id, RunEnded("completed"))
    assert [run.id for run in catalog.runs.unended(job.id)] == [second.id]


def test_a_run_of_a_job_that_is_not_there_is_a_conflict(catalog):
    with pytest.raises(Conflict):
        catalog.runs.create("quick", {}, CLASSES, job_id=99)
    assert catalog.runs.all() == []


def test_predictions_come_back_by_image_id(catalog, run):
    ids = stored(catalog, ["apple", "pear", "apple"])
    answers = predictions(ids)
    catalog.runs.store_predictions(run.id, "final", answers)
    predictions_of_run = catalog.runs.predictions(run.id, "final")
    order = np.argsort(ids)
    assert predictions_of_run.image_ids == tuple(ids[k] for k in order)
    assert predictions_of_run.classes == CLASSES
    assert predictions_of_run.probs_nc.dtype == np.float32
    assert np.array_equal(predictions_of_run.probs_nc, answers.probs_nc[order])


def test_predictions_are_replaced_within_their_scope_only(catalog, run):
    ids = stored(catalog, ["apple", "pear"])
    catalog.runs.store_predictions(run.id, "final", predictions(ids))
    catalog.runs.store_predictions(run.id, "out-of-fold", predictions(ids, seed=1))
    catalog.runs.store_predictions(run.id, "final", predictions(ids[:1], seed=2))
    assert catalog.runs.predictions(run.id, "final").image_ids == (ids[0],)
    assert len(catalog.runs.predictions(run.id, "out-of-fold").image_ids) == 2


def test_no_predictions_are_a_table_without_rows(catalog, run):
    answers = catalog.runs.predictions(run.id, "final")
    assert answers.image_ids == ()
    assert answers.probs_nc.shape == (0, 2)


def test_predictions_for_an_unknown_image_are_a_conflict_and_keep_the_old_ones(catalog, run):
    ids = stored(catalog, ["apple", "pear"])
    catalog.runs.store_predictions(run.id, "final", predictions(ids))
    with pytest.raises(Conflict):
        catalog.runs.store_predictions(run.id, "final", predictions([ids[0], "f" * 64]))
    assert len(catalog.runs.predictions(run.id, "final").image_ids) == 2


def test_the_latest_run_is_the_newest_with_predictions_of_that_scope(catalog, run):
    ids = stored(catalog, ["apple"])
    newer = catalog.runs.create("fine-tune", {}, CLASSES)
    catalog.runs.create("quick", {}, CLASSES)
    assert catalog.runs.latest("final") is None
    catalog.runs.store_predictions(run.id, "out-of-fold", predictions(ids))
    catalog.runs.store_predictions(run.id, "final", predictions(ids))
    catalog.runs.store_predictions(newer.id, "final", predictions(ids))
    assert catalog.runs.latest("final").id == newer.id
    assert catalog.runs.latest("out-of-fold").id == run.id


def test_a_run_remembers_how_long_the_journal_was(catalog):
    (image_id,) = stored(catalog, ["apple"])
    assert catalog.runs.create("quick", {}, ["apple"]).edits == 0
    catalog.journal.keep(image_id)
    catalog.journal.quarantine(image_id)
    assert catalog.runs.create("quick", {}, ["apple"]).edits == 2


def test_a_run_gets_a_name_and_a_note(catalog):
    run = catalog.runs.create("quick", {}, ["apple"])
    catalog.runs.describe(run.id, "  first   try ", " as it came\nfrom the web ")
    named = catalog.runs.get(run.id)
    assert (named.name, named.note) == ("first try", "as it came\nfrom the web")


@pytest.mark.parametrize(
    ("name", "note"), [("", ""), (" \n ", ""), ("x" * 61, ""), ("ok", "x" * 2001)]
)
def test_names_and_notes_have_limits(catalog, name, note):
    run = catalog.runs.create("quick", {}, ["apple"])
    with pytest.raises(StudioError, match="empty or too long"):
        catalog.runs.describe(run.id, name, note)
    assert catalog.runs.get(run.id).name == run.name


def test_two_runs_do_not_share_a_name(catalog):
    first, second = (catalog.runs.create("quick", {}, ["apple"]) for _ in range(2))
    with pytest.raises(StudioError, match="Another run is called"):
        catalog.runs.describe(second.id, first.name, "")
    catalog.runs.describe(first.id, first.name, "the same name is fine for itself")


def test_a_deleted_run_is_gone_and_its_number_is_not_given_again(catalog):
    ids = stored(catalog, ["apple", "fig"])
    first, second = (catalog.runs.create("quick", {}, ["apple", "fig"]) for _ in range(2))
    for run in (first, second):
        probs = np.full((2, 2), 0.5, np.float32)
        catalog.runs.store_predictions(run.id, "final", Predictions(tuple(ids), probs, run.classes))
        catalog.runs.record(run.id, RunEnded("completed"))
    catalog.runs.delete(second.id)
    assert [run.id for run in catalog.runs.all()] == [first.id]
    with pytest.raises(StudioError, match="no run"):
        catalog.runs.predictions(second.id, "final")
    assert [run.id for run in catalog.runs.with_model()] == [first.id]
    assert catalog.runs.create("quick", {}, ["apple"]).id == second.id + 1


def test_a_run_that_goes_on_is_not_deleted(catalog):
    run = catalog.runs.create("quick", {}, ["apple"])
    with pytest.raises(Conflict, match="still going on"):
        catalog.runs.delete(run.id)
    assert catalog.runs.get(run.id) == run


def test_a_run_that_goes_on_forgets_its_ending_and_what_will_happen_again(catalog, run):
    job = catalog.jobs.create("resume", {})
    for event in (RunStarted(run.id), epoch(0), epoch(1), epoch(2), RunEnded("stopped")):
        catalog.runs.record(run.id, event)
    catalog.runs.resume(run.id, job.id, step=10, epoch=1)
    assert [e.epoch for e in catalog.runs.events(run.id, EpochEnded)] == [0, 1]
    assert len(catalog.runs.events(run.id, RunStarted)) == 1
    assert (catalog.runs.get(run.id).ending, catalog.runs.get(run.id).job_id) == (None, job.id)
    assert [r.id for r in catalog.runs.unended(job.id)] == [run.id]
    catalog.runs.end(run.id, RunEnded("completed"))
    assert catalog.runs.get(run.id).ending == "completed"


@pytest.mark.parametrize("count", [0, 1, 7, 100, 101, 250, 999])
def test_events_of_a_long_run_are_thinned_and_the_last_is_there(catalog, count) -> None:
    run = catalog.runs.create("fine-tune", {}, ["a"])
    for step in range(1, count + 1):
        catalog.runs.record(run.id, BatchEnded(step, count, "head", 1.0, 1e-3, 10.0))
    steps = [e.step for e in catalog.runs.some_events(run.id, BatchEnded, 100)]
    assert steps == sorted(set(steps))
    assert min(count, 50) <= len(steps) <= 101
    assert steps[-1:] == [count][: min(count, 1)]


def test_a_short_run_is_not_thinned(catalog) -> None:
    run = catalog.runs.create("fine-tune", {}, ["a"])
    for step in range(1, 61):
        catalog.runs.record(run.id, BatchEnded(step, 60, "head", 1.0, 1e-3, 10.0))
        if step % 20 == 0:
            catalog.runs.record(run.id, EpochEnded(step, 1, "head", 1.0, 0.5, 10))
    every = catalog.runs.events(run.id, BatchEnded)
    assert catalog.runs.some_events(run.id, BatchEnded, 100) == every
    assert catalog.runs.some_events(run.id, EpochEnded, 100) == catalog.runs.events(
        run.id, EpochEnded
    )
