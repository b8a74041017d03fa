""" "Wrong? It is ...": a picture that the model got wrong goes into the dataset under its label.

A new picture comes in as a shot of the camera does; one that is in the dataset already gets the
label, as a step of the journal.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Literal

from core.context import Context
from core.dataset.ways_in import bring_in
from core.errors import Conflict, StudioError
from core.files import write_atomically
from core.jobs import active_job, title_of
from core.records import ImageRecord

BURST = re.compile(r"[0-9a-z-]{1,40}")
"""What pictures of one scene have in common: they are on one side of the split."""


@dataclass(frozen=True)
class Correction:
    """What was done with a picture.

    Attributes:
        kind: "same" where it stood in the dataset under that label already.
        edit: the number of the step of the journal; None where the picture is new.
    """

    kind: Literal["added", "relabelled", "same"]
    image: ImageRecord
    edit: int | None = None


def correct_picture(context: Context, data: bytes, label: str, burst: str) -> Correction:
    """Put the bytes of a picture into the dataset under a label.

    Args:
        burst: see `BURST`.

    Raises:
        Conflict: there is no such class any more, or something else is going on.
        StudioError: it cannot be used as a picture, or was deleted here.
        WorkspaceError: it cannot be written.
    """
    image = context.catalog.images.get(hashlib.sha256(data).hexdigest())
    if image is not None:
        return relabel_picture(context, image.id, label)
    _check(context, label)
    if not BURST.fullmatch(burst):
        raise StudioError("This picture came without its burst.", "Reload the page.")
    return Correction("added", _bring_in(context, data, label, burst))


def relabel_picture(context: Context, image_id: str, label: str) -> Correction:
    """Give a picture of the dataset another label; raises as `correct_picture` does."""
    _check(context, label)
    image = context.catalog.images.get(image_id)
    if image is None or image.status != "in use":
        raise StudioError(
            "This picture was deleted here.", "Restore it in the Gallery, among the deleted ones."
        )
    if image.label == label:
        return Correction("same", image)
    (edit,) = context.catalog.journal.relabel(image.id, label)
    return Correction("relabelled", _stored(context, image.id), edit.id)


def take_back(context: Context, image_id: str, edit: int | None) -> None:
    """Undo a correction: the label is as before, or the new picture is deleted (and can be
    restored).

    Raises:
        Conflict: the picture was changed again since, or is not there.
    """
    if edit is None:
        context.catalog.journal.quarantine(image_id)
    else:
        context.catalog.journal.revert(edit)


def _check(context: Context, label: str) -> None:
    if label not in context.catalog.images.classes():
        raise Conflict(
            f"There is no class {label[:100]!r} any more.", "Reload the page and choose again."
        )


def _bring_in(context: Context, data: bytes, label: str, burst: str) -> ImageRecord:
    job = active_job(context.workspace, context.catalog)
    if job is not None:
        raise Conflict(
            f"{title_of(job)} is going on; the picture was not stored.",
            "Store it when that is done.",
            "busy",
        )
    name = f"{uuid.uuid4().hex}.jpg"
    write_atomically(context.workspace.uploads / name, data, durable=False)
    args = {"way": "camera", "upload": name, "label": label, "group": f"tried {burst}"}
    for _ in bring_in(context, args):
        pass
    return _stored(context, hashlib.sha256(data).hexdigest())


def _stored(context: Context, image_id: str) -> ImageRecord:
    image = context.catalog.images.get(image_id)
    if image is None:
        skipped = context.catalog.images.skipped_ever(1)
        reason = f": {skipped[0].reason}" if skipped else ""
        raise StudioError(f"The picture was not stored{reason}.", "Take another one.")
    return image
