"""Whose files a route may serve: how addresses name a workspace, and which files are its own.

Outside of a public demo all workspaces of the home are the person's own, and stand in addresses by
their names. A visitor's stands there by a key that this process made: only the pages of that
visitor's session hold it, and it ends with the process, as sessions do. The name would not do: it
is in exports, which people share.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request

from core.catalog import open_catalog
from core.context import Context
from core.errors import StudioError
from core.settings import load_settings
from core.visitors import NAME
from core.workspace import Workspace, valid_name

MOST_DIGITS = 9
_SECRET = secrets.token_bytes(32)


def address_of(workspace: Workspace) -> str:
    """How addresses name a workspace: the part between two slashes."""
    return _key(workspace) if load_settings().demo else quote(workspace.name, safe="")


def workspace_of(request: Request) -> Workspace | None:
    """The workspace that the address names; None when there is none for whoever asks."""
    settings, part = load_settings(), str(request.path_params["workspace"])
    try:
        if settings.demo:
            return _of_visitor(settings.home, part)
        workspace = Workspace(settings.home / valid_name(part))
    except StudioError:
        return None
    return workspace if workspace.folder.is_dir() else None


@contextmanager
def context_of(request: Request) -> Iterator[Context]:
    """The workspace that the address names, with its catalog until the end of the block; none is
    made where it is not there.

    Raises:
        StudioError: there is none for whoever asks.
    """
    workspace = workspace_of(request)
    if workspace is None or own_file(workspace, workspace.catalog_file) is None:
        raise StudioError("There is no such workspace.", "Choose one in the sidebar.")
    with closing(open_catalog(workspace)) as catalog:
        yield Context(workspace, catalog, load_settings())


def row_number(text: str) -> int | None:
    """The number by which an address names a run or a step of the journal; None if it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None


def own_file(workspace: Workspace, file: Path) -> Path | None:
    """Where a file of the workspace really lies; None when there is no regular one, or a link
    leads out of the workspace to it.
    """
    try:
        real = Path(os.path.realpath(file, strict=True))  # half the time of `resolve`
        inside = real.is_relative_to(os.path.realpath(workspace.folder))
    except (OSError, ValueError):  # nothing there, links in a ring, no name at all
        return None
    return real if inside and real.is_file() else None


def _of_visitor(home: Path, key: str) -> Workspace | None:
    for workspace in map(Workspace, home.iterdir() if home.is_dir() else ()):
        if not NAME.fullmatch(workspace.name):
            continue
        if hmac.compare_digest(_key(workspace).encode(), key.encode(errors="replace")):
            real = workspace.folder.is_dir() and not workspace.folder.is_symlink()
            return workspace if real else None
    return None


def _key(workspace: Workspace) -> str:
    """128 bits that nobody can work out from the name; hexadecimal digits."""
    return hmac.digest(_SECRET, str(workspace.folder).encode(), "sha256").hex()[:32]
