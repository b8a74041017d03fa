"""Way in: a zip file. Nothing is unpacked to disk, so no path in it can lead anywhere."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Generator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from core.context import Context
from core.dataset.found import Found, Listing, by_folder, nothing_found
from core.errors import PictureError, StudioError
from core.events import Event
from core.records import Skipped
from core.settings import Settings

MAX_MEMBERS = 1_000_000
OUTSIDE = re.compile("/|[A-Za-z]:/")


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The file `args["upload"]` in the workspace's uploads; `args["name"]` is its own name."""
    yield from ()
    file = context.workspace.uploads / Path(args["upload"]).name
    return Listing(args["name"], *find_in_zip(file, context.settings, args["name"]))


def find_in_zip(
    file: Path, settings: Settings, name: str = ""
) -> tuple[list[Found], list[Skipped]]:
    """List the files in a zip, in the order of their paths; `name` is what the person calls it.

    Raises:
        StudioError: it is not a zip, would unpack to more than the limit, or holds nothing.
    """
    archive = _open(file, name or file.name)
    infos = {info.filename.replace("\\", "/"): info for info in archive.infolist()}
    members = {path: info for path, info in infos.items() if path and not path.endswith("/")}
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
        raise nothing_found(name or file.name)
    return found, skipped


def _open(file: Path, name: str) -> zipfile.ZipFile:
    try:
        if not file.is_file():  # opening a pipe would wait forever
            raise FileNotFoundError("there is no such file")
        return zipfile.ZipFile(file)
    except Exception as error:  # zipfile raises nearly everything on damaged directories
        raise StudioError(
            f"{name} is not a zip file that can be opened ({error}).",
            "Make the zip again, with one folder per class.",
        ) from error


def _is_inside(path: str) -> bool:
    return not OUTSIDE.match(path) and ".." not in path.split("/")


def _check_total(infos: Collection[zipfile.ZipInfo], settings: Settings) -> None:
    total, limit = sum(m.file_size for m in infos), settings.max_archive_bytes
    if total > limit:
        raise StudioError(
            f"This zip would unpack to {total / 1e6:,.1f} MB; the limit is {limit / 1e6:,.1f} MB.",
            "Split it, or raise TOPLOSS_MAX_ARCHIVE_MB if you trust where it comes from.",
        )
    if len(infos) > MAX_MEMBERS:
        raise StudioError(
            f"This zip holds {len(infos):,} files; the limit is {MAX_MEMBERS:,}.",
            "Split it into several zips.",
        )


def _reader(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: Settings, lock: Lock
) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with lock, archive.open(member) as stream:
                data = stream.read(settings.max_file_bytes + 1)  # the stated size may be a lie
        except Exception as error:  # encrypted, damaged, an unknown method ...: zlib, lzma, struct
            raise PictureError(f"cannot be unpacked ({error})", "Make the zip again.") from error
        if len(data) > settings.max_file_bytes:
            limit = settings.max_file_bytes // 1_000_000
            raise PictureError(f"larger than {limit} MB", "It was left alone.")
        return data

    return read
