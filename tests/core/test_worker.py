"""How a job ends, said in the catalog whatever happens."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core import worker
from core.errors import StudioError
from core.events import EpochEnded, Progressed, RunEnded, RunStarted
from core.heartbeat import Heartbeat, announce, ask_to_stop
from core.worker import run_job

EPOCH = EpochEnded(3, 1, "head", 0.5, 0.25, 8)


@pytest.fixture
def job(catalog):
    return catalog.jobs.create("quick", {})


@pytest.fixture
def does(context, job, monkeypatch):
    """Run the job with these steps as its task: events are passed on, exceptions raised."""

    def do(*steps: object) -> None:
        run = context.catalog.runs.create("quick", {}, ["a", "b"], job.id)

        def task(context, args):
            yield RunStarted(run.id)
            for step in steps:
                if isinstance(step, BaseException):
                    raise step
                if callable(step):
                    step()
                else:
                    yield step

        monkeypatch.setattr(worker, "task_of", lambda kind: task)
        run_job(replace(context, job_id=job.id), job.id)

    return do


def test_events_of_the_run_are_kept_and_progress_is_shown(does, catalog, job):
    does(Progressed(0, 9, "Looking"), EPOCH, Progressed(9, 9, "Looking"), RunEnded("completed"))
    assert catalog.runs.events(1, EpochEnded) == [EPOCH]
    assert catalog.runs.get(1).ending == "completed"
    ended = catalog.jobs.get(job.id)
    assert (ended.state, ended.done, ended.total, ended.doing) == ("done", 9, 9, "Looking")


def test_the_last_step_of_a_phase_is_always_told(does, catalog, job):
    steps = [Progressed(k, 500, "Looking") for k in range(501)]
    does(*steps)
    assert catalog.jobs.get(job.id).done == 500


def test_a_wish_to_stop_makes_a_stopped_job(does, catalog, job):
    does(lambda: catalog.jobs.request_stop(job.id), RunEnded("stopped"))
    assert catalog.jobs.get(job.id).state == "stopped"
    assert catalog.runs.get(1).ending == "stopped"


def test_an_error_that_is_meant_for_the_person_reaches_them(does, catalog, job):
    does(EPOCH, StudioError("The disk is full.", "Free some space."))
    ended = catalog.jobs.get(job.id)
    assert (ended.state, ended.message) == ("failed", "The disk is full.")
    assert ended.hint == "Free some space."
    assert catalog.runs.get(1).ending == "failed"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("x"), r"unexpected went wrong \(ValueError\)"),
        (MemoryError(), "ran out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "ran out of memory"),
    ],
)
def test_any_other_error_is_said_and_kept_in_the_log(error, words, does, catalog, job, capsys):
    does(EPOCH, error)
    ended = catalog.jobs.get(job.id)
    assert ended.state == "failed"
    assert re.search(words, ended.message)
    assert f"{job.id}.log" in ended.hint
    assert catalog.runs.get(1).ending == "failed"
    assert "Traceback" in capsys.readouterr().err


def test_a_run_that_ended_before_the_error_keeps_its_ending(does, catalog):
    does(RunEnded("completed"), ValueError("afterwards"))
    assert catalog.runs.get(1).ending == "completed"


def test_a_job_that_was_given_up_is_not_done(does, catalog, job):
    catalog.jobs.end(job.id, "failed", "Its process is gone.", "Start it again.")
    does(EPOCH)
    assert catalog.runs.events(1, EpochEnded) == []
    assert catalog.jobs.get(job.id).message == "Its process is gone."


@pytest.fixture
def heart(workspace, job):
    announce(workspace, job.id, 60)
    return Heartbeat(workspace, job.id, 60)


def test_a_job_that_takes_too_long_is_asked_to_stop(catalog, job, heart):
    catalog.jobs.begin(job.id)
    assert not worker.stopping(catalog, job.id, 60, heart)()
    assert not catalog.jobs.stop_requested(job.id)
    assert worker.stopping(catalog, job.id, -1, heart)()
    assert catalog.jobs.stop_requested(job.id)


def test_a_wish_beside_the_catalog_is_seen_and_written_down(workspace, catalog, job, heart):
    asks = worker.stopping(catalog, job.id, 60, heart)
    assert not asks()
    ask_to_stop(workspace, job.id)
    assert asks() and catalog.jobs.stop_requested(job.id)


def test_asking_whether_to_stop_is_a_sign_and_so_is_every_event(context, job, heart, monkeypatch):
    signs: list[str] = []
    monkeypatch.setattr(heart, "sign", lambda: signs.append("sign"))
    worker.stopping(context.catalog, job.id, 60, heart)()
    assert len(signs) == 1
    steps = [Progressed(k, 3, "Looking") for k in range(3)]
    monkeypatch.setattr(worker, "task_of", lambda kind: lambda context, args: iter(steps))
    run_job(context, job.id, heart.sign)
    assert len(signs) == 4


def test_a_pause_ends_when_the_time_is_up(context, job, monkeypatch):
    """Nobody may look any more, and a place among the jobs of a demo is held."""
    context.catalog.jobs.pause(job.id, True)
    late = replace(context, stop_requested=lambda: True)
    steps = [Progressed(1, 1, "Looking")]
    monkeypatch.setattr(worker, "task_of", lambda kind: lambda context, args: iter(steps))
    run_job(late, job.id)
    assert context.catalog.jobs.get(job.id).done == 1


def test_only_so_many_jobs_go_on_at_once(settings):
    two = replace(settings, max_jobs=2)
    with worker.job_slot(two), worker.job_slot(two):
        with pytest.raises(StudioError, match="busy with the work of others"), worker.job_slot(two):
            pytest.fail("a third had a place")
        with worker.job_slot(settings):  # no limit
            assert not list(settings.cache.glob("places/2.lock"))
    with worker.job_slot(two):
        assert (settings.cache / "places" / "0.lock").exists()
