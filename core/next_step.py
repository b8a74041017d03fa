"""What to do next in a workspace: facts from its catalog, and rules that choose one step from them.

Nothing here opens predictions or pictures: a page asks for it each time it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalog import Catalog
from core.events import FeaturesComputed
from core.jobs import active_job
from core.records import Job, Run
from core.workspace import Workspace

StepKind = Literal[
    "bring pictures",
    "bring a second class",
    "wait",
    "train",
    "review",
    "train again",
    "export",
    "fine-tune",
    "bring more",
]
ENOUGH_CHANGES = 20
"""Changes after which training again comes before more review."""
ON_TWO_CORES = 50.0
"""Pictures a second that the quick model needs in all; measured (docs/decisions.md)."""


@dataclass(frozen=True)
class Standing:
    """Where a workspace is.

    Attributes:
        pictures, classes: in use; classes with pictures.
        job: what goes on.
        quick: the newest quick model that scored the pictures.
        suspects: ids of the pictures with labels more likely wrong than right that nobody looked at
            since, the worst first; None when that model did not say.
        changed, added: pictures changed by hand, or brought, since that model began to learn.
        again_s: seconds that training it again takes; None when none was measured here.
        exported: whether there is a bundle of the newest model.
        fine_tuned: whether a fine-tuned model is there.
    """

    pictures: int = 0
    classes: int = 0
    job: Job | None = None
    quick: Run | None = None
    suspects: tuple[str, ...] | None = None
    changed: int = 0
    added: int = 0
    again_s: float | None = None
    exported: bool = False
    fine_tuned: bool = False


@dataclass(frozen=True)
class Step:
    """The one thing to do next.

    Attributes:
        count: pictures that it is about: suspicious ones, changed ones, or all to learn from.
        added: pictures that came since the newest model, beside the `count` that were changed.
        seconds: how long it takes; None when that is not known.
        measured: whether `seconds` come from this workspace, else from two cores elsewhere.
        job: what is waited for.
    """

    kind: StepKind
    count: int = 0
    added: int = 0
    seconds: float | None = None
    measured: bool = False
    job: Job | None = None


def next_step(now: Standing) -> Step:
    """One step, whatever the workspace is like."""
    if now.job is not None:
        return Step("wait", job=now.job)
    return _first_model(now) or _train_again(now) or _with_model(now)


def _first_model(now: Standing) -> Step | None:
    if not now.pictures:
        return Step("bring pictures")
    if now.classes < 2:
        return Step("bring a second class", now.pictures)
    if now.quick is None:
        return Step("train", now.pictures, seconds=now.pictures / ON_TWO_CORES)
    return None


def _train_again(now: Standing) -> Step | None:
    """When nothing suspicious is left to look at, or enough has changed already."""
    news = now.changed + now.added
    if news and (not now.suspects or news >= ENOUGH_CHANGES):
        return Step("train again", now.changed, now.added, now.again_s, now.again_s is not None)
    return None


def _with_model(now: Standing) -> Step:
    if now.suspects or (now.suspects is None and not now.changed):
        return Step("review", len(now.suspects or ()))
    if not now.exported:
        return Step("export")
    return Step("bring more" if now.fine_tuned else "fine-tune")


def standing(workspace: Workspace, catalog: Catalog) -> Standing:
    """The facts, from a handful of queries that read no predictions.

    Raises:
        WorkspaceError: the catalog cannot be read.
    """
    counts = [sum(sides.values()) for sides in catalog.images.counts().values()]
    facts = Standing(sum(counts), sum(count > 0 for count in counts))
    models = catalog.runs.with_model()
    quick = catalog.runs.latest("out-of-fold")
    job = active_job(workspace, catalog)
    if quick is None:
        return Standing(facts.pictures, facts.classes, job)
    added = catalog.images.added_since(quick.created_at)
    return Standing(
        facts.pictures,
        facts.classes,
        job,
        quick,
        catalog.runs.open_suspects(quick.id),
        len(catalog.journal.changed_images(quick.edits)),
        added,
        _again_s(catalog, quick, added),
        _is_exported(workspace, catalog, models),
        any(run.kind == "fine-tune" for run in models),
    )


def _again_s(catalog: Catalog, quick: Run, added: int) -> float | None:
    """As long as last time, but for pictures that the network has looked at since."""
    if quick.job_id is None:
        return None
    job = catalog.jobs.get(quick.job_id)
    looked = next(iter(catalog.runs.events(quick.id, FeaturesComputed)), None)
    if job.state != "done" or looked is None or (added and not looked.images):
        return None
    if not looked.images:
        return job.elapsed_s
    rest_s = max(0.0, job.elapsed_s - looked.seconds)
    return rest_s + added * looked.seconds / looked.images


def _is_exported(workspace: Workspace, catalog: Catalog, models: list[Run]) -> bool:
    """Whether there is a bundle that was made after the newest model."""
    if not any(workspace.exports.glob("[!.]*")):
        return False
    newest = next((run.job_id for run in models if run.job_id is not None), 0)
    made = [job.id for job in catalog.jobs.all("export") if job.state == "done"]
    return newest == 0 or max(made, default=0) > newest
