"""Way in: a zip file. Nothing is unpacked to disk, so no path in it can lead anywhere."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock

from core.dataset.found import Found, by_folder, nothing_found
from core.errors import PictureError, StudioError
from core.records import Skipped
from core.settings import Settings

MAX_MEMBERS = 1_000_000


def find_in_zip(file: Path, settings: Settings) -> tuple[list[Found], list[Skipped]]:
    """List the files in a zip, in the order of their paths.

    Raises:
        StudioError: it is not a zip, would unpack to more than the limit, or holds nothing.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise StudioError(
            f"{file.name} is not a zip file that can be opened ({error}).",
            "Make the zip again, with one folder per class.",
        ) from error
    members = {m.filename.replace("\\", "/"): m for m in archive.infolist() if not m.is_dir()}
    _check_total(members.values(), settings)
    safe = sorted(path for path in members if _is_inside(path))
    lock = Lock()  # one file handle, read by several threads
    found, skipped = by_folder(safe, lambda path: _reader(archive, members[path], settings, lock))
    skipped += [
        Skipped(path, "its path leads out of the archive")
        for path in sorted(members)
        if not _is_inside(path)
    ]
    if not found:
        raise nothing_found(file.name)
    return found, skipped


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ":" not in path and ".." not in path.split("/")


def _check_total(infos: Collection[zipfile.ZipInfo], settings: Settings) -> None:
    total = sum(m.file_size for m in infos)
    if total > settings.max_archive_bytes or len(infos) > MAX_MEMBERS:
        raise StudioError(
            f"This zip would unpack to {total / 1e9:.0f} GB in {len(infos):,} files; the limit is "
            f"{settings.max_archive_bytes / 1e9:.0f} GB.",
            "Split it, or raise TOPLOSS_MAX_ARCHIVE_MB if you trust where it comes from.",
        )


def _reader(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: Settings, lock: Lock
) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with lock, archive.open(member) as stream:
                data = stream.read(settings.max_file_bytes + 1)  # the stated size may be a lie
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError) as error:
            raise PictureError(f"cannot be unpacked ({error})", "Make the zip again.") from error
        if len(data) > settings.max_file_bytes:
            limit = settings.max_file_bytes // 1_000_000
            raise PictureError(f"larger than {limit} MB", "It was left alone.")
        return data

    return read
