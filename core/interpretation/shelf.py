"""What was computed about a network, on disk, so that asking again is instant; without torch.

A shelf belongs to one state of a network's weights: when a run goes on, its old shelf is not found.
Names on a shelf are numbers, ids of images and fixed words, never names of classes or layers.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog import Catalog
from core.errors import StudioError, from_os_error
from core.files import write_atomically
from core.models.head_weights import FILE
from core.models.listing import EMBEDDED
from core.owned import Mark, mark_new, remove_folder
from core.workspace import Workspace

BARE = 0
"""The number that stands for the pretrained network without any run."""
VERSION = 1
_NAME = r"seen-[0-9a-f]{16}"
_PATH = re.compile(_NAME + r"(/[0-9a-z-]{1,80}){1,3}\.(jpg|png)")


@dataclass(frozen=True)
class Shelf:
    """Results of one network; `folder` ends in `runs/<run_id>/seen-<stamp>`."""

    run_id: int
    folder: Path

    def read(self, name: str) -> Any:
        """What was stored under that name; None when nothing was, or it is damaged."""
        try:
            return json.loads((self.folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None

    def write(self, name: str, facts: Any) -> None:
        """Raises WorkspaceError when the disk is full or not writable."""
        mark_new(self.folder, self._mark)
        write_atomically(self.folder / f"{name}.json", json.dumps(facts).encode(), durable=False)

    def add_picture(self, name: str, data: bytes) -> None:
        """`name` with its suffix; raises as `write` does."""
        mark_new(self.folder, self._mark)
        write_atomically(self.folder / name, data, durable=False)

    def drop_older(self) -> None:
        """Throw away what was computed of earlier weights of the same run."""
        for other in self.folder.parent.glob("seen-*"):
            if other != self.folder:
                with suppress(StudioError):  # of an earlier version, or it cannot be: it stays
                    remove_folder(other, self._mark)

    @property
    def _mark(self) -> Mark:
        return Mark("shelf", str(self.run_id))


def shelf_of(workspace: Workspace, catalog: Catalog, run_id: int) -> Shelf:
    """The shelf of a run as its weights are today, or of the bare network.

    Raises:
        StudioError: there is no such run, or its weights are gone.
    """
    folder = workspace.run(run_id)
    if run_id == BARE:
        state = bare_architecture(catalog)
    else:
        catalog.runs.get(run_id)
        state = _state(folder / FILE)
    stamp = hashlib.sha256(f"{VERSION} {state}".encode()).hexdigest()[:16]
    return Shelf(run_id, folder / f"seen-{stamp}")


def bare_architecture(catalog: Catalog) -> str:
    """What the newest run is built on; the studio's own network before there is any."""
    runs = catalog.runs.all()
    named = [run.config.get("architecture") for run in runs]
    return next((str(name) for name in named if name), next(iter(EMBEDDED)))


def is_shelf(name: str) -> bool:
    """Whether that can be the name of a shelf's folder."""
    return re.fullmatch(_NAME, name) is not None


def picture_file(workspace: Workspace, run_id: int, path: str) -> Path | None:
    """The file of a picture on a shelf; None when that cannot be the address of one."""
    return workspace.run(run_id) / path if _PATH.fullmatch(path) else None


def _state(weights: Path) -> str:
    try:
        status = weights.stat()
    except FileNotFoundError as error:
        raise StudioError(
            "The model file of this run is missing.", "Choose another run, or train again."
        ) from error
    except OSError as error:
        raise from_os_error(error, "looking for the model") from error
    return f"{status.st_mtime_ns} {status.st_size}"
