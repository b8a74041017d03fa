"""The named models of a run on disk, to go back to; listed without torch."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from core.errors import StudioError
from core.files import save_atomically
from core.workspace import Workspace

MODEL, SUFFIX, FACTS = "model.safetensors", ".safetensors", "toploss"
START, BEST = "start", "best"


@dataclass(frozen=True)
class Checkpoint:
    """One model that a run left.

    Attributes:
        name: "start" (before any step), a stage's (at its end), or "best".
        epoch: after which it was saved.
        error_rate, valid_loss: on the validation images.
        in_use: whether it is what the run answers with.
    """

    name: str
    epoch: int
    error_rate: float
    valid_loss: float
    in_use: bool = False

    def facts(self) -> dict[str, object]:
        """What its file says of it."""
        return {k: v for k, v in asdict(self).items() if k != "in_use"}


def checkpoints_of(workspace: Workspace, run_id: int) -> list[Checkpoint]:
    """Those that can be read, earliest first, the best one last."""
    folder = workspace.run(run_id)
    model = _facts(folder / MODEL)
    found = []
    for file in folder_of(workspace, run_id).glob(f"*{SUFFIX}"):
        said = _facts(file)
        if said and file == file_of(workspace, run_id, said.name):
            found.append(Checkpoint(**said.facts(), in_use=said == model))  # type: ignore[arg-type]
    return sorted(found, key=lambda c: (c.name == BEST, c.epoch, c.name != START))


def folder_of(workspace: Workspace, run_id: int) -> Path:
    return workspace.run(run_id) / "checkpoints"


def file_of(workspace: Workspace, run_id: int, name: str) -> Path:
    return folder_of(workspace, run_id) / (re.sub(r"\W+", "-", name) + SUFFIX)


def put_in_use(workspace: Workspace, run_id: int, name: str) -> None:
    """Make a checkpoint the model of its run.

    Raises:
        StudioError: it is gone.
        WorkspaceError: the disk is full or not writable; the model is then as it was.
    """
    file = file_of(workspace, run_id, name)
    if not file.is_file():
        raise no_checkpoint(name)
    target = workspace.run(run_id) / MODEL
    save_atomically(target, lambda temporary: shutil.copyfile(file, temporary))


def no_checkpoint(name: str) -> StudioError:
    return StudioError(
        f"This run has no usable checkpoint {name[:60]!r}.", "Choose one that it lists."
    )


def _facts(file: Path) -> Checkpoint | None:
    """What a file says of itself; None when it is damaged, gone, or says nothing."""
    try:
        with safe_open(file, framework="np") as opened:
            said = json.loads((opened.metadata() or {})[FACTS])
        return Checkpoint(*(said[name] for name in ("name", "epoch", "error_rate", "valid_loss")))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
