"""The dataset as plain files that other tools read, and that come back the same.

    train/LABEL/NAME.jpg      the originals, byte for byte; validation/ and test/ likewise
    metadata.csv              a row for each: the exact label, the side, where it came from

Folders say what torchvision, Keras, fastai and Hugging Face's imagefolder need; a label that cannot
be the name of a folder (it may hold a slash) is exact in the table only. Deleted pictures stay
behind.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from core.context import Context
from core.csv_text import csv_text
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
MOST_NAMED = 20  # pictures that are damaged, in the reason
_LONGEST = 100  # bytes; systems allow 255 for a name


class Entry(NamedTuple):
    """A picture and the path it gets, with "/"."""

    path: str
    image: ImageRecord


def take_out_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "take-out"; `args["form"]` is one of FORMS."""
    return take_out(context, args["form"])


def dataset_path(workspace: Workspace, form: str) -> Path:
    """Where the dataset of a workspace is written, as a folder or a zip."""
    return workspace.folder / ("dataset.zip" if form == "zip" else "dataset")


def take_out(context: Context, form: str) -> Iterator[Progressed]:
    """Write the pictures in use; what was taken out before is replaced when the new one is whole.
    Stopping leaves that as it was.

    Raises:
        StudioError: there are no pictures, or files of some are gone or damaged (how many, and
            which).
        WorkspaceError: it cannot be written.
    """
    with context.catalog.atomic():
        images, journal = context.catalog.images.all(), context.catalog.journal.count()
    if not images:
        raise StudioError("There are no pictures to take out.", "Add pictures first.")
    entries, target = entries_of(images), dataset_path(context.workspace, form)
    write = _write_zip if form == "zip" else _write_folder
    table = _table(entries, journal)
    try:
        with (
            _whole_target(target, form) as part,
            closing(write(part, entries, table, _Originals(context.workspace))) as steps,
        ):
            for done in steps:
                if context.stop_requested():
                    raise _Stopped
                yield Progressed(done, len(entries), "Copying pictures")
    except _Stopped:
        return
    except OSError as error:
        raise from_os_error(error, "taking the dataset out") from error


class _Stopped(Exception):
    """Leaves the writing of a folder or file before it takes its place."""


def _whole_target(target: Path, form: str) -> AbstractContextManager[Path]:
    return whole_file(target) if form == "zip" else whole_folder(target, Mark("dataset", form))


def entries_of(images: Sequence[ImageRecord]) -> list[Entry]:
    """A path for each picture: side, class, its own name; different ones on every system."""
    folders, names = dict[str, str](), set[str]()
    for label in sorted({image.label for image in images}):
        folders[label] = _unused(safe_name(label), [f" {n}" for n in range(2, 9999)], names)
    entries, paths = [], set[str]()
    for image in sorted(images, key=lambda image: (image.source_path, image.id)):
        folder = f"{SIDE_FOLDERS[image.side]}/{folders[image.label]}"
        stem = f"{folder}/{safe_name(PurePosixPath(image.source_path).stem)}"
        path = _unused(stem, [f"-{image.id[:8]}", f"-{image.id}"], paths, image.suffix)
        entries.append(Entry(path, image))
    return sorted(entries)


def safe_name(text: str) -> str:
    """The text as a name that every system takes for a file or folder, and none hides."""
    text = unicodedata.normalize("NFC", text)
    name = "".join(
        "_" if c in _RESERVED or unicodedata.category(c).startswith("C") else c for c in text
    )
    name = name.encode()[:_LONGEST].decode(errors="ignore").strip(" .")
    is_reserved = TAKEN_BY_WINDOWS.fullmatch(name.split(".")[0]) or name.lower() in _SYSTEM
    return f"_{name}" if is_reserved or not name else name


_SYSTEM = {"__macosx", "thumbs.db", "desktop.ini"}  # importers pass these by


def _unused(name: str, endings: Sequence[str], names: set[str], suffix: str = "") -> str:
    """The name, with the first ending that makes it a new one; case does not tell names apart."""
    free = next(n for e in ("", *endings) if (n := f"{name}{e}{suffix}").casefold() not in names)
    names.add(free.casefold())
    return free


def _table(entries: Sequence[Entry], journal: int) -> bytes:
    """`journal` is the length of the journal: which state of the labels this is."""
    rows: list[Sequence[object]] = [COLUMNS]
    for path, image in entries:
        reviewed = "true" if image.reviewed else "false"
        side = SIDE_FOLDERS[image.side]
        source = image.source_path
        rows.append([path, image.label, side, reviewed, source, image.url, journal])
    return csv_text(rows).encode(errors="replace")


def _write_folder(
    part: Path, entries: Sequence[Entry], table: bytes, originals: _Originals
) -> Generator[int, None, None]:
    for number, (path, image) in enumerate(entries):
        yield number
        if data := originals.read(image):
            file = part / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    originals.check()
    (part / METADATA).write_bytes(table)
    yield len(entries)


def _write_zip(
    part: Path, entries: Sequence[Entry], table: bytes, originals: _Originals
) -> Generator[int, None, None]:
    """Pictures are compressed already: they are only stored."""
    with zipfile.ZipFile(part, "w", strict_timestamps=False) as archive:
        archive.writestr(METADATA, table)
        for number, (path, image) in enumerate(entries):
            yield number
            if data := originals.read(image):
                archive.writestr(path, data)
        originals.check()
    yield len(entries)


@dataclass
class _Originals:
    """Reads originals, each held to its id, and remembers those that are not as they came in."""

    workspace: Workspace
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def read(self, image: ImageRecord) -> bytes | None:
        """The bytes as they came in; None when they are gone or others."""
        file = self.workspace.original(image.id, image.suffix)
        if not file.is_file():
            self.missing.append(image.source_path)
            return None
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != image.id:
            self.damaged.append(image.source_path)
            return None
        return data

    def check(self) -> None:
        """Raises: StudioError when any is not as it came in; it says how many and which."""
        faults = {"gone": self.missing, "damaged": self.damaged}
        counts = [f"{len(paths):,} {word}" for word, paths in faults.items() if paths]
        if counts:
            names = [path for paths in faults.values() for path in paths]
            examples = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
            raise StudioError(
                f"Originals of this workspace are not as they came in: {' and '.join(counts)} "
                f"({examples}). Nothing was taken out.",
                "Repair the files of this workspace in the section Check, or delete the pictures.",
            )
