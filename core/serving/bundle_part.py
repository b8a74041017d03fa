"""The files of a bundle, which anybody may have made: each is opened here and nowhere else.

A bundle's file is a regular file within its limit. A link may lead to another place of the bundle,
or to where the hub's client keeps the content of what it downloaded (snapshots/ID beside blobs/).
"""

from __future__ import annotations

import os
from io import BufferedReader
from pathlib import Path

from core.errors import StudioError
from core.serving.layout import EXPORT_AGAIN
from core.serving.regular_file import NotRegular, open_regular

MOST_TEXT_BYTES = 4_000_000
"""config.json, manifest.json, recorded.json, figures.json."""
MOST_BYTES = 4_000_000_000
"""Weights, graphs, and the whole of a bundle that comes as a zip."""


def open_part(folder: Path, name: str, most_bytes: int = MOST_BYTES) -> BufferedReader:
    """A file of a bundle, opened.

    Args:
        name: its path below the folder, with "/".

    Raises:
        StudioError: it is no regular file, is too large, or is a link to elsewhere.
        OSError: it is missing, or may not be read.
    """
    path = folder / name
    if not any(Path(os.path.realpath(path)).is_relative_to(root) for root in _roots(folder)):
        raise StudioError(f"{name} of this bundle is a link to elsewhere.", EXPORT_AGAIN)
    try:
        opened = open_regular(path, follow_links=True)
    except NotRegular as error:
        raise StudioError(f"{name} of this bundle is no file.", EXPORT_AGAIN) from error
    size = opened.seek(0, 2)
    opened.seek(0)
    if size > most_bytes:
        opened.close()
        raise StudioError(
            f"{name} of this bundle is too large ({size / 1e6:,.0f} MB).", EXPORT_AGAIN
        )
    return opened


def read_part(folder: Path, name: str, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
    """The bytes of a file of a bundle; raises as `open_part`."""
    with open_part(folder, name, most_bytes) as file:
        return file.read()


def part_path(folder: Path, name: str, most_bytes: int = MOST_BYTES) -> Path:
    """The path of a file of a bundle, for a library that opens files itself; raises as
    `open_part`.
    """
    open_part(folder, name, most_bytes).close()
    return folder / name


def has_part(folder: Path, name: str) -> bool:
    """Whether there is anything of that name; opening it says whether it is a file."""
    return (folder / name).exists() or (folder / name).is_symlink()


def _roots(folder: Path) -> list[Path]:
    roots = [Path(os.path.realpath(folder))]
    if roots[0].parent.name == "snapshots":
        roots.append(roots[0].parent.parent / "blobs")
    return roots
