"""What is made of a bundle for the web: where it is, written whole or not at all, and zipped.

Below the workspace's folder `web`, one folder a bundle; what is in it can be made again.
"""

from __future__ import annotations

import json
import shutil
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from core.errors import StudioError, from_os_error
from core.export.layout import CONFIG, EXPORT_AGAIN
from core.files import save_atomically
from core.workspace import Workspace

Kind = Literal["static", "gradio", "docker"]
"""A page of the browser alone, the served app, and the studio itself."""
KINDS: tuple[Kind, ...] = ("static", "gradio", "docker")


def bundle_of(workspace: Workspace, name: object) -> Path:
    """The bundle of that name among the workspace's exports.

    Raises:
        StudioError: there is none.
    """
    names = {p.name for p in workspace.exports.glob("[!.]*") if (p / CONFIG).is_file()}
    if name not in names:
        raise StudioError(f"There is no bundle {name!r}.", "Export the run first.")
    return workspace.exports / str(name)


def folder_of(workspace: Workspace, bundle: str, kind: str) -> Path:
    """Where what is for the web is written."""
    return workspace.folder / "web" / bundle / kind


def is_current(folder: Path, bundle: Path) -> bool:
    """Whether it is there, and not older than the bundle."""
    if not folder.is_dir():
        return False
    return folder.stat().st_mtime >= (bundle / CONFIG).stat().st_mtime


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write to, which takes the place of `target` at the end of the block.

    Raises:
        WorkspaceError: it cannot be written.
    """
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    old = part.with_suffix(".old")
    try:
        part.mkdir(parents=True)
        yield part
        if target.exists():
            target.rename(old)
        part.rename(target)
    except OSError as error:
        raise from_os_error(error, "writing what is for the web") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def zip_folder(folder: Path, file: Path) -> Path:
    """The folder as a zip, below its own name; made anew only when the folder is newer."""
    if not file.is_file() or file.stat().st_mtime < folder.stat().st_mtime:
        save_atomically(file, lambda part: _zip(folder, part))
    return file


def _zip(folder: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, folder.name / path.relative_to(folder))


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object of a bundle.

    Raises:
        StudioError: it is missing or damaged.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudioError(f"{file.name} of this bundle is damaged.", EXPORT_AGAIN) from error
    if not isinstance(found, dict):
        raise StudioError(f"{file.name} of this bundle is damaged.", EXPORT_AGAIN)
    return found


def front_matter(values: Mapping[str, object]) -> str:
    """The hub's metadata on top of a README; JSON is YAML, so nothing in a name can break out."""
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return "\n".join(["---", *lines, "---", ""])
