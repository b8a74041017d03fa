"""What a page says of a worker that does not answer, and what can be done there."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import heartbeat, jobs, processes
from core.context import Context
from core.heartbeat import Note
from core.jobs import lock_of
from core.processes import machine
from core.records import Job
from tests.app import open_page
from tests.builders import a_scored_workspace
from ui import job_progress

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})


@pytest.fixture
def stands_still() -> Iterator[subprocess.Popen[bytes]]:
    """A process that says nothing."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    started = subprocess.Popen(command, start_new_session=True)
    yield started
    started.kill()
    started.wait()


@pytest.fixture
def job(insects: Context, stands_still: subprocess.Popen[bytes]) -> Iterator[Job]:
    """An import in that process, which was heard of 3 minutes ago."""
    job = insects.catalog.jobs.create("import", {})
    insects.catalog.jobs.begin(job.id)
    insects.catalog.jobs.progress(job.id, 40, 200, "Importing pictures")
    hear(insects, job, stands_still.pid)
    with lock_of(insects.workspace, job.id):
        yield job


def hear(context: Context, job: Job, pid: int, silent_s: float = 180, quiet_s: float = 180) -> None:
    """Let the process of a job have been heard of so long ago, and its work too."""
    now, stat = time.monotonic(), processes._stat(pid)
    assert stat is not None
    note = Note(machine(), now - 300, 1e9, now - silent_s, now - quiet_s, pid, stat.began)
    context.workspace.jobs.mkdir(exist_ok=True)
    (context.workspace.jobs / f"{job.id}.alive").write_bytes(heartbeat._line(note))


def test_since_when_it_does_not_answer_and_one_press_ends_it(
    insects: Context, job: Job, stands_still, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("dataset")
    (warning,) = app.warning
    silence = r"\*\*Importing pictures does not answer since \d\d:\d\d \(3 min\)\.\*\* "
    assert re.match(silence + ".* press Stop", warning.value)
    (progress,) = app.get("progress")
    assert progress.proto.text == "Importing pictures · 40 of 200 · no news for 3 min"
    assert app.button(key="pause_job").disabled
    app.button(key="stop_job").click().run()
    assert "It is ended by force in 10 s" in app.warning[0].value
    assert app.button(key="stop_job").disabled and stands_still.poll() is None
    monkeypatch.setattr(jobs, "GRACE_S", 0.0)
    app.run()
    assert not app.warning and not app.exception
    assert stands_still.wait(10) < 0
    assert "was stopped" in app.info[0].value and "ended by force" in app.info[0].value
    assert insects.catalog.jobs.get(job.id).state == "stopped"


def test_any_page_says_it_and_can_end_it(insects: Context, job: Job) -> None:
    app = open_page("runs")
    assert "does not answer since" in app.warning[0].value
    assert not app.button(key="stop_job").disabled


def test_the_time_is_that_of_whoever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Browser:
        timezone_offset = -330  # minutes that UTC is ahead: India

    monkeypatch.setattr(job_progress.st, "context", Browser)
    then = datetime.now(UTC) - timedelta(seconds=180) + timedelta(minutes=330)
    minutes = {(then + timedelta(seconds=s)).strftime("%H:%M") for s in range(60)}
    assert job_progress._time_of_day(180) in minutes


def test_where_it_cannot_be_ended_that_is_said(insects: Context, job: Job, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "is_there", lambda process: False)
    app = open_page("dataset")
    app.button(key="stop_job").click().run()
    assert "cannot be ended from here" in app.warning[0].value


@pytest.mark.parametrize(("quiet_s", "news"), [(5, False), (200, True)])
def test_work_that_takes_long_is_not_said_to_stand_still(
    insects: Context, job: Job, stands_still, quiet_s: float, news: bool
) -> None:
    hear(insects, job, stands_still.pid, silent_s=1, quiet_s=quiet_s)
    app = open_page("dataset")
    assert not app.warning
    (progress,) = app.get("progress")
    assert ("no news for 3 min" in progress.proto.text) == news
    hear(insects, job, stands_still.pid, silent_s=1, quiet_s=quiet_s)  # a page takes its time
    assert "is going on; this can start" in open_page("runs").info[0].value


def test_who_will_not_wait_for_work_that_is_stopping_ends_it_now(
    insects: Context, job: Job, stands_still, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(insects, job, stands_still.pid, silent_s=0, quiet_s=0)
    app = open_page("dataset")
    app.button(key="stop_job").click().run()
    assert app.button(key="stop_job").disabled and insects.catalog.jobs.get(job.id).stop_requested
    monkeypatch.setattr(job_progress, "GRACE_S", 0.0)
    app.run()
    assert stands_still.poll() is None
    app.button(key="end_job").click().run()
    assert stands_still.wait(10) < 0
    assert "ended by force" in app.info[0].value
