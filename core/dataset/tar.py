"""A tar file as a tree of files: .tar, .tar.gz, .tar.bz2, .tar.xz.

A packed tar can only be read from its beginning, so it is first unpacked, as one file, into the
workspace; its members are then read where they lie in it and never written anywhere.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from typing import IO, Any, BinaryIO

from core.context import Context
from core.dataset.archive import (
    LINK,
    MAX_MEMBERS,
    Member,
    Refusal,
    check_total,
    over_the_limit,
    tree_of,
)
from core.dataset.new_pictures import FileTree, too_large
from core.errors import PictureError, StudioError, from_os_error
from core.events import Progressed
from core.settings import Settings

CHUNK_BYTES = 1 << 22
GLANCE_BYTES = 200_000_000
PACKINGS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""First bytes of a packed file -> what opens it."""


def unpack(context: Context, file: Path, into: Path) -> Generator[Progressed, None, Path]:
    """The plain tar in a packed file, written to `into`; a file that is not packed is returned
    as it is. When a stop is asked for, what is there so far.

    Raises:
        StudioError: it is damaged, or unpacks to more than the limit.
        WorkspaceError: the disk is full.
    """
    with file.open("rb") as stream:
        start = stream.read(6)
    packing = next((opens for sign, opens in PACKINGS.items() if start.startswith(sign)), None)
    if packing is None:
        return file
    into.parent.mkdir(parents=True, exist_ok=True)
    size = file.stat().st_size
    with into.open("wb") as plain, file.open("rb") as raw, packing(raw) as stream:
        for chunk in _chunks(stream, context.settings.max_archive_bytes):
            if context.stop_requested():
                break
            try:
                plain.write(chunk)
            except OSError as error:
                raise from_os_error(error, "unpacking the archive") from error
            yield Progressed(min(raw.tell(), size), size, "Unpacking the archive")
    return into


def _chunks(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    while True:
        try:
            chunk = stream.read(CHUNK_BYTES)
        except Exception as error:  # each kind of packing has errors of its own
            raise _damaged(error) from error
        if not chunk:
            return
        total += len(chunk)
        if total > limit:
            raise over_the_limit("to more", limit)
        yield chunk


def open_tar(file: Path | BinaryIO, settings: Settings, name: str) -> FileTree:
    """The files in a plain tar on disk; links and devices are refused. Of a tar in memory, which
    may be packed, only the beginning (`GLANCE_BYTES`): for a glance.

    Raises:
        StudioError: it is not a tar, or its files are larger than the limit in all.
    """
    archive = _open(file)
    limit_bytes = None if isinstance(file, Path) else GLANCE_BYTES
    try:
        infos = [info for info in _infos(archive, limit_bytes) if not info.isdir()]
    except Exception as error:  # tarfile raises nearly everything on damaged headers
        raise _damaged(error) from error
    check_total([info.size for info in infos], settings)
    lock = Lock()  # one file handle, read by several threads
    members = [
        Member(
            info.name.replace("\\", "/").removeprefix("./"),
            partial(_read, archive, info, settings, lock),
            _refusal(info),
        )
        for info in infos
        if info.name
    ]
    return tree_of(name, members)


def _open(file: Path | BinaryIO) -> tarfile.TarFile:
    try:
        if isinstance(file, Path):
            return tarfile.open(file, "r:")
        return tarfile.open(fileobj=file, mode="r:*")
    except Exception as error:  # as above
        raise _damaged(error) from error


def _infos(archive: tarfile.TarFile, limit_bytes: int | None) -> Iterator[tarfile.TarInfo]:
    """Members as they follow each other. A size below zero would lead back to what was read
    already, again and again.
    """
    last = -1
    for count, info in enumerate(iter(archive.next, None)):
        if info.size < 0 or info.offset_data <= last or count > MAX_MEMBERS:
            raise ValueError("its entries lead back to each other")
        last = info.offset_data
        yield info
        if limit_bytes is not None and last + info.size > limit_bytes:
            return


def _refusal(info: tarfile.TarInfo) -> Refusal | None:
    if info.issym() or info.islnk():
        return LINK
    return None if info.isreg() else Refusal("a device or a pipe: not read", "no regular file")


def _damaged(error: Exception) -> StudioError:
    return StudioError(
        f"The archive is damaged, or of an unknown kind ({error or type(error).__name__}).",
        "Make it again: a zip, or a tar packed by gzip, bzip2 or xz, with one folder per class.",
    )


def _read(archive: tarfile.TarFile, info: tarfile.TarInfo, settings: Settings, lock: Lock) -> bytes:
    if info.size > settings.max_file_bytes:
        raise too_large(settings.max_file_bytes)
    try:
        with lock:
            stream = archive.extractfile(info)
            data = stream.read() if stream is not None else b""
    except Exception as error:  # a member that ends too early, for one
        raise _not_unpacked(str(error)) from error
    if len(data) != info.size:
        raise _not_unpacked("it ends too early")
    return data


def _not_unpacked(reason: str) -> PictureError:
    return PictureError(f"cannot be unpacked ({reason})", "Make the archive again.", "damaged")
