"""Working copies that are made again from their originals."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from core.errors import PictureError
from core.files import write_atomically
from core.images.reading import SUFFIXES
from core.images.sound import SOUNDS
from core.images.working_copy import working_copy
from core.settings import Settings
from core.workspace import Workspace

_ANY_SUFFIX = sorted({*SUFFIXES.values(), *SOUNDS})


def present_copy(workspace: Workspace, image_id: str, settings: Settings) -> Path | None:
    """The file of a working copy, made again when it is missing or empty; None when it cannot be:
    there is no original with that id, or it is damaged.

    Raises:
        WorkspaceError: it cannot be written.
    """
    file = workspace.copy(image_id)
    if _is_filled(file):
        return file
    originals = (workspace.original(image_id, suffix) for suffix in _ANY_SUFFIX)
    original = next((path for path in originals if _is_filled(path)), None)
    if original is None or not make_copy(workspace, image_id, original, settings):
        return None
    return file


def make_copy(workspace: Workspace, image_id: str, original: Path, settings: Settings) -> bool:
    """Make a working copy again; whether the original is as it came in and could be read.

    Raises:
        WorkspaceError: it cannot be written.
    """
    try:
        data = original.read_bytes()
        if hashlib.sha256(data).hexdigest() != image_id:
            return False
        copy = working_copy(data, settings)
    except (OSError, PictureError):
        return False
    write_atomically(workspace.copy(image_id), copy)  # a damaged one may have the same size
    return True


def _is_filled(file: Path) -> bool:
    """Whether there is a regular file with something in it."""
    try:
        facts = file.stat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_size > 0
