"""One family of errors that is shown to the person, as a sentence and a way out."""

from __future__ import annotations

import errno


class StudioError(Exception):
    """Something the person can act on.

    Args:
        message: one sentence on what happened.
        hint: one sentence on what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class PictureError(StudioError):
    """One file that cannot be used as a picture; the rest of an import goes on."""


class WorkspaceError(StudioError):
    """The workspace on disk cannot be read or written."""


class Conflict(StudioError):
    """What was asked no longer fits what is stored (changed elsewhere, or already running)."""


def from_os_error(error: OSError, doing: str) -> WorkspaceError:
    """Translate a failed file operation; `doing` completes "while ..."."""
    if error.errno == errno.ENOSPC:
        return WorkspaceError(
            f"The disk is full (while {doing}).",
            "Free some space and try again: what was stored before is intact.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceError(
            f"The workspace cannot be written (while {doing}).",
            "Check the folder's permissions, or set TOPLOSS_HOME to a folder you may write to.",
        )
    return WorkspaceError(
        f"A file could not be used while {doing} ({error.strerror or error}).",
        "Check that the disk is still there, then try again.",
    )
