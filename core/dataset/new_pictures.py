"""What every way in yields: files that might be pictures, with what their place says of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core.errors import PictureError, StudioError
from core.images.reading import SUFFIXES
from core.records import Side, Skipped

LEVELS: dict[str, Side] = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
PICTURE_SUFFIXES = {*SUFFIXES.values(), ".jpeg", ".jfif", ".tiff", ".heic", ".wav", ".flac", ".mp3"}
NO_SIGNS = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # control, format, half a letter, spaces
SYSTEM_NAMES = {"__macosx", "thumbs.db", "desktop.ini"}
FROM_THE_ROOT = re.compile("/|[A-Za-z]:/")
Reader = Callable[[], bytes]


@dataclass(frozen=True)
class NewPicture:
    """A file at `path`, its label and, where its place says so, its side.

    `url` is the address it was downloaded from; files with the same `group` (a burst of the
    camera) belong on one side. `side_reason` says who chose the side, if there is one.
    """

    path: str
    label: str
    side: Side | None
    read: Reader
    url: str = ""
    group: str = ""
    side_reason: str = "folder"


@dataclass(frozen=True)
class Listing:
    """What a way in found: `source` is what the person calls where that is."""

    source: str
    pictures: Sequence[NewPicture]
    skipped: Sequence[Skipped] = ()


Labelled = tuple[list[NewPicture], list[Skipped]]


@dataclass(frozen=True)
class FileTree:
    """The files of a folder or an archive, before anything says which class they are.

    Attributes:
        name: what the person calls it.
        readers: path, with "/", to the function that reads the file; sorted by path, so that the
            order in which a disk or an archive has them does not matter.
        skipped: what is there and is not even tried.
    """

    name: str
    readers: Mapping[str, Reader]
    skipped: Sequence[Skipped] = ()


def by_folder(paths: Sequence[str], reader: Callable[[str], Reader]) -> Labelled:
    """Label files by the first folder below the split level: `[wrapper/][train/]LABEL/.../file`.

    Folders that only wrap the rest are looked through. Where there are split levels, files
    directly in one (pictures without a label, often in test) are in no class. Where there is no
    validation folder, the training images have no side yet: the studio's split decides. Paths
    use "/".

    Args:
        reader: makes the function that reads the file at a path.
    """
    candidates, skipped = without_system_files(paths)
    parts = {path: path.split("/") for path in candidates}
    wrapper = _wrapper(list(parts.values()))
    inner = {
        path: names[len(wrapper) :] if names[: len(wrapper)] == wrapper else []
        for path, names in parts.items()
    }
    with_levels = any(_level(names) and len(names) > 2 for names in inner.values())
    pictures = []
    for path, names in inner.items():
        side = _level(names) if with_levels else None
        folders = names[1:-1] if side else names[:-1]
        if folders:
            label = clean_label(folders[0])
            pictures.append(NewPicture(path_text(path), label, side, reader(path)))
        else:
            skipped.append(Skipped(path_text(path), "not in a class folder", "no class"))
    return with_sides(pictures), skipped


def with_sides(pictures: Sequence[NewPicture]) -> list[NewPicture]:
    """Without a validation side, training pictures have no side yet: the studio decides."""
    if any(picture.side == "valid" for picture in pictures):
        return list(pictures)
    return [replace(p, side=None) if p.side == "train" else p for p in pictures]


def side_named(name: str) -> Side | None:
    """The side that a word means ("val", "Testing" ...), if it means one."""
    return LEVELS.get(name.strip().lower())


def is_inside(path: str) -> bool:
    """Whether a path that somebody else wrote stays in its folder or archive."""
    return not FROM_THE_ROOT.match(path) and ".." not in path.split("/")


def clean_label(name: str) -> str:
    """A class name: composed Unicode, one kind of space, at most 100 signs, no control signs."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(" " if unicodedata.category(c) in NO_SIGNS else c for c in text)
    return " ".join(text.split())[:100].strip() or "unnamed"


def no_pictures_in(source: str) -> StudioError:
    """The error of a way in that found no file to try."""
    return StudioError(
        f"There are no pictures in class folders in {source}.",
        "Put the pictures of each class in a folder of its own, named like the class.",
    )


def too_large(max_bytes: int) -> PictureError:
    reason = f"larger than {max_bytes // 1_000_000} MB"
    return PictureError(reason, "It was left alone.", "too large")


def without_system_files(paths: Sequence[str]) -> tuple[list[str], list[Skipped]]:
    """The paths that a person may mean, and the rest with the reason."""
    candidates, skipped = [], []
    for path in paths:
        names = path.split("/")
        if any(n.startswith(".") or n.lower() in SYSTEM_NAMES for n in names):
            skipped.append(Skipped(path_text(path), "hidden or system file", "hidden"))
        else:
            candidates.append(path)
    return candidates, skipped


def _wrapper(parts: Sequence[list[str]]) -> list[str]:
    """The leading folders that only wrap: each is alone at its level and holds no picture.

    Files that are not named like pictures (a README, a licence) have no say in this, unless
    nothing is named like a picture.
    """
    of_pictures = [p for p in parts if PurePosixPath(p[-1]).suffix.lower() in PICTURE_SUFFIXES]
    voters = of_pictures or parts
    depth = 0
    while voters and all(len(p) > depth + 2 for p in voters):
        names = {p[depth] for p in voters}
        if len(names) > 1 or names.pop().lower() in LEVELS:
            break
        depth += 1
    return voters[0][:depth] if voters else []


def _level(names: Sequence[str]) -> Side | None:
    """The side that the first folder of a path names."""
    return side_named(names[0]) if len(names) > 1 else None


def path_text(path: str) -> str:
    """The path as text: names on disk may hold bytes that are no letters."""
    return path.encode(errors="replace").decode()
