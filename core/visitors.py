"""Workspaces of a public demo's visitors: one each, by a name that nobody guesses, for some hours.

Whoever is there is known by the time of a file, `.seen`. What was left is deleted when somebody
new comes, the one place where the studio deletes pictures: they were promised to go. Only folders
that were marked for a visitor are.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from core.catalog import open_catalog
from core.errors import StudioError, from_os_error
from core.jobs import active_job
from core.owned import Mark, mark, mark_of, remove_folder, settle
from core.settings import Settings
from core.workspace import Workspace, open_workspace, workspace_names

NAME = re.compile(r"visitor-[0-9a-f]{32}")
SEEN = ".seen"
MOST = 100
# The time on the wall when this process began, and as many seconds later as it has run: a clock
# that is set, back or forward, makes nobody idle, and keeps nobody.
_BEGAN_S = time.time() - time.monotonic()
FULL = ("There are too many visitors just now.", "Come back in some minutes.")


def new_visitor(settings: Settings) -> Workspace:
    """A workspace for somebody who has just come; those who left long ago are forgotten first.

    Raises:
        StudioError: there are too many visitors already.
    """
    forget_idle(settings)
    if len(visitors(settings)) >= MOST:
        raise StudioError(*FULL)
    workspace = open_workspace(settings.home, f"visitor-{secrets.token_hex(16)}")
    mark(workspace.folder, _mark_of(workspace))
    mark_seen(workspace)
    return workspace


def visitors(settings: Settings) -> list[Workspace]:
    """The workspaces of visitors."""
    names = [name for name in workspace_names(settings.home) if NAME.fullmatch(name)]
    workspaces = [Workspace(settings.home / name) for name in names]
    return [w for w in workspaces if mark_of(w.folder) == _mark_of(w)]


def mark_seen(workspace: Workspace) -> None:
    """Note that its visitor is there.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """
    try:
        file = workspace.folder / SEEN
        file.open("ab").close()  # made, if it is not there, and otherwise left as it is
        os.utime(file, (_now_s(), _now_s()))
    except OSError as error:
        raise from_os_error(error, "opening the workspace") from error


def forget_idle(settings: Settings) -> list[str]:
    """Delete the workspaces of visitors who left, but those where something goes on; the names."""
    for aside in settings.home.glob(".visitor-*.gone"):  # whoever removed it was killed
        settle(aside)
    idle = [w for w in visitors(settings) if _idle_s(w) > settings.idle_s and not _is_busy(w)]
    for workspace in idle:
        with suppress(StudioError):  # it stays for the next to try: nobody is kept out by it
            remove_folder(workspace.folder, _mark_of(workspace))
    return [workspace.name for workspace in idle if not workspace.folder.exists()]


def _mark_of(workspace: Workspace) -> Mark:
    return Mark("visitor", workspace.name)


def _now_s() -> float:
    return _BEGAN_S + time.monotonic()


def _idle_s(workspace: Workspace) -> float:
    """Seconds since its visitor was there. Who was there in the future was so for an earlier
    process with another clock, and came no more: sessions end with their process.
    """
    file: Path = workspace.folder / SEEN
    try:
        return abs(_now_s() - (file if file.exists() else workspace.folder).stat().st_mtime)
    except FileNotFoundError:  # forgotten by somebody else just now
        return 0.0


def _is_busy(workspace: Workspace) -> bool:
    """Whether a worker is there; a workspace that was never written to has none."""
    if not workspace.jobs.is_dir():
        return False
    try:
        catalog = open_catalog(workspace)
    except StudioError:
        return False
    try:
        return active_job(workspace, catalog) is not None
    finally:
        catalog.close()
