"""The dataset as plain files that other tools read, and that come back the same.

    train/LABEL/NAME.jpg      the originals, byte for byte; validation/ and test/ likewise
    metadata.csv              a row for each: the exact label, the side, where it came from

Folders say what torchvision, Keras, fastai and Hugging Face's imagefolder need; a label that cannot
be the name of a folder (it may hold a slash) is exact in the table only. Deleted pictures stay
behind.
"""

from __future__ import annotations

import csv
import io
import shutil
import unicodedata
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from core.context import Context
from core.errors import StudioError, from_os_error
from core.events import Event, Progressed
from core.files import whole_file
from core.owned import Mark, whole_folder
from core.records import ImageRecord, Side
from core.workspace import TAKEN_BY_WINDOWS, Workspace

SIDE_FOLDERS: dict[Side, str] = {"train": "train", "valid": "validation", "test": "test"}
FORMS = ("folder", "zip")
METADATA = "metadata.csv"
COLUMNS = ("file_name", "label", "split", "reviewed", "source", "url", "journal")
_RESERVED = '<>:"/\\|?*'  # in names, by Windows
_LONGEST = 100  # bytes; systems allow 255 for a name


class Placed(NamedTuple):
    """A picture and the path it gets, with "/"."""

    path: str
    image: ImageRecord


def take_out_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "take-out"; `args["form"]` is one of FORMS."""
    return take_out(context, args["form"])


def taken_out(workspace: Workspace, form: str) -> Path:
    """Where the dataset of a workspace is written, as a folder or a zip."""
    return workspace.folder / ("dataset.zip" if form == "zip" else "dataset")


def take_out(context: Context, form: str) -> Iterator[Progressed]:
    """Write the pictures in use; what was taken out before is replaced when the new one is whole.
    Stopping leaves that as it was.

    Raises:
        StudioError: there are no pictures, or the file of one is gone.
        WorkspaceError: it cannot be written.
    """
    with context.catalog.atomic():
        images, journal = context.catalog.images.all(), context.catalog.journal.count()
    if not images:
        raise StudioError("There are no pictures to take out.", "Add pictures first.")
    placed, target = places(images), taken_out(context.workspace, form)
    write = _write_zip if form == "zip" else _write_folder
    table = _table(placed, journal)
    try:
        with (
            _whole(target, form) as part,
            closing(write(part, placed, table, context.workspace)) as steps,
        ):
            for done in steps:
                if context.stop_requested():
                    raise _Stopped
                yield Progressed(done, len(placed), "Copying pictures")
    except _Stopped:
        return
    except OSError as error:
        raise from_os_error(error, "taking the dataset out") from error


class _Stopped(Exception):
    """Leaves the writing of a folder or file before it takes its place."""


def _whole(target: Path, form: str) -> AbstractContextManager[Path]:
    return whole_file(target) if form == "zip" else whole_folder(target, Mark("dataset", form))


def places(images: Sequence[ImageRecord]) -> list[Placed]:
    """A path for each picture: side, class, its own name; different ones on every system."""
    folders, taken = dict[str, str](), set[str]()
    for label in sorted({image.label for image in images}):
        folders[label] = _unused(safe_name(label), [f" {n}" for n in range(2, 9999)], taken)
    placed, taken = [], set[str]()
    for image in sorted(images, key=lambda image: (image.source_path, image.id)):
        folder = f"{SIDE_FOLDERS[image.side]}/{folders[image.label]}"
        stem = f"{folder}/{safe_name(PurePosixPath(image.source_path).stem)}"
        path = _unused(stem, [f"-{image.id[:8]}", f"-{image.id}"], taken, image.suffix)
        placed.append(Placed(path, image))
    return sorted(placed)


def safe_name(text: str) -> str:
    """The text as a name that every system takes for a file or folder, and none hides."""
    text = unicodedata.normalize("NFC", text)
    name = "".join(
        "_" if c in _RESERVED or unicodedata.category(c).startswith("C") else c for c in text
    )
    name = name.encode()[:_LONGEST].decode(errors="ignore").strip(" .")
    taken = TAKEN_BY_WINDOWS.fullmatch(name.split(".")[0]) or name.lower() in _SYSTEM
    return f"_{name}" if taken or not name else name


_SYSTEM = {"__macosx", "thumbs.db", "desktop.ini"}  # importers pass these by


def _unused(name: str, endings: Sequence[str], taken: set[str], suffix: str = "") -> str:
    """The name, with the first ending that makes it a new one; case does not tell names apart."""
    free = next(n for e in ("", *endings) if (n := f"{name}{e}{suffix}").casefold() not in taken)
    taken.add(free.casefold())
    return free


def _table(placed: Sequence[Placed], journal: int) -> bytes:
    """`journal` is the length of the journal: which state of the labels this is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path, image in placed:
        reviewed = "true" if image.reviewed else "false"
        split = SIDE_FOLDERS[image.side]
        source = image.source_path
        writer.writerow([path, image.label, split, reviewed, source, image.url, journal])
    return text.getvalue().encode(errors="replace")


def _write_folder(
    part: Path, placed: Sequence[Placed], table: bytes, workspace: Workspace
) -> Generator[int, None, None]:
    for number, (path, image) in enumerate(placed):
        yield number
        file = part / path
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_original(workspace, image), file)
    (part / METADATA).write_bytes(table)
    yield len(placed)


def _write_zip(
    part: Path, placed: Sequence[Placed], table: bytes, workspace: Workspace
) -> Generator[int, None, None]:
    """Pictures are compressed already: they are only stored."""
    with zipfile.ZipFile(part, "w", strict_timestamps=False) as archive:
        archive.writestr(METADATA, table)
        for number, (path, image) in enumerate(placed):
            yield number
            archive.write(_original(workspace, image), path)
    yield len(placed)


def _original(workspace: Workspace, image: ImageRecord) -> Path:
    file = workspace.original(image.id, image.suffix)
    if not file.is_file():
        raise StudioError(
            f"The file of {image.source_path} is not in this workspace any more.",
            "Put the folder originals/ back from a backup, or delete the picture.",
        )
    return file
