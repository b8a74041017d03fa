"""A run with its folder, made and removed together; and how it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.catalog import Catalog
from core.context import Context
from core.events import EpochEnded
from core.metrics import Share
from core.owned import Mark, NotOurs, mark_new, remove_folder
from core.records import Run, RunKind
from core.workspace import Workspace


def new_run(
    context: Context, kind: RunKind, config: Mapping[str, Any], classes: Sequence[str]
) -> Run:
    """A run of this job, with a folder that is marked as its own.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """
    run = context.catalog.runs.create(kind, config, classes, context.job_id)
    mark_new(context.workspace.run(run.id), _mark(run.id))
    return run


def delete_run(workspace: Workspace, catalog: Catalog, run_id: int) -> Path | None:
    """Forget a run, and remove its folder. An earlier version made folders without a mark: such a
    folder stays, and is returned.

    Raises:
        Conflict: it is still going on.
        WorkspaceError: its folder cannot be removed; the run is forgotten.
    """
    catalog.runs.delete(run_id)
    folder = workspace.run(run_id)
    try:
        remove_folder(folder, _mark(run_id))
    except NotOurs:
        return folder
    return None


def outcome_of(catalog: Catalog, run: Run) -> Share | None:
    """How much of the validation side was right at its best, by the labels of that time; None when
    that was never checked. Only events are read: by the labels of today, the Runs page compares.
    """
    epochs = catalog.runs.events(run.id, EpochEnded)
    if not epochs:
        return None
    best = min(epochs, key=lambda epoch: (epoch.error_rate, epoch.valid_loss))
    return Share(round((1 - best.error_rate) * best.valid_images), best.valid_images)


def _mark(run_id: int) -> Mark:
    return Mark("run", str(run_id))
