"""What can be wrong with the files of a workspace, and looking for it in pictures, models and
features.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from safetensors import SafetensorError, safe_open

from core.context import Context
from core.feature_store import newest_folder
from core.images.working_copy import open_copy
from core.records import ImageRecord
from core.training.checkpoints import MODEL
from core.workspace import Workspace

Kind = Literal[
    "original missing",
    "original damaged",
    "copy missing",
    "copy damaged",
    "weights missing",
    "weights damaged",
    "features damaged",
    "features missing",
    "left over",
    "unknown",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
ORIGINALS: frozenset[Kind] = frozenset({"original missing", "original damaged"})
COPIES: frozenset[Kind] = frozenset({"copy missing", "copy damaged"})
WEIGHTS: frozenset[Kind] = frozenset({"weights missing", "weights damaged"})
"""What is wrong with one sort of files."""
LOSSES: frozenset[Kind] = ORIGINALS | COPIES | WEIGHTS
"""What a person misses; the other kinds cost some time or some room on the disk."""
IN_THE_WAY: frozenset[Kind] = frozenset({"features damaged", "left over"})
"""What a repair moves aside."""
MENDABLE: frozenset[Kind] = LOSSES | IN_THE_WAY
"""What a repair tries to put right."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        path: below the folder of the workspace, with "/".
        about: what the person calls it: a picture's file, a run's name.
        owner: the id of the image or the run it belongs to; "" when it is nobody's.
    """

    kind: Kind
    path: str
    about: str = ""
    owner: str = ""


class Look(NamedTuple):
    """What a look at the files of one picture brought, and how many bytes were read for it."""

    faults: list[Fault]
    read_bytes: int


def look_at_picture(workspace: Workspace, image: ImageRecord) -> Look:
    """Hold the original to its hash, and decode the working copy. A copy that is the same file
    as a whole original is whole.
    """
    original, copy = workspace.original(image.id, image.suffix), workspace.copy(image.id)
    state, size = _original_state(original, image.id)
    faults = [_of_picture(state, workspace, original, image)] if state else []
    if not state and _is_same_file(original, copy):
        return Look(faults, size)
    copy_state, copy_size = _copy_state(copy)
    if copy_state:
        faults.append(_of_picture(copy_state, workspace, copy, image))
    return Look(faults, size + copy_size)


def run_faults(context: Context) -> list[Fault]:
    """Runs that left a model whose weights are gone or damaged."""
    faults = []
    for run in context.catalog.runs.with_model():
        file = context.workspace.run(run.id) / MODEL
        if not is_whole_tensors(file):
            kind: Kind = "weights damaged" if file.exists() else "weights missing"
            path = below(context.workspace, file)
            faults.append(Fault(kind, path, run.name, str(run.id)))
    return faults


def feature_faults(context: Context) -> list[Fault]:
    """Files of features that cannot be read, and pictures that were scored by features which are
    not there any more.
    """
    workspace = context.workspace
    files = sorted(workspace.features.glob("*/*.safetensors"))
    damaged = [file for file in files if not is_whole_tensors(file)]
    faults = [Fault("features damaged", below(workspace, file)) for file in damaged]
    run = context.catalog.runs.latest("out-of-fold")
    if run is None:
        return faults
    folder = newest_folder(workspace.features, str(run.config.get("architecture")))
    stored_ids = _ids_in(folder) if folder else set()
    scored = context.catalog.runs.predictions(run.id, "out-of-fold").image_ids
    missing_ids = [image_id for image_id in scored if image_id not in stored_ids]
    if missing_ids:
        path = below(workspace, folder or workspace.features)
        faults.append(Fault("features missing", path, f"{len(missing_ids):,} pictures"))
    return faults


def is_whole_tensors(file: Path) -> bool:
    """Whether a file of tensors is there and as long as its header says."""
    try:
        with safe_open(file, framework="np"):
            return True
    except (OSError, SafetensorError):
        return False


def below(workspace: Workspace, path: Path) -> str:
    """The path of a file in a workspace, as faults have it; names that are no text are marked."""
    relative = path.relative_to(workspace.folder).as_posix()
    return relative.encode(errors="backslashreplace").decode()


def _of_picture(kind: Kind, workspace: Workspace, file: Path, image: ImageRecord) -> Fault:
    return Fault(kind, below(workspace, file), image.source_path, image.id)


def _original_state(file: Path, image_id: str) -> tuple[Kind | None, int]:
    """What is wrong with an original, and its size in bytes."""
    if not file.is_file():
        return "original missing", 0
    try:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError:  # a bad block of the disk
        return "original damaged", 0
    return (None if sha256 == image_id else "original damaged"), size


def _copy_state(file: Path) -> tuple[Kind | None, int]:
    if not file.is_file():
        return "copy missing", 0
    try:
        data = file.read_bytes()
        open_copy(data)
    except Exception:  # noqa: BLE001 - Pillow's decoders raise nearly everything on damaged files
        return "copy damaged", 0
    return None, len(data)


def _is_same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def _ids_in(folder: Path) -> set[str]:
    """The images whose features are in a folder; files that cannot be read are passed by."""
    ids: set[str] = set()
    for file in folder.glob("*.safetensors"):
        try:
            with safe_open(file, framework="np") as tensors:
                ids |= {row.tobytes().hex() for row in tensors.get_tensor("ids")}
        except (OSError, SafetensorError):
            continue
    return ids
