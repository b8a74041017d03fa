"""Long work in a process of its own: it survives a refreshed page and a closed tab.

Page and worker talk through the catalog. A worker holds a file lock as long as it lives, and the
system lets go of the lock when it dies, however it dies; so nobody has to trust process numbers.
A worker that stands still keeps its lock: it is asked to stop, and whoever looks next after a grace
ends it by force.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from core.catalog import Catalog
from core.catalog.jobs import RUNNING
from core.errors import Conflict, from_os_error
from core.events import RunFailed
from core.heartbeat import Pulse, announce, ask_to_stop, pulse_of
from core.leftovers import tidy
from core.processes import end_by_force, is_there
from core.records import Job, JobState
from core.settings import load_settings
from core.workspace import Workspace

STARTING_S = 60.0  # a new process may need this long before it holds its lock
# From the wish to stop until a worker is ended by force: one that does not answer, and one that
# does and may be saving what it has (the best model answers the test images, which takes minutes).
GRACE_S = 10.0
ENDING_S = 300.0
GONE_S = 2.0  # so long is waited until a killed process is gone


class Task(NamedTuple):
    """What a job does: `title` for the person, and "module:function" for the worker, which calls
    it with a `Context` and the job's arguments and follows the events that it yields.
    """

    title: str
    function: str


class Ending(NamedTuple):
    """How a job ended, in words for the person."""

    state: JobState
    message: str
    hint: str


TASKS = {
    "import": Task("Importing pictures", "core.dataset.ways_in:bring_in"),
    "check": Task("Checking the pictures", "core.dataset.check:check_task"),
    "quick": Task("Training the quick model", "core.first_training:quick_task"),
    "fine-tune": Task("Fine-tuning", "core.first_training:fine_tune_task"),
    "rate": Task("Finding a learning rate", "core.training.rate_finder:rate_task"),
    "learning-curve": Task(
        "Measuring what more pictures bring", "core.training.learning_curve:learning_curve_task"
    ),
    "resume": Task("Fine-tuning", "core.training.fine_tune:resume_task"),
    "go-back": Task("Going back to a checkpoint", "core.training.go_back:go_back_task"),
    "architectures": Task(
        "Comparing architectures", "core.training.architecture_study:architectures_task"
    ),
    "score": Task("Scoring older models", "core.training.scoring:score_task"),
    "shortcuts": Task(
        "Checking for shortcuts", "core.interpretation.shortcut_check:shortcuts_task"
    ),
    "map": Task("Making a map of the pictures", "core.interpretation.picture_map:map_task"),
    "heat-maps": Task("Making heat maps", "core.interpretation.heat_job:heat_maps_task"),
    "anatomy": Task("Taking the network apart", "core.interpretation.anatomy:anatomy_task"),
    "walk": Task("Walking a picture through", "core.interpretation.walk:walk_task"),
    "channels": Task(
        "Finding what excites each channel", "core.interpretation.channels:channels_task"
    ),
    "try-it": Task("Making the model ready for the browser", "core.try_it.making:kit_task"),
    "export": Task("Exporting", "core.bundle.writing:export_task"),
    "static-page": Task("Writing the static page", "core.web.static_page:static_page_task"),
    "space": Task("Writing the Space", "core.web.space:space_task"),
    "try-space": Task("Trying the Space", "core.web.space_trial:trial_task"),
    "push": Task("Pushing to the hub", "core.web.hub_push:push_task"),
    "take-out": Task("Taking the dataset out", "core.dataset.take_out:take_out_task"),
    "verify": Task("Checking the workspace's files", "core.upkeep.inventory:verify_task"),
    "repair": Task("Repairing the workspace's files", "core.upkeep.repair:repair_task"),
    "lookalikes": Task("Looking for look-alikes", "core.lookalikes:lookalikes_task"),
}
WORKER = "core.worker"
_ROOT = Path(__file__).parent.parent
# Waiting threads sleep instead of spinning, which pays on a machine that does other things too, and
# glibc keeps freed memory instead of giving it back at every layer: each measured to make training
# 2 to 5 times faster (docs/decisions.md). Other systems ignore what they do not know.
WORKER_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "KMP_BLOCKTIME": "0",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(10**12),
}
HOW_TO_END = "End it where it runs, or start that machine again."
_children: dict[Path, subprocess.Popen[bytes]] = {}  # by log file, so that ended ones are noticed


def start_job(
    workspace: Workspace, catalog: Catalog, kind: str, args: Mapping[str, Any], secret: str = ""
) -> Job:
    """Start work in a process of its own; one at a time in a workspace.

    Args:
        secret: one line that the worker finds on its standard input, and that is kept nowhere:
            arguments are stored, and shown with the processes.

    Raises:
        Conflict: something is still going on.
        WorkspaceError: the process cannot be started.
    """
    active_job(workspace, catalog)  # ends what is to end: that may hold the catalog's write lock
    with catalog.atomic():
        going_on = active_job(workspace, catalog)
        if going_on is not None:
            raise Conflict(
                f"{title_of(going_on)} is still going on in this workspace.",
                "Wait until it is done, or stop it first.",
                "busy",
            )
        job = catalog.jobs.create(kind, args)
        announce(workspace, job.id, load_settings().max_job_s)
    try:
        _spawn(workspace, job, secret)
    except OSError as error:
        catalog.jobs.end(job.id, "failed", "The work could not be started.", "Try again.")
        raise from_os_error(error, "starting the work") from error
    return job


def title_of(job: Job) -> str:
    """What a job does, for the person; jobs of earlier versions may have kinds of their own."""
    task = TASKS.get(job.kind)
    return task.title if task else job.kind.capitalize()


def active_job(workspace: Workspace, catalog: Catalog) -> Job | None:
    """The job that goes on, if any. Jobs whose process is gone are closed as failed first, and a
    worker whose time to stop is over is ended by force, whoever asked and whoever looks.
    """
    for job in catalog.jobs.unfinished():
        if is_alive(workspace, job) and not _ended_when_due(workspace, job):
            return job
        _close_dead(workspace, catalog, job)
    return None


def is_alive(workspace: Workspace, job: Job) -> bool:
    """Whether the worker of an unfinished job is there (or may be about to be)."""
    child = _child_of(workspace, job)
    if child is not None and child.poll() is not None:
        return False
    if job.state == "starting" and _may_come(job, pulse_of(workspace, job.id)):
        return True
    lock = lock_of(workspace, job.id)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError as error:
        raise from_os_error(error, "looking for the worker") from error
    lock.release()
    return False


def stop_job(workspace: Workspace, catalog: Catalog, job_id: int) -> None:
    """Ask a job to stop; it is ended by force when it does not, by whoever looks after the grace.

    Raises:
        WorkspaceError: the wish cannot be written.
    """
    ask_to_stop(workspace, job_id)
    pulse = pulse_of(workspace, job_id)
    if pulse is None or pulse.answers:  # one that stands still may hold the catalog's write lock
        with suppress(Conflict):  # so may one that works; it sees the wish as well
            catalog.jobs.request_stop(job_id)


def end_job_now(workspace: Workspace, catalog: Catalog, job_id: int) -> None:
    """Ask a job to stop and end it by force at once.

    Raises:
        Conflict: it cannot be ended from here.
        WorkspaceError: the wish cannot be written.
    """
    job = catalog.jobs.get(job_id)
    ask_to_stop(workspace, job_id)
    if job.state not in RUNNING or not is_alive(workspace, job):
        return
    if not _end(workspace, job):
        raise Conflict("This process cannot be ended from here.", HOW_TO_END)
    _close_dead(workspace, catalog, job)


def forced_in_s(pulse: Pulse) -> float | None:
    """In how many seconds a worker that was asked to stop is ended by force; 0 or less when it is
    due, None when it was not asked.
    """
    if pulse.asked_s is None:
        return None
    left_s = ENDING_S - min(pulse.asked_s, pulse.quiet_s)
    if not pulse.answers:
        left_s = min(left_s, GRACE_S - min(pulse.asked_s, pulse.silent_s))
    return min(left_s, pulse.limit_s + ENDING_S - pulse.age_s)


def can_be_ended(workspace: Workspace, job: Job) -> bool:
    """Whether its process is known from here, so that no other is ended in its place."""
    child, pulse = _child_of(workspace, job), pulse_of(workspace, job.id)
    if child is not None and child.poll() is None:
        return True
    return pulse is not None and pulse.process is not None and is_there(pulse.process)


def lock_of(workspace: Workspace, job_id: int) -> FileLock:
    workspace.jobs.mkdir(parents=True, exist_ok=True)
    return FileLock(workspace.jobs / f"{job_id}.lock")


def log_of(workspace: Workspace, job_id: int) -> Path:
    """Where the worker's own output goes."""
    return workspace.jobs / f"{job_id}.log"


def wait_for(workspace: Workspace, catalog: Catalog, job_id: int, timeout_s: float) -> Job:
    """Block until a job has ended (for scripts and tests); pages poll instead.

    Raises:
        Conflict: it goes on after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        active_job(workspace, catalog)
        job = catalog.jobs.get(job_id)
        if job.state not in RUNNING:
            return job
        time.sleep(0.1)
    raise Conflict("The work goes on.", "Wait longer.", "busy")


def _spawn(workspace: Workspace, job: Job, secret: str) -> None:
    for child in _children.values():
        child.poll()  # lets the system forget it
    workspace.jobs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", WORKER, str(workspace.folder), str(job.id)]
    with log_of(workspace, job.id).open("wb") as log:
        child = subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, **WORKER_ENVIRONMENT, "TOPLOSS_HOME": str(workspace.folder.parent)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the studio's terminal does not end it
        )
    _children[log_of(workspace, job.id)] = child
    if child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin:  # it may have ended already
            child.stdin.write(secret.encode() + b"\n")


def _child_of(workspace: Workspace, job: Job) -> subprocess.Popen[bytes] | None:
    return _children.get(log_of(workspace, job.id))


def _may_come(job: Job, pulse: Pulse | None) -> bool:
    """Whether a worker that does not hold its lock yet may only need more time. Without a note from
    here there is only the clock on the wall, which may have been set.
    """
    if pulse is None:
        return 0 <= job.elapsed_s < STARTING_S
    return pulse.age_s < STARTING_S and (pulse.asked_s is None or pulse.asked_s < GRACE_S)


def _ended_when_due(workspace: Workspace, job: Job) -> bool:
    """End a worker by force if its time to stop is over; whether it was."""
    pulse = pulse_of(workspace, job.id)
    if pulse is None:
        return False
    if pulse.asked_s is None and (job.stop_requested or pulse.age_s > pulse.limit_s):
        ask_to_stop(workspace, job.id, "asked" if job.stop_requested else "limit")
    left_s = forced_in_s(pulse)
    return left_s is not None and left_s <= 0 and _end(workspace, job)


def _end(workspace: Workspace, job: Job) -> bool:
    """Kill the worker that holds the lock of a job (`is_alive` has just seen that), and what it
    started; whether that was possible.
    """
    pulse = pulse_of(workspace, job.id)
    process = pulse.process if pulse else None
    return end_by_force(process, _child_of(workspace, job), GONE_S)


def _close_dead(workspace: Workspace, catalog: Catalog, job: Job) -> None:
    ending = _ending_of(job, pulse_of(workspace, job.id))
    tidy(workspace, job)
    for run in catalog.runs.unended(job.id):
        catalog.runs.end(run.id, RunFailed(ending.message, ending.hint))
    catalog.jobs.end(job.id, *ending)


def _ending_of(job: Job, pulse: Pulse | None) -> Ending:
    """What is said of a job whose process is gone; the same whoever looks first, who killed it or
    another tab.
    """
    if pulse is not None and pulse.asked_s is not None and pulse.why == "limit":
        minutes = f"{pulse.limit_s / 60:.0f} minutes"
        message = f"It took longer than the {minutes} that a job may take here: it was ended."
    elif job.stop_requested or (pulse is not None and pulse.asked_s is not None):
        message = "It did not stop by itself when it was asked to: it was ended by force."
    else:
        message = "The work ended before it was done: its process is gone."
        return Ending("failed", message, "Start it again; what was stored before is intact.")
    return Ending("stopped", message, "What was stored before is intact.")
