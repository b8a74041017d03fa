"""A workspace: one folder that holds one dataset, its journal, its runs and its exports."""

from __future__ import annotations

import os
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import StudioError, from_os_error

IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"\w[\w -]{0,39}")
TAKEN_BY_WINDOWS = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)  # for devices


@dataclass(frozen=True)
class Workspace:
    """Paths inside one workspace folder; nothing here writes."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def catalog_file(self) -> Path:
        return self.folder / "catalog.sqlite"

    @property
    def features(self) -> Path:
        return self.folder / "features"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def uploads(self) -> Path:
        return self.folder / "uploads"

    @property
    def downloads(self) -> Path:
        """What was downloaded and is not in the catalog yet."""
        return self.folder / "downloads"

    @property
    def set_aside(self) -> Path:
        """What a repair found that nothing speaks of; the person may delete it."""
        return self.folder / "set-aside"

    @property
    def jobs(self) -> Path:
        return self.folder / "jobs"

    def original(self, image_id: str, suffix: str) -> Path:
        """The file as it came in, byte for byte."""
        digits = image_id[: self._digits]
        return self.folder.joinpath("originals", digits, f"{image_id}{suffix}")

    def copy(self, image_id: str) -> Path:
        """The working copy: upright RGB JPEG, short side at most 400 px."""
        return self.folder.joinpath("copies", image_id[: self._digits], f"{image_id}.jpg")

    @cached_property
    def _digits(self) -> int:
        """How many digits of an id name the folder of a picture: as in the folders that are there,
        since older workspaces have two. Making 2 x 256 folders takes longer than some imports.
        """
        for top in ("originals", "copies"):
            with suppress(OSError), os.scandir(self.folder / top) as folders:
                for folder in folders:
                    return 2 if len(folder.name) == 2 else 1
        return 1

    def run(self, run_id: int) -> Path:
        return self.folder / "runs" / str(int(run_id))


def valid_name(name: str) -> str:
    """The name, trimmed, if it can be a workspace's folder on every system.

    Raises:
        StudioError: it cannot (empty, too long, or other signs than letters, digits, - and _).
    """
    plain = unicodedata.normalize("NFC", name.strip())
    if not _NAME.fullmatch(plain) or TAKEN_BY_WINDOWS.fullmatch(plain):
        raise StudioError(
            f"{plain!r} cannot be the name of a workspace.",
            "Use up to 40 letters, digits, spaces, - and _, beginning with a letter or digit.",
        )
    return plain


def open_workspace(home: Path, name: str) -> Workspace:
    """The workspace of that name, its folder made if it is new.

    Raises:
        StudioError: the name is not usable, or the folder cannot be made.
    """
    folder = home / valid_name(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error, f"opening the workspace {name}") from error
    return Workspace(folder)


def workspace_names(home: Path) -> list[str]:
    """Names of the workspaces in `home`, alphabetical; empty when there is none yet.

    Raises:
        WorkspaceError: the folder cannot be read.
    """
    try:
        folders = [p for p in home.iterdir() if p.is_dir()] if home.is_dir() else []
    except OSError as error:
        raise from_os_error(error, f"listing the workspaces in {home}") from error
    return sorted(folder.name for folder in folders if _NAME.fullmatch(folder.name))
