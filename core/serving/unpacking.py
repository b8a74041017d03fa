"""A bundle that came as a zip, unpacked to a folder that goes away with it."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from core.errors import StudioError, from_os_error
from core.serving.layout import CONFIG
from core.serving.manifest import is_plain_path

MAX_FILES = 200
MAX_BYTES = 4_000_000_000
CHUNK = 1 << 20
_HINT = "Download the bundle again from the studio's Export page."


def unpack(file: Path) -> tuple[TemporaryDirectory[str], Path]:
    """The folder to keep alive, and the bundle in it.

    Raises:
        StudioError: it is no zip, is damaged or too large, or a path in it leads elsewhere.
    """
    folder = TemporaryDirectory(prefix="toploss-bundle-")
    try:
        with zipfile.ZipFile(file) as archive:
            for info in _members(archive, file.name):
                _write(archive, info, Path(folder.name))
        return folder, _root(Path(folder.name), file.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise StudioError(f"{file.name} is no zip, or is damaged.", _HINT) from error
    except OSError as error:
        raise from_os_error(error, f"unpacking {file.name}") from error


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_FILES or sum(info.file_size for info in infos) > MAX_BYTES:
        raise StudioError(f"{name} is too large for a bundle.", _HINT)
    paths = [info.filename for info in infos]
    for info in infos:
        link = stat.S_ISLNK(info.external_attr >> 16)
        if link or not is_plain_path(info.filename) or paths.count(info.filename) > 1:
            raise StudioError(
                f"{name} is no bundle: it holds the path {info.filename[:100]!r}.", _HINT
            )
    return infos


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(info.filename)
    target.parent.mkdir(parents=True, exist_ok=True)
    unread = info.file_size  # zipfile checks what it reads against this, and the checksum
    with archive.open(info) as packed, target.open("xb") as plain:
        while unread > 0 and (chunk := packed.read(min(CHUNK, unread))):
            plain.write(chunk)
            unread -= len(chunk)
        packed.read(1)  # the end: where the checksum is compared


def _root(folder: Path, name: str) -> Path:
    """The folder with config.json: the top, or the only folder in it."""
    inner = list(folder.iterdir())
    for candidate in (folder, *inner):
        if (candidate / CONFIG).is_file() and (candidate is folder or len(inner) == 1):
            return candidate
    raise StudioError(f"{name} holds no bundle: there is no {CONFIG} in it.", _HINT)
