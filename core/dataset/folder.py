"""A folder on this machine as a tree of files."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

from core.dataset.new_pictures import (
    FileTree,
    Labelled,
    by_folder,
    no_pictures_in,
    path_text,
    too_large,
)
from core.errors import FileFault, PictureError, StudioError
from core.owned import MARK
from core.records import Skipped
from core.settings import Settings


def find_in_folder(folder: Path, settings: Settings) -> Labelled:
    """The files below a folder with their classes, in the order of their paths.

    Raises:
        StudioError: it is not a folder, cannot be read, or holds nothing to try.
    """
    tree = open_folder(folder, settings)
    pictures, skipped = by_folder(list(tree.readers), tree.readers.__getitem__)
    if not pictures:
        raise no_pictures_in(tree.name)
    return pictures, skipped + list(tree.skipped)


def open_folder(folder: Path, settings: Settings, limit: int | None = None) -> FileTree:
    """The files below a folder; links to folders are not followed.

    Args:
        limit: stop looking after about this many files (for a glance).

    Raises:
        StudioError: it is not a folder, or cannot be read.
    """
    if not _is_folder(folder):
        raise StudioError(
            f"There is no folder {str(folder)!r} on this machine.",
            "Copy its full path from your file manager.",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise StudioError(f"The folder {str(folder)!r} may not be read.", "Check its permissions.")
    paths, skipped = _walk(folder, limit)
    readers = {path: partial(read_file, folder / path, settings) for path in sorted(paths)}
    return FileTree(str(folder), readers, sorted(skipped, key=lambda skip: skip.path))


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # for one, a name longer than any can be
        return False


def _walk(folder: Path, limit: int | None) -> tuple[list[str], list[Skipped]]:
    """Paths of the files below a folder, and the folders that were not entered."""
    paths: list[str] = []
    skipped: list[Skipped] = []

    def leave_out(path: Path, reason: str, kind: FileFault) -> None:
        skipped.append(Skipped(path_text(path.relative_to(folder).as_posix()), reason, kind))

    def unreadable(error: OSError) -> None:
        leave_out(Path(str(error.filename)), f"cannot be read ({error.strerror})", "unreadable")

    for directory, folders, names in os.walk(folder, onerror=unreadable):
        parent = Path(directory)
        folders.sort()
        files = (parent / name for name in names if name != MARK)  # a dataset that was taken out
        paths += [file.relative_to(folder).as_posix() for file in files]
        for name in folders:
            if (parent / name).is_symlink():
                leave_out(parent / name, "a link to a folder: not followed", "link")
        if limit is not None and len(paths) >= limit:
            break
    return paths, skipped


def read_file(file: Path, settings: Settings) -> bytes:
    """The bytes of one file.

    Raises:
        PictureError: it is no regular file, is too large, or cannot be read.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait forever
            raise PictureError("not a regular file", "It was left alone.", "no regular file")
        if status.st_size > settings.max_file_bytes:
            raise too_large(settings.max_file_bytes)
        return file.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        raise PictureError(reason, "Check its permissions.", "unreadable") from error
