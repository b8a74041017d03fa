"""Ways in: pictures that the browser sent, from files or the camera, for one class."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from core.context import Context
from core.dataset.archive import open_zip
from core.dataset.folder import read_file
from core.dataset.from_files import uploaded
from core.dataset.new_pictures import (
    Listing,
    NewPicture,
    clean_label,
    path_text,
    without_system_files,
)
from core.errors import StudioError
from core.events import Event
from core.files import save_atomically

CHUNK_BYTES = 1 << 20


def pack(files: Iterable[tuple[str, BinaryIO]], file: Path) -> None:
    """Write uploaded files, with their names, into one zip as they are. A name that is there
    already gets a number.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """

    def save(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            names: set[str] = set()
            for name, stream in files:
                unique = _unique(path_text(name), names)
                with archive.open(zipfile.ZipInfo(unique), "w", force_zip64=True) as member:
                    while chunk := stream.read(CHUNK_BYTES):
                        member.write(chunk)

    save_atomically(file, save, durable=False)  # it is gone when its import ends


def _unique(name: str, names: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    number, unique = 1, name
    while unique in names:
        number += 1
        unique = f"{stem} ({number}){dot}{suffix}" if dot else f"{name} ({number})"
    names.add(unique)
    return unique


def files_way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The files packed in `args["upload"]`, all of the class `args["label"]`."""
    yield from ()
    name = str(args.get("name") or "uploaded files")
    tree = open_zip(uploaded(context, args["upload"]), context.settings, name)
    paths, skipped = without_system_files(list(tree.readers))
    label = one_label(args)
    pictures = [NewPicture(path_text(path), label, None, tree.readers[path]) for path in paths]
    if not pictures:
        raise StudioError("No file was uploaded.", "Choose some pictures first.")
    return Listing(name, pictures, [*skipped, *tree.skipped])


def camera_way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """One photo of a burst, `args["upload"]`: the burst `args["group"]` stays on one side."""
    yield from ()
    label, group = one_label(args), clean_label(str(args["group"]))
    file = uploaded(context, args["upload"])
    if not file.is_file():
        raise StudioError("The photo is gone.", "Take it again.")
    read = partial(read_file, file, context.settings)
    path = f"{group}/{file.stem}.jpg"
    return Listing(f"Camera: {label}", [NewPicture(path, label, None, read, group=group)])


def one_label(args: Mapping[str, Any]) -> str:
    """The class that the person typed.

    Raises:
        StudioError: they typed none.
    """
    label = str(args.get("label") or "").strip()
    if not label:
        raise StudioError("The pictures have no class yet.", "Type the name of their class.")
    return clean_label(label)
