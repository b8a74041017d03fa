"""Way in: a folder on this machine, one sub-folder per class."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from core.context import Context
from core.dataset.found import Found, Listing, by_folder, nothing_found, shown
from core.errors import PictureError, StudioError
from core.events import Event
from core.records import Skipped
from core.settings import Settings


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The folder `args["path"]`."""
    yield from ()
    folder = Path(args["path"]).expanduser()
    return Listing(str(folder), *find_in_folder(folder, context.settings))


def find_in_folder(folder: Path, settings: Settings) -> tuple[list[Found], list[Skipped]]:
    """List the files below a folder, in the order of their paths.

    Raises:
        StudioError: it is not a folder, cannot be read, or holds nothing to try.
    """
    if not _is_folder(folder):
        raise StudioError(
            f"There is no folder {str(folder)!r} on this machine.",
            "Copy its full path from your file manager.",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise StudioError(f"The folder {str(folder)!r} may not be read.", "Check its permissions.")
    paths, left_out = _walk(folder)
    found, skipped = by_folder(sorted(paths), lambda path: _reader(folder / path, settings))
    if not found:
        raise nothing_found(str(folder))
    return found, skipped + left_out


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # for one, a name longer than any can be
        return False


def _walk(folder: Path) -> tuple[list[str], list[Skipped]]:
    """Paths of the files below a folder, and the folders that were not entered."""
    paths, left_out = [], []

    def leave_out(path: Path, reason: str) -> None:
        left_out.append(Skipped(shown(path.relative_to(folder).as_posix()), reason))

    def unreadable(error: OSError) -> None:
        leave_out(Path(str(error.filename)), f"cannot be read ({error.strerror})")

    for directory, folders, names in os.walk(folder, onerror=unreadable):
        here = Path(directory)
        paths += [(here / name).relative_to(folder).as_posix() for name in names]
        for name in folders:
            if (here / name).is_symlink():
                leave_out(here / name, "a link to a folder: not followed")
    return paths, left_out


def _reader(file: Path, settings: Settings) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            status = file.stat()
            if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait forever
                raise PictureError("not a regular file", "It was left alone.")
            if status.st_size > settings.max_file_bytes:
                limit = settings.max_file_bytes // 1_000_000
                raise PictureError(f"larger than {limit} MB", "It was left alone.")
            return file.read_bytes()
        except OSError as error:
            raise PictureError(
                f"cannot be read ({error.strerror or error})", "Check its permissions."
            ) from error

    return read
