"""The worker process: does one job and tells the catalog. `python -m core.worker FOLDER JOB`."""

from __future__ import annotations

import importlib
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.errors import StudioError, is_no_memory
from core.events import Event, Progressed, RunFailed, RunStarted
from core.heartbeat import Heartbeat
from core.jobs import TASKS, lock_of, log_of
from core.leftovers import attributed
from core.settings import Settings, load_settings
from core.workspace import Workspace

PROGRESS_EVERY_S = 0.2
PAUSE_STEP_S = 0.2


def main(folder: str, job_id: int) -> None:
    workspace = Workspace(Path(folder))
    settings = load_settings()
    heart = Heartbeat(workspace, job_id, settings.max_job_s)
    with lock_of(workspace, job_id), heart:
        catalog = open_catalog(workspace)
        stop_requested = stopping(catalog, job_id, settings.max_job_s, heart)
        context = Context(workspace, catalog, settings, stop_requested, job_id)
        try:
            with attributed(workspace, catalog.jobs.get(job_id)), job_slot(settings):
                run_job(context, job_id, heart.sign)
        except StudioError as error:
            _fail(context, job_id, error)


class AllBusy(StudioError):
    """As many jobs go on as may go on."""


@contextmanager
def job_slot(settings: Settings) -> Iterator[None]:
    """Hold one of the places for jobs, if their number is limited; a lock each, so that whoever
    dies gives it back.

    Raises:
        AllBusy: all are taken.
    """
    if settings.max_jobs == math.inf:
        yield
        return
    folder = settings.cache / "places"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(int(settings.max_jobs)):
        lock = FileLock(folder / f"{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            yield
        finally:
            lock.release()
        return
    raise AllBusy("This demo is busy with the work of others.", "Try again in a few minutes.")


def stopping(catalog: Catalog, job_id: int, most_s: float, heart: Heartbeat) -> Callable[[], bool]:
    """Whether a job is to stop: because somebody asked, or because its time is up."""
    deadline = time.monotonic() + most_s

    def stop_requested() -> bool:
        heart.sign()
        if catalog.jobs.stop_requested(job_id):
            return True
        if time.monotonic() > deadline or heart.is_asked_to_stop():
            catalog.jobs.request_stop(job_id)
            return True
        return False

    return stop_requested


def run_job(context: Context, job_id: int, sign: Callable[[], None] = lambda: None) -> None:
    """Do a job to its end; however it ends, the catalog says so. One that has ended already (its
    worker was given up) is not done: something else may be going on now.

    Args:
        sign: is called whenever the work has said something.
    """
    jobs = context.catalog.jobs
    jobs.begin(job_id)
    if jobs.get(job_id).state != "running":
        return
    try:
        job = jobs.get(job_id)
        _follow(task_of(job.kind)(context, job.args), context, job_id, sign)
        jobs.end(job_id, "stopped" if jobs.stop_requested(job_id) else "done")
    except StudioError as error:
        _fail(context, job_id, error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: said in the catalog, kept in the log
        traceback.print_exc()
        log = log_of(context.workspace, job_id)
        reason = f"Something unexpected went wrong ({type(error).__name__})."
        if is_no_memory(error):
            reason = "The machine ran out of memory."
        _fail(context, job_id, StudioError(reason, f"What was stored is intact; see {log}."))


def _follow(
    events: Iterator[Event], context: Context, job_id: int, sign: Callable[[], None]
) -> None:
    run_id, doing, reported_s = None, "", 0.0
    for event in events:
        sign()
        _wait_while_paused(context, job_id)
        if isinstance(event, RunStarted):
            run_id = event.run_id
        if isinstance(event, Progressed):
            moment = time.monotonic()
            last = event.done >= event.total
            if event.doing != doing or last or moment - reported_s > PROGRESS_EVERY_S:
                doing, reported_s = event.doing, moment
                context.catalog.jobs.progress(job_id, event.done, event.total, event.doing)
        elif run_id is not None:
            context.catalog.runs.record(run_id, event)


def _wait_while_paused(context: Context, job_id: int) -> None:
    jobs, start = context.catalog.jobs, time.monotonic()
    if jobs.is_paused(job_id):
        while jobs.is_paused(job_id) and not context.stop_requested():
            time.sleep(PAUSE_STEP_S)
        jobs.delay(job_id, time.monotonic() - start)


def _fail(context: Context, job_id: int, error: StudioError) -> None:
    for run in context.catalog.runs.unended(job_id):
        context.catalog.runs.end(run.id, RunFailed(error.message, error.hint))
    context.catalog.jobs.end(job_id, "failed", error.message, error.hint)


def task_of(kind: str) -> Callable[[Context, Mapping[str, Any]], Iterator[Event]]:
    """The function of a kind of job. Its module is imported now, so that an import of pictures
    starts without torch.

    Raises:
        StudioError: there is no such work.
    """
    if kind not in TASKS:
        raise StudioError(f"There is no work called {kind!r}.", "Start it again from its page.")
    module, _, function = TASKS[kind].function.partition(":")
    return getattr(importlib.import_module(module), function)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
