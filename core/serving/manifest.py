"""What a bundle is made of: the SHA-256 and the size of each file, and what made it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import StudioError
from core.owned import MARK
from core.serving.bundle_part import open_part, read_part
from core.serving.layout import CARD, EXPORT_AGAIN, FORMAT, MANIFEST

TOOLS = ("torch", "timm", "onnx", "onnxruntime", "numpy", "pillow")


def write_manifest(folder: Path) -> None:
    """Describe every file below the folder, but the manifest itself and the studio's own mark.

    Raises:
        OSError: a file cannot be read or written.
    """
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MARK)
    manifest = {
        "format": FORMAT,
        "made_with": {"python": platform.python_version(), **_versions()},
        "files": {
            path.relative_to(folder).as_posix(): _entry(path)
            for path in paths
            if path != folder / MANIFEST
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": _sha256(file), "bytes": os.fstat(file.fileno()).st_size}


def check_manifest(folder: Path) -> None:
    """See that the files are those which were written; the card may be edited or left out.

    Raises:
        StudioError: one is missing, truncated or edited, or the manifest itself is.
    """
    for name, entry in _files(folder).items():
        if name == CARD:
            continue
        try:
            with open_part(folder, name) as file:
                size = os.fstat(file.fileno()).st_size
                same = size == entry["bytes"] and _sha256(file) == entry["sha256"]
        except OSError as error:
            raise StudioError(f"{name} of this bundle is missing.", EXPORT_AGAIN) from error
        if size < entry["bytes"]:
            raise StudioError(f"{name} of this bundle is truncated.", EXPORT_AGAIN)
        if not same:
            raise StudioError(f"{name} of this bundle was changed after the export.", EXPORT_AGAIN)


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        files = json.loads(read_part(folder, MANIFEST))["files"]
        for name, entry in files.items():
            if not is_plain_path(name) or not isinstance(entry["bytes"], int):
                raise ValueError(name)
            str(entry["sha256"])
    except FileNotFoundError as error:
        raise StudioError(f"{MANIFEST} of this bundle is missing.", EXPORT_AGAIN) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StudioError(f"{MANIFEST} of this bundle is damaged.", EXPORT_AGAIN) from error
    checked: dict[str, dict[str, Any]] = files
    return checked


def is_plain_path(name: str) -> bool:
    """Whether a path leads down from where it starts, on every system."""
    parts = PurePosixPath(name).parts
    odd = not name or "\\" in name or ":" in name or "\0" in name or name.startswith("/")
    return not odd and bool(parts) and ".." not in parts


def _sha256(file: BufferedReader) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    versions = {}
    for tool in TOOLS:
        try:
            versions[tool] = version(tool)
        except PackageNotFoundError:  # not needed where bundles are only served
            continue
    return versions
