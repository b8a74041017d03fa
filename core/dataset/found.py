"""What every way in yields: files that might be pictures, with what their place says of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.errors import StudioError
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
SYSTEM_NAMES = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Found:
    """A file at `path`, its label and, where its place says so, its side."""

    path: str
    label: str
    side: Side | None
    read: Callable[[], bytes]


def by_folder(
    paths: Sequence[str], reader: Callable[[str], Callable[[], bytes]]
) -> tuple[list[Found], list[Skipped]]:
    """Label files by the first folder below the split level: `[wrapper/][train/]LABEL/.../file`.

    Folders that only wrap the rest are looked through. Where there is no validation folder, the
    training images have no side yet: the studio's split decides. Paths use "/".

    Args:
        reader: makes the function that reads the file at a path.
    """
    kept, skipped = _without_system_files(paths)
    parts = {path: path.split("/") for path in kept}
    start = _depth_of_classes(list(parts.values()))
    found = []
    for path, names in parts.items():
        inner = names[start:]
        side = LEVELS.get(inner[0].lower()) if len(inner) > 2 else None
        folders = inner[1:-1] if side else inner[:-1]
        if folders:
            found.append(Found(path, clean_label(folders[0]), side, reader(path)))
        else:
            skipped.append(Skipped(path, "not in a class folder"))
    if not any(item.side == "valid" for item in found):
        found = [replace(f, side=None) if f.side == "train" else f for f in found]
    return found, skipped


def clean_label(name: str) -> str:
    """A class name: composed Unicode, one kind of space, at most 100 signs, no control signs."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in text)
    return " ".join(text.split())[:100] or "unnamed"


def nothing_found(where: str) -> StudioError:
    """The error of a way in that found no file to try."""
    return StudioError(
        f"There are no pictures in class folders in {where}.",
        "Put the pictures of each class in a folder of its own, named like the class.",
    )


def _without_system_files(paths: Sequence[str]) -> tuple[list[str], list[Skipped]]:
    kept, skipped = [], []
    for path in paths:
        names = path.split("/")
        if any(n.startswith(".") or n.lower() in SYSTEM_NAMES for n in names):
            skipped.append(Skipped(path, "hidden or system file"))
        else:
            kept.append(path)
    return kept, skipped


def _depth_of_classes(parts: Sequence[Sequence[str]]) -> int:
    """How many leading folders only wrap: each is alone at its level and holds folders only."""
    depth = 0
    while parts and all(len(p) > depth + 2 for p in parts):
        names = {p[depth] for p in parts}
        if len(names) > 1 or names.pop().lower() in LEVELS:
            break
        depth += 1
    return depth
