"""A zip file as a tree of files, and what all archives share.

Nothing is unpacked to disk, so no path in an archive can lead anywhere.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Collection
from functools import partial
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

from core.dataset.new_pictures import (
    FileTree,
    Labelled,
    Reader,
    by_folder,
    is_inside,
    no_pictures_in,
    path_text,
    too_large,
)
from core.errors import FileFault, PictureError, StudioError
from core.records import Skipped
from core.settings import Settings

MAX_MEMBERS = 1_000_000


class Refusal(NamedTuple):
    """Why a member of an archive is not even tried."""

    reason: str
    kind: FileFault


LINK = Refusal("a link: not followed", "link")
_OUTSIDE = Refusal("its path leads out of the archive", "leads out")
_TWICE = Refusal("there is another file of this name in the archive", "name taken")


def find_in_zip(file: Path, settings: Settings, name: str = "") -> Labelled:
    """The files in a zip with their classes, in the order of their paths.

    Args:
        name: what the person calls it.

    Raises:
        StudioError: it is not a zip, would unpack to more than the limit, or holds nothing.
    """
    tree = open_zip(file, settings, name)
    pictures, skipped = by_folder(list(tree.readers), tree.readers.__getitem__)
    if not pictures:
        raise no_pictures_in(tree.name)
    return pictures, skipped + list(tree.skipped)


def open_zip(file: Path | BinaryIO, settings: Settings, name: str = "") -> FileTree:
    """The files in a zip, on disk or in memory.

    Raises:
        StudioError: it is not a zip, or would unpack to more than the limit.
    """
    name = name or (file.name if isinstance(file, Path) else "the upload")
    archive = _open(file, name)
    infos = [info for info in archive.infolist() if not _is_folder(info)]
    check_total([info.file_size for info in infos], settings)
    lock = Lock()  # one file handle, read by several threads
    members = [
        Member(
            info.filename.replace("\\", "/"),
            partial(_read, archive, info, settings, lock),
            LINK if stat.S_ISLNK(info.external_attr >> 16) else None,
        )
        for info in infos
    ]
    return tree_of(name, members)


class Member:
    """A file in an archive; `refusal` is the reason why it is not even tried, if there is one."""

    def __init__(self, path: str, read: Reader, refusal: Refusal | None) -> None:
        self.path, self.read, self.refusal = path, read, refusal


def tree_of(name: str, members: Collection[Member]) -> FileTree:
    """The members that may be read, by path; the rest is skipped, with the reason."""
    readers: dict[str, Reader] = {}
    skipped = []
    for member in sorted(members, key=lambda member: member.path):
        refusal = member.refusal if is_inside(member.path) else _OUTSIDE
        if not refusal and member.path in readers:
            refusal = _TWICE
        if refusal:
            skipped.append(Skipped(path_text(member.path), *refusal))
        else:
            readers[member.path] = member.read
    return FileTree(name, readers, skipped)


def check_total(sizes: Collection[int], settings: Settings) -> None:
    """Raises a StudioError when an archive would unpack to more than the limits."""
    total, limit = sum(sizes), settings.max_archive_bytes
    if total > limit:
        raise over_the_limit(f"to {total / 1e6:,.1f} MB", limit)
    if len(sizes) > MAX_MEMBERS:
        raise StudioError(
            f"This archive holds {len(sizes):,} files; the limit is {MAX_MEMBERS:,}.",
            "Split it into several archives.",
        )


def over_the_limit(size: str, limit: int) -> StudioError:
    return StudioError(
        f"This archive would unpack {size}; the limit is {limit / 1e6:,.1f} MB.",
        "Split it, or raise TOPLOSS_MAX_ARCHIVE_MB if you trust where it comes from.",
    )


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return not info.filename or info.filename.endswith(("/", "\\"))


def _open(file: Path | BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        if isinstance(file, Path) and not file.is_file():  # opening a pipe would wait forever
            raise FileNotFoundError("there is no such file")
        return zipfile.ZipFile(file)
    except Exception as error:  # zipfile raises nearly everything on damaged directories
        raise StudioError(
            f"{name} is not a zip file that can be opened ({error}).",
            "Make the zip again, with one folder per class.",
        ) from error


def _read(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: Settings, lock: Lock
) -> bytes:
    try:
        with lock, archive.open(member) as stream:
            data = stream.read(settings.max_file_bytes + 1)  # the stated size may be a lie
    except Exception as error:  # encrypted, damaged, an unknown method ...: zlib, lzma, struct
        reason = f"cannot be unpacked ({error})"
        raise PictureError(reason, "Make the zip again.", "damaged") from error
    if len(data) > settings.max_file_bytes:
        raise too_large(settings.max_file_bytes)
    return data
