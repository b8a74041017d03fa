"""Files and folders that no row of the catalog speaks of.

The studio's own are told by their name (a hash, a number, a temporary name) or by the mark of their
folder; all else is "unknown" and nobody's business but the person's. What was touched lately is
passed by: somebody may be writing it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.context import Context
from core.owned import mark_of
from core.upkeep.faults import Fault, Kind, below
from core.workspace import Workspace

QUIET_S = 600.0
BY_CONTENT = re.compile(r"[0-9a-f]{64}\.\w{1,5}")
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.(part|gone|part\.old)|[0-9a-f]{64}\.part|.+\.damaged")
OF_A_JOB = re.compile(r"(\d+)\.(log|lock)")
PICTURES = ("originals", "copies")


def left_over(context: Context, quiet_s: float = QUIET_S) -> list[Fault]:
    """What nothing speaks of and nobody touched for so many seconds, by path."""
    workspace, is_still = context.workspace, _stillness(quiet_s)
    paths = {path: _kind_of_picture(path) for path in _pictures(context)}
    paths |= {path: _kind(path) for path in _runs(context)}
    paths |= {path: _kind(path, ours=True) for path in _jobs(context)}
    paths |= {path: _kind(path, ours=True) for path in _uploads(context)}
    paths |= {path: _kind(path, ours=True) for path in _temporary(workspace)}
    faults = [Fault(kind, below(workspace, path)) for path, kind in paths.items() if is_still(path)]
    return sorted(faults, key=lambda fault: fault.path)


def _kind_of_picture(path: Path) -> Kind:
    ours = BY_CONTENT.fullmatch(path.name) or TEMPORARY.fullmatch(path.name)
    return _kind(path, ours=bool(ours))


def _kind(path: Path, *, ours: bool = False) -> Kind:
    """A folder is ours by its mark only, whatever its name."""
    if path.is_dir() and not path.is_symlink():
        ours = mark_of(path) is not None
    return "left over" if ours else "unknown"


def _stillness(quiet_s: float) -> Callable[[Path], bool]:
    latest = time.time() - quiet_s

    def is_still(path: Path) -> bool:
        try:
            return path.lstat().st_mtime <= latest
        except OSError:  # gone meanwhile
            return False

    return is_still


def _pictures(context: Context) -> Iterator[Path]:
    """Files below originals/ and copies/ that belong to no image of the catalog."""
    workspace = context.workspace
    images = context.catalog.images.of_any_status()
    known_paths = {str(workspace.original(image.id, image.suffix)) for image in images}
    known_paths |= {str(workspace.copy(image.id)) for image in images}
    for top in PICTURES:
        for folder, _, names in os.walk(workspace.folder / top):
            paths = (Path(folder, name) for name in names)
            yield from (path for path in paths if str(path) not in known_paths)


def _runs(context: Context) -> Iterator[Path]:
    """Folders of runs that the catalog does not know, or not any more."""
    run_ids = {str(run.id) for run in context.catalog.runs.all()}
    yield from (path for path in _members(context.workspace.folder / "runs", run_ids))


def _jobs(context: Context) -> Iterator[Path]:
    job_ids = {str(job.id) for job in context.catalog.jobs.all()}
    for path in _members(context.workspace.jobs):
        name = OF_A_JOB.fullmatch(path.name)
        if name and name[1] not in job_ids:
            yield path


def _uploads(context: Context) -> list[Path]:
    """What the browser sent is there until its import has ended, and none goes on beside this."""
    other_jobs = [job for job in context.catalog.jobs.unfinished() if job.id != context.job_id]
    return [] if other_jobs else list(_members(context.workspace.uploads))


def _temporary(workspace: Workspace) -> Iterator[Path]:
    """Files and folders with a temporary name, anywhere but among the pictures."""
    exceptions = {*PICTURES, "uploads", workspace.set_aside.name}
    for folder, folders, names in os.walk(workspace.folder):
        at_top = Path(folder) == workspace.folder
        parts = [name for name in folders if TEMPORARY.fullmatch(name)]
        folders[:] = [n for n in folders if n not in parts and not (at_top and n in exceptions)]
        yield from (Path(folder, name) for name in parts)
        yield from (Path(folder, name) for name in names if TEMPORARY.fullmatch(name))


def _members(folder: Path, known_names: frozenset[str] | set[str] = frozenset()) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.name not in known_names)
