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


def save_atomically(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a temporary file beside `path`, then rename it into place."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(temporary)
        temporary.replace(path)
    except OSError as error:
        raise from_os_error(error, f"writing {path.name}") from error
    finally:
        with suppress(OSError):  # it was renamed, or could not even be made
            temporary.unlink()
