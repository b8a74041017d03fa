"""Every task of the studio with arguments that nobody meant."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground, opened
from benchmarks.attacks.guard import listing
from benchmarks.attacks.servers import processes_of
from core.jobs import TASKS, active_job, start_job
from core.workspace import Workspace

PATH = "../../canary"
KNOWN = (
    "run_id", "run_ids", "image_id", "image_ids", "classes", "bundle", "kind", "repository", "form",
    "license", "way", "upload", "name", "label", "labels", "list", "path", "pattern", "table",
    "table_upload", "table_name", "file_column", "label_column", "group", "checkpoint", "sides",
    "architecture", "architectures", "config", "stage", "epochs", "count", "words", "private",
)  # fmt: skip
"""Names of arguments that some task reads."""
WAYS = ("folder", "archive", "table", "files", "camera", "urls", "hub", "sample")
LONG_S, GRACE_S = 25.0, 45.0


def attacks(ground: Ground) -> Iterator[Attack]:
    for kind in (*TASKS, "../../x"):
        for name, args in _arguments(ground):
            yield Attack(f"{kind}, {name}", partial(_started, ground, kind, args), 150)
    for way in WAYS:
        for name, value in _values(ground):
            args = {**dict.fromkeys(KNOWN, value), "way": way}
            yield Attack(f"import by {way}, {name}", partial(_started, ground, "import", args), 150)


def _values(ground: Ground) -> list[tuple[str, Any]]:
    return [("a path up", PATH), ("a full path", str(ground.canary)), ("its own files", "..")]


def _arguments(ground: Ground) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "none", {}
    for name, value in (
        ("paths", PATH),
        ("numbers", -1),
        ("lists", [PATH, None, {"a": 1}]),
    ):
        yield name, dict.fromkeys(KNOWN, value)
    # A run and a picture that are there, all else a path.
    with opened(ground.target) as catalog:
        image = catalog.images.all()[0].id
    real = {"run_id": 1, "run_ids": [1], "image_id": image, "image_ids": [image]}
    yield "a real run, else paths", {**dict.fromkeys(KNOWN, str(ground.canary)), **real}


def _started(ground: Ground, kind: str, args: Mapping[str, Any]) -> None:
    """It ends by itself or on request, says how, and only its own workspace has changed."""
    with ground.borrowed() as workspace:
        before = listing(workspace.folder / "originals")
        with opened(workspace) as catalog:
            job = start_job(workspace, catalog, kind, args)
            ended = _ended(workspace, catalog, LONG_S)
            if not ended:
                catalog.jobs.request_stop(job.id)
                ended = _ended(workspace, catalog, GRACE_S)
            demand(ended, "it goes on although it was stopped")
            job = catalog.jobs.get(job.id)
        demand(job.state != "failed" or bool(job.message), "it failed without a word")
        now = listing(workspace.folder / "originals")
        lost = [path for path, said in before.items() if now.get(path) != said]
        demand(not lost, f"{len(lost)} originals are gone or changed")


def _ended(workspace: Workspace, catalog: Any, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if active_job(workspace, catalog) is None:
            return not processes_of(f"core.worker\0{workspace.folder}\0") or _gone(workspace)
        time.sleep(0.1)
    return False


def _gone(workspace: Workspace) -> bool:
    """Whether the process goes soon after its last word."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not processes_of(f"core.worker\0{workspace.folder}\0"):
            return True
        time.sleep(0.05)
    return False
