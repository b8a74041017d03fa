"""Real worker processes: started, watched, stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import jobs
from core.catalog import open_catalog
from core.errors import Conflict, WorkspaceError
from core.events import RunEnded
from core.jobs import active_job, is_alive, lock_of, log_of, start_job, title_of, wait_for
from core.records import Job
from tests.browser import ROOT
from tests.builders import image_folder, picture, pictures_of, run_import, tints

WAIT_S = 60.0


@pytest.fixture
def folder(tmp_path):
    return image_folder(tmp_path / "pictures", pictures_of({"apple": 6, "pear": 4}))


@pytest.fixture
def many(tmp_path):
    """Enough pictures that an import of them is still going on when one looks."""
    data = picture(size=(1600, 1200))
    files = {f"{label}/{n}.jpg": data + bytes([n]) for label in "ab" for n in range(200)}
    return image_folder(tmp_path / "many", files)


def until(condition, timeout_s: float = WAIT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def process_of(workspace, job: Job) -> int:
    """The process number of a job's worker."""
    return jobs._children[jobs.log_of(workspace, job.id)].pid


def test_an_import_in_a_process_of_its_own(workspace, catalog, folder):
    job = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    assert (job.state, job.kind) == ("starting", "import")
    ended = wait_for(workspace, catalog, job.id, WAIT_S)
    assert (ended.state, ended.message) == ("done", "")
    assert (ended.done, ended.total) == (10, 10)
    assert len(catalog.images.all()) == 10
    assert active_job(workspace, catalog) is None


def test_a_job_that_fails_says_why(workspace, catalog, tmp_path):
    job = start_job(
        workspace, catalog, "import", {"way": "folder", "path": str(tmp_path / "nowhere")}
    )
    ended = wait_for(workspace, catalog, job.id, WAIT_S)
    assert ended.state == "failed"
    assert "nowhere" in ended.message
    assert ended.hint


def test_one_at_a_time_a_page_sees_progress_and_a_stop_keeps_what_was_read(
    workspace, catalog, many, folder
):
    job = start_job(workspace, catalog, "import", {"way": "folder", "path": str(many)})
    with pytest.raises(Conflict, match="Importing pictures is still going on"):
        start_job(workspace, catalog, "quick", {})
    assert len(catalog.jobs.unfinished()) == 1
    page = open_catalog(workspace)
    until(lambda: page.jobs.get(job.id).done > 0)
    seen = page.jobs.get(job.id)
    assert (seen.state, seen.doing) == ("running", "Importing pictures")
    assert 0 < seen.done < seen.total
    page.jobs.request_stop(job.id)
    page.close()
    ended = wait_for(workspace, catalog, job.id, WAIT_S)
    assert ended.state == "stopped"
    assert 0 < len(catalog.images.all()) < 400
    second = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    assert wait_for(workspace, catalog, second.id, WAIT_S).state == "done"


def test_of_two_that_start_at_once_one_is_refused(workspace, catalog, monkeypatch):
    monkeypatch.setattr("core.jobs._spawn", lambda *_: None)
    together = threading.Barrier(2)

    def start(kind: str) -> str:
        own = open_catalog(workspace)
        together.wait()
        try:
            return start_job(workspace, own, kind, {}).kind
        except Conflict as error:
            return error.message
        finally:
            own.close()

    with ThreadPoolExecutor(2) as tabs:
        answers = set(tabs.map(start, ("quick", "fine-tune")))
    (job,) = catalog.jobs.unfinished()
    assert answers == {job.kind, f"{title_of(job)} is still going on in this workspace."}


def test_a_killed_worker_is_noticed_and_the_workspace_goes_on(workspace, catalog, many, folder):
    job = start_job(workspace, catalog, "import", {"way": "folder", "path": str(many)})
    run = catalog.runs.create("quick", {}, ["a", "b"], job.id)
    until(lambda: catalog.jobs.get(job.id).done > 0)
    assert is_alive(workspace, catalog.jobs.get(job.id))
    os.kill(process_of(workspace, job), signal.SIGKILL)
    ended = wait_for(workspace, catalog, job.id, WAIT_S)
    assert ended.state == "failed"
    assert "its process is gone" in ended.message
    assert catalog.runs.get(run.id).ending == "failed"
    assert catalog.images.all() == []
    second = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    assert wait_for(workspace, catalog, second.id, WAIT_S).state == "done"
    assert len(catalog.images.all()) == 10


def test_a_worker_that_ends_before_it_begins_is_noticed_at_once(workspace, catalog, folder):
    job = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    os.kill(process_of(workspace, job), signal.SIGKILL)
    assert wait_for(workspace, catalog, job.id, 10).state == "failed"


@pytest.mark.slow
def test_training_goes_on_after_a_killed_training(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}), []))
    workspace, catalog = fresh.workspace, fresh.catalog
    job = start_job(workspace, catalog, "quick", {})
    until(lambda: catalog.runs.all() != [])
    os.kill(process_of(workspace, job), signal.SIGKILL)
    assert wait_for(workspace, catalog, job.id, WAIT_S).state == "failed"
    assert catalog.runs.get(1).ending == "failed"
    second = start_job(workspace, catalog, "quick", {})
    assert wait_for(workspace, catalog, second.id, WAIT_S).state == "done"
    assert catalog.runs.get(2).ending == "completed"
    assert len(catalog.runs.predictions(2, "final").image_ids) == 6


def test_an_unexpected_error_ends_as_failed_with_the_path_of_the_log(workspace, catalog):
    job = start_job(workspace, catalog, "import", {"way": "folder"})  # it lacks its path
    ended = wait_for(workspace, catalog, job.id, WAIT_S)
    assert ended.state == "failed"
    assert "unexpected" in ended.message
    log = log_of(workspace, job.id)
    assert str(log) in ended.hint
    assert "Traceback" in log.read_text()


def test_a_worker_that_never_came_is_given_up_after_a_while(workspace, catalog, monkeypatch):
    job = catalog.jobs.create("import", {"way": "folder", "path": "/x"})
    assert is_alive(workspace, catalog.jobs.get(job.id))
    monkeypatch.setattr(jobs, "STARTING_S", 0.0)
    assert active_job(workspace, catalog) is None
    assert catalog.jobs.get(job.id).state == "failed"


def test_a_worker_that_comes_too_late_does_nothing(workspace, catalog, folder, monkeypatch):
    job = catalog.jobs.create("import", {"way": "folder", "path": str(folder)})
    monkeypatch.setattr(jobs, "STARTING_S", 0.0)
    assert active_job(workspace, catalog) is None
    late = [sys.executable, "-m", "core.worker", str(workspace.folder), str(job.id)]
    subprocess.run(late, cwd=ROOT, check=True)
    assert catalog.images.all() == []
    assert catalog.jobs.get(job.id).state == "failed"


def test_a_process_that_cannot_be_started_is_said_in_a_sentence(workspace, catalog, monkeypatch):
    monkeypatch.setattr(jobs.sys, "executable", "/no/such/python")
    with pytest.raises(WorkspaceError, match="starting the work"):
        start_job(workspace, catalog, "import", {"way": "folder", "path": "/x"})
    assert catalog.jobs.latest().state == "failed"
    assert active_job(workspace, catalog) is None


def test_a_run_that_ended_well_stays_so_when_its_process_is_gone(workspace, catalog):
    job = catalog.jobs.create("quick", {})
    catalog.jobs.begin(job.id)
    run = catalog.runs.create("quick", {}, ["a", "b"], job.id)
    catalog.runs.record(run.id, RunEnded("completed"))
    assert active_job(workspace, catalog) is None
    assert catalog.runs.get(run.id).ending == "completed"


def test_a_held_lock_means_alive(workspace, catalog):
    job = catalog.jobs.create("quick", {})
    catalog.jobs.begin(job.id)
    with lock_of(workspace, job.id):
        assert active_job(workspace, catalog).id == job.id
    assert active_job(workspace, catalog) is None


def test_waiting_has_an_end(workspace, catalog):
    job = catalog.jobs.create("quick", {})
    with pytest.raises(Conflict, match="goes on"):
        wait_for(workspace, catalog, job.id, 0.2)


@pytest.mark.parametrize("kind", jobs.TASKS)
def test_every_task_is_there(kind):
    from core.worker import task_of

    assert callable(task_of(kind))
    assert jobs.TASKS[kind].title
