"""Writing files so that a crash never leaves half of one.

What is being written has a temporary name that says which job writes it, so that whoever closes the
job of a killed worker finds it (`core.leftovers`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import from_os_error

MOST_OF_NAME = 50  # signs of a name that its temporary names repeat
_maker = ""


def made_by(maker: str) -> None:
    """Let all temporary names of this process say that; a worker does one job in its life."""
    global _maker  # noqa: PLW0603 - threads write files, too, and know nothing of the job
    _maker = f"{maker}-" if maker else ""


def temporary(path: Path, ending: str = "part") -> Path:
    """A hidden name beside `path` that nothing has."""
    name = f".{path.name[:MOST_OF_NAME]}.{_maker}{os.urandom(4).hex()}.{ending}"
    return path.with_name(name)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name to write to, which takes the place of `path` at the end of the block.

    Raises:
        OSError: it cannot; `path` is then as it was.
    """
    part = temporary(path)
    try:
        yield part
        part.replace(path)
    except BaseException:
        with suppress(OSError):  # it could not even be made
            part.unlink()
        raise


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
    try:
        with whole_file(path) as part:
            save(part)
    except OSError as error:
        raise from_os_error(error, f"writing {path.name}") from error


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
