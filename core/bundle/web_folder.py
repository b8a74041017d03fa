"""What is made of a bundle for the web: where it is, written whole or not at all, and zipped.

Below the workspace's folder `web`, one folder a bundle; what is in it can be made again.

BUNDLE/KIND/BUNDLE-KIND/  what leaves this machine; the studio's mark is beside it, not in it
BUNDLE/BUNDLE-KIND.zip    the same, zipped
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from core.errors import StudioError
from core.files import save_atomically
from core.owned import (
    MARK,
    Mark,
    inside,
    is_plain_name,
    mark_new,
    remove_folder,
    slug,
    whole_folder,
)
from core.serving.layout import CONFIG, EXPORT_AGAIN
from core.workspace import Workspace

Kind = Literal["static", "gradio", "docker"]
"""A page of the browser alone, the served app, and the studio itself."""
MOST_NAME = 60
KINDS: tuple[Kind, ...] = ("static", "gradio", "docker")


def bundle_of(workspace: Workspace, name: object) -> Path:
    """The bundle of that name among the workspace's exports.

    Raises:
        StudioError: there is none.
    """
    names = {p.name for p in workspace.exports.glob("[!.]*") if (p / CONFIG).is_file()}
    if str(name) not in names:
        raise StudioError(f"There is no bundle {name!r}.", "Export the run first.")
    return workspace.exports / str(name)


def folder_of(workspace: Workspace, bundle: str, kind: str) -> Path:
    """Where what is for the web is written."""
    web = web_of(workspace, bundle)
    return inside(web, kind, f"{web.name}-{kind}")


def web_of(workspace: Workspace, bundle: str) -> Path:
    """The folder of all that is made of a bundle. Exports of earlier versions may have names that
    not every system takes.
    """
    if not is_plain_name(bundle) or len(bundle) > MOST_NAME:
        bundle = f"{slug(bundle)}-{sha256(bundle.encode(errors='replace')).hexdigest()[:8]}"
    return inside(workspace.folder / "web", bundle)


def is_current(folder: Path, bundle: Path) -> bool:
    """Whether it is there, and not older than the bundle."""
    if not folder.is_dir():
        return False
    return folder.stat().st_mtime >= (bundle / CONFIG).stat().st_mtime


@contextmanager
def new_web_folder(workspace: Workspace, bundle: str, kind: Kind) -> Iterator[Path]:
    """A folder to write to, which is `folder_of` at the end of the block.

    Raises:
        WorkspaceError: it cannot be written.
    """
    final = folder_of(workspace, bundle, kind)
    _make_web(workspace, bundle)
    with whole_folder(final.parent, Mark("web", final.name)) as part:
        (part / final.name).mkdir()
        yield part / final.name


def forget_web(workspace: Workspace, bundle: str) -> None:
    """Remove all that was made of a bundle; what an earlier version made stays."""
    web = web_of(workspace, bundle)
    with suppress(StudioError):
        remove_folder(web, Mark("web", web.name))


def zipped(workspace: Workspace, bundle: str, folder: Path) -> Path:
    """The zip of a bundle, or of what was made of it."""
    _make_web(workspace, bundle)
    web = web_of(workspace, bundle)
    name = web.name if folder.name == bundle else folder.name
    return zip_folder(folder, inside(web, f"{name}.zip"))


def _make_web(workspace: Workspace, bundle: str) -> None:
    web = web_of(workspace, bundle)
    mark_new(web, Mark("web", web.name))


def zip_folder(folder: Path, file: Path) -> Path:
    """The folder as a zip, below its own name; made anew only when the folder is newer. The
    studio's own mark stays behind.
    """
    if not file.is_file() or file.stat().st_mtime < folder.stat().st_mtime:
        save_atomically(file, lambda part: _zip(folder, part))
    return file


def _zip(folder: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MARK):
            archive.write(path, folder.name / path.relative_to(folder))


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object of a bundle.

    Raises:
        StudioError: it is missing or damaged.
    """
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudioError(f"{file.name} of this bundle is damaged.", EXPORT_AGAIN) from error
    if not isinstance(value, dict):
        raise StudioError(f"{file.name} of this bundle is damaged.", EXPORT_AGAIN)
    return value


def front_matter(values: Mapping[str, object]) -> str:
    """The hub's metadata on top of a README; JSON is YAML, so nothing in a name can break out."""
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return "\n".join(["---", *lines, "---", ""])
