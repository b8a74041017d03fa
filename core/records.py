"""What the parts of the studio hand each other: frozen facts, no behaviour, no handles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.errors import FileFault

Side = Literal["train", "valid", "test"]
Status = Literal["in use", "quarantined"]
EditKind = Literal[
    "relabel",
    "quarantine",
    "restore",
    "keep",
    "keep all",
    "reopen",
    "add",
    "rename",
    "merge",
    "drop",
    "undo",
    "redo",
    "revert",
]
RunKind = Literal["quick", "fine-tune"]
StudyKind = Literal["rate", "architectures", "learning curve", "shortcuts", "files"]
JobState = Literal["starting", "running", "done", "stopped", "failed"]

SIDES: tuple[Side, ...] = ("train", "valid", "test")
SIDE_NAMES: dict[Side, str] = {"train": "training", "valid": "validation", "test": "test"}
"""What the sides are called on screen."""
STATUSES: tuple[Status, ...] = ("in use", "quarantined")


@dataclass(frozen=True)
class ImageRecord:
    """One picture. `id` is the SHA-256 of the file's bytes, in hex.

    `url` is the address it was downloaded from, if it was; pictures of one `split_group` (near
    duplicates, a burst) are on one side.
    """

    id: str
    suffix: str
    width_px: int
    height_px: int
    label: str
    side: Side
    side_reason: str
    status: Status
    reviewed: bool
    source_path: str
    url: str = ""
    split_group: str = ""


@dataclass(frozen=True)
class PictureFilter:
    """Which pictures a gallery shows; what is left out fits every picture.

    `text` is a part of the file's name, in any case (of ASCII letters).
    """

    label: str | None = None
    side: Side | None = None
    import_id: int | None = None
    status: Status = "in use"
    text: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file that was not taken in, and why; the file itself is left alone."""

    path: str
    reason: str
    kind: FileFault


@dataclass(frozen=True)
class ImportRecord:
    """One import: where from, by which way in, and how many pictures were new.

    `way` is a name among `core.dataset.ways_in.WAYS_IN`, "" for an import of before it was noted.
    """

    id: int
    source: str
    at: str
    added: int
    known: int
    way: str
    skipped: int


@dataclass(frozen=True)
class ImageState:
    """What an edit can change about an image; or about a class: its name, and as "quarantined"
    that it is not listed.
    """

    label: str
    status: Status
    reviewed: bool


@dataclass(frozen=True)
class Edit:
    """One row of the append-only journal.

    `batch` is the id of the first edit of the same action, `target` that of the edit which an
    undo, redo, revert or reopen is about. An edit of a class has no `image_id` ("").
    """

    id: int
    at: str
    kind: EditKind
    image_id: str
    before: ImageState
    after: ImageState
    target: int | None
    batch: int


@dataclass(frozen=True)
class EditFilter:
    """What the history is asked for; what is left out fits every edit.

    `label` is the class before or after, `text` a part of the file's name, in any case.
    """

    kind: EditKind | None = None
    label: str | None = None
    text: str = ""


@dataclass(frozen=True)
class PastEdit:
    """An edit as the history shows it.

    `revertable` says that the picture is today as this edit left it, and was not before.
    """

    edit: Edit
    source_path: str
    revertable: bool


@dataclass(frozen=True)
class Verdict:
    """What a person said of the `first_label`, with which an image came.

    `wrong` is true when they gave it another label.
    """

    image_id: str
    first_label: str
    wrong: bool


@dataclass(frozen=True)
class ReviewProgress:
    """Counts of images: all, reviewed, relabelled (`wrong`), deleted; and of those marked lately,
    with the times (ISO 8601) of the first and the last of these marks, None when there are none.
    """

    images: int
    reviewed: int
    wrong: int
    deleted: int
    recent: int
    recent_first: str | None
    recent_last: str | None


@dataclass(frozen=True)
class Run:
    """One training run: what was asked, on which classes, and how it went.

    `config` with the same data gives the same run again. `ending` is None while it goes on, then
    "completed", "stopped" or "failed". `edits` is how long the journal was when it began.
    """

    id: int
    name: str
    kind: RunKind
    config: Mapping[str, Any]
    classes: tuple[str, ...]
    created_at: str
    ending: str | None
    job_id: int | None
    note: str = ""
    edits: int = 0


@dataclass(frozen=True)
class Study:
    """A question about the dataset that is answered by training many small models.

    `result` grows while the study goes on; None is what has no result yet.
    """

    id: int
    kind: StudyKind
    config: Mapping[str, Any]
    result: Any
    at: str
    job_id: int | None


@dataclass(frozen=True, eq=False)
class Predictions:
    """Class probabilities of some images by one run.

    Attributes:
        image_ids: n ids, one per row.
        probs_nc: float32 (n, classes), each row sums to 1.
        classes: the names of the columns.
    """

    image_ids: tuple[str, ...]
    probs_nc: np.ndarray
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """A piece of long work in a process of its own.

    `elapsed_s` counts from its start to now, or to its end, by the clock on the wall: less than 0
    when that was set back meanwhile. `left_s` is the time left of what
    it is doing now, None while that cannot be said.
    """

    id: int
    kind: str
    args: Mapping[str, Any]
    state: JobState
    stop_requested: bool
    paused: bool
    done: int
    total: int
    doing: str
    elapsed_s: float
    left_s: float | None
    message: str
    hint: str
