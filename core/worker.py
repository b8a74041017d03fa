"""The worker process: does one job and tells the catalog. `python -m core.worker FOLDER JOB`."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.catalog import open_catalog
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed, RunFailed, RunStarted
from core.jobs import lock_of, log_of
from core.settings import load_settings
from core.workspace import Workspace

PROGRESS_EVERY_S = 0.2


def main(folder: str, job_id: int) -> None:
    workspace = Workspace(Path(folder))
    with lock_of(workspace, job_id):
        catalog = open_catalog(workspace)
        context = Context(
            workspace,
            catalog,
            load_settings(),
            stop_requested=lambda: catalog.jobs.stop_requested(job_id),
            job_id=job_id,
        )
        run_job(context, job_id)


def run_job(context: Context, job_id: int) -> None:
    """Do a job to its end; however it ends, the catalog says so. One that has ended already (its
    worker was given up) is not done: something else may be going on now.
    """
    jobs = context.catalog.jobs
    jobs.begin(job_id)
    if jobs.get(job_id).state != "running":
        return
    try:
        job = jobs.get(job_id)
        _follow(TASKS[job.kind](context, job.args), context, job_id)
        jobs.end(job_id, "stopped" if jobs.stop_requested(job_id) else "done")
    except StudioError as error:
        _fail(context, job_id, error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: said in the catalog, kept in the log
        traceback.print_exc()
        log = log_of(context.workspace, job_id)
        reason = f"Something unexpected went wrong ({type(error).__name__})."
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            reason = "The machine ran out of memory."
        _fail(context, job_id, StudioError(reason, f"What was stored is intact; see {log}."))


def _follow(events: Iterator[Event], context: Context, job_id: int) -> None:
    run_id, doing, told_at = None, "", 0.0
    for event in events:
        if isinstance(event, RunStarted):
            run_id = event.run_id
        if isinstance(event, Progressed):
            moment = time.monotonic()
            last = event.done >= event.total
            if event.doing != doing or last or moment - told_at > PROGRESS_EVERY_S:
                doing, told_at = event.doing, moment
                context.catalog.jobs.progress(job_id, event.done, event.total, event.doing)
        elif run_id is not None:
            context.catalog.runs.record(run_id, event)


def _fail(context: Context, job_id: int, error: StudioError) -> None:
    for run in context.catalog.runs.unended(job_id):
        context.catalog.runs.end(run.id, RunFailed(error.message, error.hint))
    context.catalog.jobs.end(job_id, "failed", error.message, error.hint)


# Each task imports what it needs: an import of pictures starts without torch.


def _import_sample(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.dataset.importing import import_pictures
    from core.dataset.sample import NAME, find_in_sample

    return import_pictures(context, NAME, *find_in_sample())


def _import_folder(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.dataset.folder import find_in_folder
    from core.dataset.importing import import_pictures

    folder = Path(args["path"]).expanduser()
    return import_pictures(context, str(folder), *find_in_folder(folder, context.settings))


def _import_zip(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.dataset.archive import find_in_zip
    from core.dataset.importing import import_pictures

    file = context.workspace.uploads / Path(args["upload"]).name
    try:
        yield from import_pictures(
            context, args["name"], *find_in_zip(file, context.settings, args["name"])
        )
    finally:
        file.unlink(missing_ok=True)


def _train_quick(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.training.quick import train_quick

    return train_quick(context, **args)


def _fine_tune(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.training.config import TrainConfig
    from core.training.fine_tune import fine_tune

    return fine_tune(context, TrainConfig.from_dict(args))


def _lookalikes(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.review.lookalikes import find_lookalikes

    return find_lookalikes(context)


def _export(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    from core.export.bundle import export_bundle

    return export_bundle(context, args["run_id"])


TASKS: dict[str, Callable[[Context, Mapping[str, Any]], Iterator[Event]]] = {
    "sample": _import_sample,
    "folder": _import_folder,
    "zip": _import_zip,
    "quick": _train_quick,
    "fine-tune": _fine_tune,
    "export": _export,
    "lookalikes": _lookalikes,
}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
