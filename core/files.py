"""Writing files so that a crash never leaves half of one."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.errors import from_os_error


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, then rename it into place.

    Raises:
        WorkspaceError: the disk is full or not writable; `path` is then as it was.
    """
    _put(path, lambda temporary: _in_folder_of(path, lambda: _write(temporary, data)))


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
        _in_folder_of(path, lambda: os.link(original, path))
    except OSError:
        write_once(path, data)


def save_atomically(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a temporary file beside `path`, then rename it into place."""

    def save_in_folder(temporary: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(temporary)

    _put(path, save_in_folder)


def _put(path: Path, save: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        save(temporary)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):  # it could not even be made
            temporary.unlink()
        if isinstance(error, OSError):
            raise from_os_error(error, f"writing {path.name}") from error
        raise


def _in_folder_of(path: Path, act: Callable[[], object]) -> None:
    """Act; when something is not there, make the folder and act again: it is nearly always there,
    and asking takes as long as writing a small file.
    """
    try:
        act()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        act()


def _write(path: Path, data: bytes) -> None:
    """Write a new file; `open` would take twice as long for a small one."""
    file = os.open(path, _NEW, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # the last on Windows
