"""Jobs: what page and worker tell each other."""

from __future__ import annotations

import pytest

from core.catalog import jobs as jobs_module
from core.catalog import open_catalog
from core.errors import StudioError


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs_module, "time", clock)
    return clock


@pytest.fixture
def job(catalog, clock):
    return catalog.jobs.create("import", {"folder": "/a/ä", "classes": ["x"]})


def test_a_job_comes_back_as_it_was_stored(catalog, job):
    assert catalog.jobs.get(job.id) == job
    assert job.args == {"folder": "/a/ä", "classes": ["x"]}
    assert (job.kind, job.state, job.stop_requested) == ("import", "starting", False)
    assert (job.done, job.total, job.left_s, job.message) == (0, 0, None, "")


@pytest.mark.parametrize("number", [0, 99, 10**30])
def test_a_job_that_is_not_there_is_said_in_a_sentence(number, catalog):
    with pytest.raises(StudioError):
        catalog.jobs.get(number)


def test_the_other_side_sees_progress_and_the_wish_to_stop(catalog, job, workspace):
    worker = open_catalog(workspace)
    worker.jobs.begin(job.id)
    worker.jobs.progress(job.id, 3, 10, "Importing pictures")
    seen = catalog.jobs.get(job.id)
    assert (seen.state, seen.done, seen.total) == ("running", 3, 10)
    assert seen.doing == "Importing pictures"
    assert not worker.jobs.stop_requested(job.id)
    catalog.jobs.request_stop(job.id)
    assert worker.jobs.stop_requested(job.id)
    assert catalog.jobs.get(job.id).stop_requested
    worker.close()


def test_the_time_left_follows_from_the_pace_so_far(catalog, job, clock):
    catalog.jobs.progress(job.id, 0, 10, "Importing pictures")
    clock.now_s += 8
    catalog.jobs.progress(job.id, 4, 10, "Importing pictures")
    assert catalog.jobs.get(job.id).left_s == pytest.approx(12)
    assert catalog.jobs.get(job.id).elapsed_s == pytest.approx(8)


def test_a_remark_does_not_start_the_clock_again(catalog, job, clock):
    catalog.jobs.progress(job.id, 0, 10, "Downloading")
    clock.now_s += 4
    catalog.jobs.progress(job.id, 2, 10, "Downloading · 1 a second")
    clock.now_s += 4
    catalog.jobs.progress(job.id, 4, 10, "Downloading · 2 a second · 1 failed")
    assert catalog.jobs.get(job.id).left_s == pytest.approx(12)
    assert catalog.jobs.get(job.id).doing == "Downloading · 2 a second · 1 failed"


def test_something_new_to_do_starts_the_clock_again(catalog, job, clock):
    catalog.jobs.progress(job.id, 0, 10, "Importing pictures")
    clock.now_s += 1000
    catalog.jobs.progress(job.id, 0, 4, "Training")
    assert catalog.jobs.get(job.id).left_s is None
    clock.now_s += 3
    catalog.jobs.progress(job.id, 1, 4, "Training")
    assert catalog.jobs.get(job.id).left_s == pytest.approx(9)


def test_no_time_is_left_when_all_is_done_or_the_job_has_ended(catalog, job, clock):
    catalog.jobs.progress(job.id, 0, 4, "Training")
    clock.now_s += 2
    catalog.jobs.progress(job.id, 4, 4, "Training")
    assert catalog.jobs.get(job.id).left_s == 0
    catalog.jobs.end(job.id, "done")
    assert catalog.jobs.get(job.id).left_s is None


def test_no_time_left_is_said_by_a_clock_that_was_set_back(catalog, job, clock):
    catalog.jobs.progress(job.id, 0, 10, "Importing pictures")
    clock.now_s -= 3600
    catalog.jobs.progress(job.id, 4, 10, "Importing pictures")
    assert catalog.jobs.get(job.id).left_s is None


def test_the_clock_stops_when_a_job_ends(catalog, job, clock):
    clock.now_s += 5
    catalog.jobs.end(job.id, "stopped")
    clock.now_s += 100
    assert catalog.jobs.get(job.id).elapsed_s == pytest.approx(5)


def test_the_first_ending_counts(catalog, job):
    catalog.jobs.end(job.id, "failed", "No memory.", "Use smaller batches.")
    catalog.jobs.end(job.id, "done")
    ended = catalog.jobs.get(job.id)
    assert (ended.state, ended.message) == ("failed", "No memory.")
    assert ended.hint == "Use smaller batches."


def test_a_job_that_has_ended_does_not_begin_again(catalog, job):
    catalog.jobs.end(job.id, "failed", "It did not start in time.", "Try again.")
    catalog.jobs.begin(job.id)
    assert catalog.jobs.get(job.id).state == "failed"
    assert catalog.jobs.unfinished() == []


def test_the_latest_job_of_a_kind(catalog, job):
    training = catalog.jobs.create("train", {})
    assert catalog.jobs.latest().id == training.id
    assert catalog.jobs.latest("import").id == job.id
    assert catalog.jobs.latest("import", "train").id == training.id
    assert catalog.jobs.latest("export") is None


def test_unfinished_jobs(catalog, job):
    running = catalog.jobs.create("train", {})
    catalog.jobs.begin(running.id)
    ended = catalog.jobs.create("export", {})
    catalog.jobs.end(ended.id, "done")
    assert [j.id for j in catalog.jobs.unfinished()] == [job.id, running.id]
