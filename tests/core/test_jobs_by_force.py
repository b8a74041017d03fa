"""Real workers that stand still, or do not stop, are ended by force; no other process is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import heartbeat, jobs, processes
from core.catalog import jobs as catalog_jobs
from core.catalog import open_catalog
from core.errors import Conflict
from core.heartbeat import Note, announce, ask_to_stop, pulse_of
from core.jobs import active_job, can_be_ended, end_job_now, is_alive, lock_of, start_job, stop_job
from core.processes import machine
from core.records import Job
from core.settings import Settings
from tests.builders import image_folder, pictures_of
from tests.core.test_jobs import until

BY_FORCE = "It did not stop by itself when it was asked to: it was ended by force."
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs signals and /proc")


@pytest.fixture(autouse=True)
def odd(monkeypatch) -> Iterator[None]:
    """Workers of the tests' own, and no patience; whatever is left of them goes."""
    monkeypatch.setattr(jobs, "WORKER", "tests.odd_worker")
    monkeypatch.setattr(jobs, "GRACE_S", 0.3)
    monkeypatch.setattr(jobs, "ENDING_S", 0.3)
    children = dict(jobs._children)
    yield
    for log in jobs._children.keys() - children.keys():
        child = jobs._children.pop(log)
        child.kill()
        child.wait()


@pytest.fixture
def start(workspace, catalog, tmp_path, monkeypatch) -> Callable[[str], Job]:
    """Start an odd job, and wait until it does what it does."""

    def start(kind: str) -> Job:
        child = tmp_path / "child"
        job = start_job(workspace, catalog, kind, {"child": str(child)})
        until(lambda: catalog.jobs.get(job.id).done == 1)
        return catalog.jobs.get(job.id)

    return start


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Who says nothing for half a second does not answer (its heart beats every 0.1 s)."""
    monkeypatch.setattr(heartbeat, "SILENT_S", 0.5)


def process_of(workspace, job: Job) -> int:
    return jobs._children[jobs.log_of(workspace, job.id)].pid


def is_gone(pid: int) -> bool:
    stat = processes._stat(pid)
    return stat is None or stat.state in "ZX"


def is_over(workspace, catalog) -> Callable[[], bool]:
    return lambda: active_job(workspace, catalog) is None


def test_a_worker_that_stands_still_is_ended_after_the_grace(
    workspace, catalog, start, impatient, tmp_path
):
    job = start("stubborn")
    run = catalog.runs.create("quick", {}, ["a", "b"], job.id)
    assert pulse_of(workspace, job.id).answers
    os.kill(process_of(workspace, job), signal.SIGSTOP)
    until(lambda: not pulse_of(workspace, job.id).answers)
    assert active_job(workspace, catalog).id == job.id  # nobody has asked
    stop_job(workspace, catalog, job.id)
    until(is_over(workspace, catalog))
    assert is_gone(process_of(workspace, job))
    ended = catalog.jobs.get(job.id)
    assert (ended.state, ended.message) == ("stopped", BY_FORCE)
    assert catalog.runs.get(run.id).ending == "failed"
    folder = image_folder(tmp_path / "pictures", pictures_of({"apple": 2, "pear": 2}))
    following = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    assert jobs.wait_for(workspace, catalog, following.id, 60).state == "done"


def test_one_that_stands_still_while_it_writes_to_the_catalog_is_ended_by_the_next_start(
    workspace, catalog, start, impatient, monkeypatch
):
    job = start("frozen")
    until(lambda: not pulse_of(workspace, job.id).answers)
    tab = open_catalog(workspace)
    monkeypatch.setattr(tab.jobs, "request_stop", pytest.fail)  # it would wait for 10 s, in vain
    stop_job(workspace, tab, job.id)
    assert not tab.jobs.get(job.id).stop_requested
    tab.close()

    def starts() -> bool:
        if pulse_of(workspace, job.id).asked_s <= jobs.GRACE_S:
            return False
        start_job(workspace, catalog, "deaf", {})
        return True

    until(starts)
    ended = catalog.jobs.get(job.id)
    assert (ended.state, ended.message) == ("stopped", BY_FORCE)


def test_one_that_answers_and_does_not_stop_is_ended_with_all_that_it_started(
    workspace, catalog, start, tmp_path
):
    job = start("stubborn")
    child = int((tmp_path / "child").read_text())
    assert not is_gone(child)
    stop_job(workspace, catalog, job.id)
    until(is_over(workspace, catalog))
    assert is_gone(process_of(workspace, job))
    until(lambda: is_gone(child))
    assert catalog.jobs.get(job.id).state == "stopped"


def test_one_that_answers_has_time_to_save_what_it_has(workspace, catalog, start, monkeypatch):
    monkeypatch.setattr(jobs, "ENDING_S", 300.0)
    job = start("stubborn")
    stop_job(workspace, catalog, job.id)
    until(lambda: pulse_of(workspace, job.id).asked_s > 2 * jobs.GRACE_S)
    assert active_job(workspace, catalog).id == job.id
    assert catalog.jobs.get(job.id).stop_requested
    end_job_now(workspace, catalog, job.id)  # unless the person will not wait
    assert is_gone(process_of(workspace, job))
    assert catalog.jobs.get(job.id).message == BY_FORCE
    end_job_now(workspace, catalog, job.id)  # a second press of a page that was drawn before


@pytest.mark.parametrize("kind", ["stubborn", "deaf"])
def test_the_time_limit_holds_though_the_worker_never_looks(
    kind, workspace, catalog, settings, start, monkeypatch
):
    limited = Settings(settings.home, max_job_s=0.6)
    monkeypatch.setattr(jobs, "load_settings", lambda: limited)
    job = start(kind)
    until(is_over(workspace, catalog))
    assert is_gone(process_of(workspace, job))
    ended = catalog.jobs.get(job.id)
    assert ended.state == "stopped" and "longer than the 0 minutes" in ended.message


def test_without_a_limit_nobody_ends_what_nobody_asked_to_stop(workspace, catalog, start):
    job = start("stubborn")
    until(lambda: pulse_of(workspace, job.id).quiet_s > 2 * jobs.ENDING_S)
    assert active_job(workspace, catalog).id == job.id
    assert not is_gone(process_of(workspace, job))


def test_a_studio_that_was_started_again_ends_it_too(workspace, catalog, start):
    job = start("stubborn")
    child = jobs._children.pop(jobs.log_of(workspace, job.id))
    stop_job(workspace, catalog, job.id)
    until(is_over(workspace, catalog))
    assert child.wait(10) == -signal.SIGKILL
    assert catalog.jobs.get(job.id).message == BY_FORCE


def test_two_tabs_that_press_stop_at_once(workspace, catalog, start):
    job = start("stubborn")
    pid = process_of(workspace, job)
    together = threading.Barrier(2)

    def press(_: int) -> Job:
        own = open_catalog(workspace)
        together.wait()
        stop_job(workspace, own, job.id)
        until(is_over(workspace, own))
        ended = own.jobs.get(job.id)
        own.close()
        return ended

    with ThreadPoolExecutor(2) as tabs:
        seen = {(ended.state, ended.message) for ended in tabs.map(press, range(2))}
    assert seen == {("stopped", BY_FORCE)}
    assert is_gone(pid)


def test_a_wish_that_only_the_catalog_has_is_carried_out(workspace, catalog, start):
    job = start("stubborn")
    catalog.jobs.request_stop(job.id)
    until(is_over(workspace, catalog))
    assert catalog.jobs.get(job.id).state == "stopped"


def test_who_stops_when_asked_is_not_ended_by_force(workspace, catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE_S", 60.0)
    monkeypatch.setattr(jobs, "ENDING_S", 60.0)
    folder = image_folder(tmp_path / "many", pictures_of({"a": 300, "b": 300}))
    job = start_job(workspace, catalog, "import", {"way": "folder", "path": str(folder)})
    ask_to_stop(workspace, job.id)  # beside the catalog, which another may be writing to
    ended = jobs.wait_for(workspace, catalog, job.id, 60)
    assert (ended.state, ended.message) == ("stopped", "")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with jobs."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    started = subprocess.Popen(command, start_new_session=True)
    yield started
    started.kill()
    started.wait()


def a_silent_job(workspace, catalog, pid: int, began: int | None) -> Job:
    """A job whose worker says that it is that process, and was silent for a minute."""
    job = catalog.jobs.create("quick", {})
    catalog.jobs.begin(job.id)
    then = time.monotonic() - 60
    note = Note(machine(), then, 1e9, then, then, pid, began)
    workspace.jobs.mkdir(exist_ok=True)
    (workspace.jobs / f"{job.id}.alive").write_bytes(heartbeat._line(note))
    return catalog.jobs.get(job.id)


def test_a_number_that_another_process_bears_now_is_never_killed(workspace, catalog, sleeper):
    stat = processes._stat(sleeper.pid)
    job = a_silent_job(workspace, catalog, sleeper.pid, stat.began - 1)
    with lock_of(workspace, job.id):
        stop_job(workspace, catalog, job.id)
        until(lambda: pulse_of(workspace, job.id).asked_s > jobs.GRACE_S)
        assert active_job(workspace, catalog).id == job.id
        assert not can_be_ended(workspace, job)
        with pytest.raises(Conflict, match="cannot be ended from here"):
            end_job_now(workspace, catalog, job.id)
        assert sleeper.poll() is None
    assert active_job(workspace, catalog) is None
    assert catalog.jobs.get(job.id).state == "stopped"


def test_a_process_that_does_not_hold_the_lock_is_never_killed(workspace, catalog, sleeper):
    job = a_silent_job(workspace, catalog, sleeper.pid, processes._stat(sleeper.pid).began)
    assert can_be_ended(workspace, job)
    stop_job(workspace, catalog, job.id)
    until(lambda: pulse_of(workspace, job.id).asked_s > jobs.GRACE_S)
    end_job_now(workspace, catalog, job.id)
    assert active_job(workspace, catalog) is None
    assert sleeper.poll() is None


def test_who_waits_for_a_dead_disk_holds_the_workspace_no_longer(
    workspace, catalog, sleeper, monkeypatch
):
    """The signal was sent; the system lets go of the process when the disk answers."""
    job = a_silent_job(workspace, catalog, sleeper.pid, processes._stat(sleeper.pid).began)
    monkeypatch.setattr(jobs, "GONE_S", 0.05)
    monkeypatch.setattr(processes.os, "killpg", lambda *_: None)
    with lock_of(workspace, job.id):
        end_job_now(workspace, catalog, job.id)
        assert catalog.jobs.get(job.id).state == "stopped"
        assert active_job(workspace, catalog) is None


@pytest.mark.parametrize("set_by_s", [-1e9, -7200, 7200, 1e9])
def test_a_clock_that_is_set_neither_blocks_nor_ends_a_job_that_starts(
    set_by_s, workspace, catalog, monkeypatch
):
    monkeypatch.setattr(jobs, "_spawn", lambda *_: None)
    job = start_job(workspace, catalog, "quick", {})
    wall = time.time() + set_by_s
    monkeypatch.setattr(catalog_jobs.time, "time", lambda: wall)
    job = catalog.jobs.get(job.id)
    assert is_alive(workspace, job)
    monkeypatch.setattr(jobs, "STARTING_S", 0.0)
    assert not is_alive(workspace, job)


def test_a_job_from_the_future_that_nobody_announced_is_given_up(workspace, catalog, monkeypatch):
    job = catalog.jobs.create("quick", {})
    assert is_alive(workspace, job)
    monkeypatch.setattr(catalog_jobs.time, "time", lambda: 1e9)
    assert not is_alive(workspace, catalog.jobs.get(job.id))


def test_a_job_that_has_not_come_is_given_up_when_it_was_asked_to_stop(
    workspace, catalog, monkeypatch
):
    monkeypatch.setattr(jobs, "STARTING_S", 1e9)
    job = catalog.jobs.create("quick", {})
    announce(workspace, job.id, 1e9)
    assert active_job(workspace, catalog).id == job.id
    stop_job(workspace, catalog, job.id)
    until(is_over(workspace, catalog))
    assert catalog.jobs.get(job.id).state == "stopped"
