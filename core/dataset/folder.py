"""Way in: a folder on this machine, one sub-folder per class."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from core.dataset.found import Found, by_folder, nothing_found
from core.errors import PictureError, StudioError
from core.records import Skipped
from core.settings import Settings


def find_in_folder(folder: Path, settings: Settings) -> tuple[list[Found], list[Skipped]]:
    """List the files below a folder, in the order of their paths.

    Raises:
        StudioError: it is not a folder, cannot be read, or holds nothing to try.
    """
    if not folder.is_dir():
        raise StudioError(
            f"There is no folder {str(folder)!r} on this machine.",
            "Copy its full path from your file manager.",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise StudioError(f"The folder {str(folder)!r} may not be read.", "Check its permissions.")
    paths = sorted(
        (Path(directory) / name).relative_to(folder).as_posix()
        for directory, _, names in os.walk(folder)
        for name in names
    )
    found, skipped = by_folder(paths, lambda path: _reader(folder / path, settings))
    if not found:
        raise nothing_found(str(folder))
    return found, skipped


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
