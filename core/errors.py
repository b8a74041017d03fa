"""One family of errors that is shown to the person, as a sentence and a way out.

What follows from an error (a status, a filter, another try) follows from its `kind`; the sentences
are for people, and may be worded anew at any time.
"""

from __future__ import annotations

import errno
from typing import Literal, get_args

FileFault = Literal[
    # pictures
    "empty",
    "too large",
    "too many pixels",
    "too small",
    "no picture",
    "damaged",
    "truncated",
    "too many scans",
    "takes too long",
    "too many at once",
    # sounds
    "unusual sound",
    "too short",
    "too long",
    # files of a folder or an archive
    "unreadable",
    "no regular file",
    "link",
    "hidden",
    "leads out",
    "name taken",
    "no class",
    "not wanted",
    # rows of tables
    "bad table",
    "not in the table",
    "missing",
    "ambiguous",
    # pictures that are there already
    "same picture",
    "another class",
    "relabelled",
    "deleted",
    # downloads
    "bad address",
    "inside address",
    "listed twice",
    "too many redirects",
    "refused by the site",
    "not understood",
    "insecure",
    "no answer",
    "no connection",
    "nothing found",
    # skipped by a version of the studio that wrote down no kind
    "other",
]
"""Why a file, or what may be one, is no picture of the dataset."""
FILE_FAULTS: tuple[FileFault, ...] = get_args(FileFault)
WorkspaceFault = Literal["disk full", "not writable", "gone", "unusable"]
ConflictKind = Literal["changed elsewhere", "busy"]
Kind = FileFault | WorkspaceFault | ConflictKind | Literal["not possible"]
KINDS: tuple[Kind, ...] = (
    *FILE_FAULTS,
    *get_args(WorkspaceFault),
    *get_args(ConflictKind),
    "not possible",
)
_NO_MEMORY = ("out of memory", "allocate memory", "not enough memory")


class StudioError(Exception):
    """Something the person can act on.

    Args:
        message: one sentence on what happened.
        hint: one sentence on what to do about it.
    """

    kind: Kind = "not possible"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class PictureError(StudioError):
    """One file that cannot be used as a picture; the rest of an import goes on."""

    kind: FileFault

    def __init__(self, message: str, hint: str, kind: FileFault) -> None:
        super().__init__(message, hint)
        self.kind = kind


class WorkspaceError(StudioError):
    """The workspace on disk cannot be read or written."""

    kind: WorkspaceFault

    def __init__(self, message: str, hint: str, kind: WorkspaceFault = "unusable") -> None:
        super().__init__(message, hint)
        self.kind = kind


class Conflict(StudioError):
    """What was asked no longer fits what is stored (changed elsewhere, or already running)."""

    kind: ConflictKind

    def __init__(self, message: str, hint: str, kind: ConflictKind = "changed elsewhere") -> None:
        super().__init__(message, hint)
        self.kind = kind


def from_os_error(error: OSError, doing: str) -> WorkspaceError:
    """Translate a failed file operation; `doing` completes "while ..."."""
    if error.errno == errno.ENOSPC:
        return WorkspaceError(
            f"The disk is full (while {doing}).",
            "Free some space and try again: what was stored before is intact.",
            "disk full",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceError(
            f"The workspace cannot be written (while {doing}).",
            "Check the folder's permissions, or set TOPLOSS_HOME to a folder you may write to.",
            "not writable",
        )
    return WorkspaceError(
        f"A file could not be used while {doing} ({error.strerror or error}).",
        "Check that the disk is still there, then try again.",
        "gone" if error.errno == errno.ENOENT else "unusable",
    )


def is_no_memory(error: BaseException) -> bool:
    """Whether this is the way in which torch or Python say that memory is used up.

    For a processor torch has no type of its own: a RuntimeError says it in words, as do those of
    its accelerators.
    """
    words = str(error).lower()
    is_known = isinstance(error, RuntimeError) and any(phrase in words for phrase in _NO_MEMORY)
    return is_known or isinstance(error, MemoryError)
