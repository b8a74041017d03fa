"""What a job makes only for itself, and tidying it away when the job is over, however it ended.

All of it is found again without asking the job, which may be gone: temporary names say which job
made them, folders for scratch are named by its number and marked, and what the browser sent for an
import is named in the import's arguments. What a later job goes on from stays: finished downloads,
features, checkpoints.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import StudioError
from core.files import made_by
from core.owned import Mark, inside, mark_new, remove_file, remove_folder, settle
from core.records import Job
from core.settings import Settings
from core.workspace import Workspace

SENT = ("upload", "table_upload")
"""Arguments of an import that name what the browser sent."""
OLD_S = 24 * 3600.0
_UPLOAD = re.compile(r"[0-9a-f]{32}(\.[a-z]+)?|\..+\.[0-9a-f]{8}\.part")
"""Names that the studio gives to what the browser sends, whole or in the making."""


@contextmanager
def attributed(workspace: Workspace, job: Job) -> Iterator[None]:
    """Let this process, which does one job, put its job's number on whatever passes; tidied at the
    end.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """
    folder = _passing(workspace, job.id)
    mark_new(folder, _mark(job.id))
    before = tempfile.tempdir
    made_by(_maker(workspace, job.id))
    tempfile.tempdir = str(folder)  # libraries use it: the quantiser's files are as large as ours
    try:
        yield
    finally:
        tempfile.tempdir = before
        made_by("")
        tidy(workspace, job)


def scratch(workspace: Workspace, job_id: int) -> Path:
    """A marked folder for what one import needs on disk.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """
    folder = _scratch(workspace, job_id)
    mark_new(folder, _mark(job_id))
    return folder


def tidy(workspace: Workspace, job: Job) -> None:
    """Remove what a job that is over made for itself, and what the browser sent for it; what
    cannot be removed stays.
    """
    if job.kind == "import":
        remove_sent(workspace, job.args)
    remove_scratch(workspace, job.id)
    with suppress(StudioError):
        remove_folder(_passing(workspace, job.id), _mark(job.id))
    mine = re.compile(rf"\..+\.{_maker(workspace, job.id)}-[0-9a-f]{{8}}\.(part|gone|old)")
    for root in (workspace.folder, Settings(workspace.folder.parent).cache):
        for folder, folders, files in os.walk(root, topdown=False):
            for name in (*files, *folders):
                if mine.fullmatch(name):
                    settle(Path(folder, name))


def remove_scratch(workspace: Workspace, job_id: int) -> None:
    """Remove the folder that `scratch` made; what cannot be removed stays."""
    with suppress(StudioError):
        remove_folder(_scratch(workspace, job_id), _mark(job_id))


def remove_sent(workspace: Workspace, args: Mapping[str, Any]) -> None:
    """Remove what the browser sent for an import with these arguments; it lies in the uploads,
    whatever they say.
    """
    for name in {args[key] for key in SENT if isinstance(args.get(key), str)}:
        with suppress(StudioError):  # no name, or a folder: nothing that was sent
            remove_file(workspace.uploads, inside(workspace.uploads, name))


def sweep_uploads(workspace: Workspace, args: Mapping[str, Any]) -> None:
    """Remove what was sent a day ago or more, and that no import came for: its tab was closed.

    Args:
        args: of the import that goes on, which is the only one.
    """
    if not workspace.uploads.is_dir():
        return
    for file in workspace.uploads.iterdir():
        if file.name in args.values() or not _UPLOAD.fullmatch(file.name):
            continue
        with suppress(OSError, StudioError):
            if time.time() - file.lstat().st_mtime > OLD_S:
                remove_file(workspace.uploads, file)


def _scratch(workspace: Workspace, job_id: int) -> Path:
    return workspace.uploads / f"scratch-{int(job_id)}"


def _passing(workspace: Workspace, job_id: int) -> Path:
    return workspace.jobs / f"{int(job_id)}.tmp"


def _mark(job_id: int) -> Mark:
    return Mark("job", str(job_id))


def _maker(workspace: Workspace, job_id: int) -> str:
    """Also in the cache, which all workspaces share, there is only one job of that name."""
    return f"job{int(job_id)}-{sha256(workspace.name.encode(errors='replace')).hexdigest()[:8]}"
