"""Writing files so that a crash never leaves half of one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.errors import from_os_error


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, then rename it into place.

    Raises:
        WorkspaceError: the disk is full or not writable; `path` is then as it was.
    """
    save_atomically(path, lambda temporary: temporary.write_bytes(data))


def write_once(path: Path, data: bytes) -> None:
    """Write `data` unless there is a file at `path` already; for files named by their content.

    Raises:
        WorkspaceError: as for `write_atomically`.
    """
    try:
        there = path.exists()
    except OSError as error:
        raise from_os_error(error, f"looking for {path.name}") from error
    if not there:
        write_atomically(path, data)


def link_once(path: Path, original: Path, data: bytes) -> None:
    """Give a file whose content is `data` a second name, unless there is a file at `path` already;
    where the disk knows no second names, it is written again.

    Raises:
        WorkspaceError: as for `write_atomically`.
    """
    try:
        _make_folder(path.parent)
        path.hardlink_to(original)
    except OSError:
        write_once(path, data)


def save_atomically(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a temporary file beside `path`, then rename it into place."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        _make_folder(path.parent)
        save(temporary)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):  # it could not even be made
            temporary.unlink()
        if isinstance(error, OSError):
            raise from_os_error(error, f"writing {path.name}") from error
        raise


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():  # asking is quicker than an attempt
        folder.mkdir(parents=True, exist_ok=True)
