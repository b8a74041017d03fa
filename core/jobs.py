"""Long work in a process of its own: it survives a refreshed page and a closed tab.

Page and worker talk through the catalog. A worker holds a file lock as long as it lives, and the
system lets go of the lock when it dies, however it dies; so nobody has to trust process numbers.
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
from core.errors import Conflict, from_os_error
from core.events import RunFailed
from core.leftovers import tidy
from core.records import Job
from core.workspace import Workspace

STARTING_S = 60.0  # a new process may need this long before it holds its lock


class Task(NamedTuple):
    """What a job does: `title` for the person, and "module:function" for the worker, which calls
    it with a `Context` and the job's arguments and follows the events that it yields.
    """

    title: str
    place: str


TASKS = {
    "import": Task("Importing pictures", "core.dataset.ways_in:bring_in"),
    "check": Task("Checking the pictures", "core.dataset.check:check_task"),
    "quick": Task("Training the quick model", "core.training.quick:quick_task"),
    "fine-tune": Task("Fine-tuning", "core.training.fine_tune:fine_tune_task"),
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
    "export": Task("Exporting", "core.export.bundle:export_task"),
    "static-page": Task("Writing the static page", "core.export.static_page:static_page_task"),
    "space": Task("Writing the Space", "core.export.space:space_task"),
    "try-space": Task("Trying the Space", "core.export.space_trial:trial_task"),
    "push": Task("Pushing to the hub", "core.export.hub_push:push_task"),
    "take-out": Task("Taking the dataset out", "core.dataset.take_out:take_out_task"),
    "lookalikes": Task("Looking for look-alikes", "core.lookalikes:lookalikes_task"),
}
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
    with catalog.atomic():
        going_on = active_job(workspace, catalog)
        if going_on is not None:
            raise Conflict(
                f"{title_of(going_on)} is still going on in this workspace.",
                "Wait until it is done, or stop it first.",
            )
        job = catalog.jobs.create(kind, args)
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
    """The job that goes on, if any. Jobs whose process is gone are closed as failed first."""
    for job in catalog.jobs.unfinished():
        if is_alive(workspace, job):
            return job
        tidy(workspace, job)
        _close_dead(catalog, job)
    return None


def is_alive(workspace: Workspace, job: Job) -> bool:
    """Whether the worker of an unfinished job is there (or may be about to be)."""
    child = _children.get(log_of(workspace, job.id))
    if child is not None and child.poll() is not None:
        return False
    if job.state == "starting" and job.elapsed_s < STARTING_S:
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
        if job.state not in ("starting", "running"):
            return job
        time.sleep(0.1)
    raise Conflict("The work goes on.", "Wait longer.")


def _spawn(workspace: Workspace, job: Job, secret: str) -> None:
    for ended in _children.values():
        ended.poll()  # lets the system forget it
    workspace.jobs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "core.worker", str(workspace.folder), str(job.id)]
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


def _close_dead(catalog: Catalog, job: Job) -> None:
    message = "The work ended before it was done: its process is gone."
    hint = "Start it again; what was stored before is intact."
    for run in catalog.runs.unended(job.id):
        catalog.runs.end(run.id, RunFailed(message, hint))
    catalog.jobs.end(job.id, "failed", message, hint)
