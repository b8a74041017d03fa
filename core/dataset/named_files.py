"""Rows that name a file and its label, joined with the files that are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.dataset.new_pictures import (
    PICTURE_SUFFIXES,
    FileTree,
    Labelled,
    NewPicture,
    Reader,
    clean_label,
    is_inside,
    path_text,
    side_named,
    without_system_files,
)
from core.errors import StudioError
from core.records import Skipped

MAX_URL = 2000


@dataclass(frozen=True)
class Row:
    """A line of a table: `near` is the folder that the table lies in, "" at the top.

    `exact` says that the studio itself wrote the label: it is one, whatever signs it has.
    """

    file: str
    label: str
    split: str = ""
    url: str = ""
    near: str = ""
    exact: bool = False


def join(tree: FileTree, rows: Sequence[Row]) -> Labelled:
    """Give the files of a tree the labels of a table; what does not fit is skipped.

    Only files of the tree are ever looked at. The order of the rows does not matter.
    """
    lookup = Lookup(without_system_files(list(tree.readers))[0])
    pictures: dict[tuple[str, str], NewPicture] = {}
    skipped, row_paths = [], set()
    for row in sorted(rows, key=lambda row: (row.file, row.label, row.near, row.split, row.url)):
        path = lookup.find(row)
        if isinstance(path, Skipped):
            skipped.append(path)
            continue
        row_paths.add(path)
        if row.label:
            pictures[path, row.label] = _picture(row, path, tree.readers[path])
        else:
            skipped.append(Skipped(row.file, "the table has no label for it", "no class"))
    other_paths = [path_text(path) for path in lookup.pictures() if path not in row_paths]
    skipped += [Skipped(path, "not in the table", "not in the table") for path in other_paths]
    return [pictures[key] for key in sorted(pictures)], skipped


def is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://")) and len(text) <= MAX_URL


def refuse_several_labels(labels: Iterable[str]) -> None:
    """Raises a StudioError when a cell holds several labels.

    "|" and ";" always separate labels; a comma or a space does when each part is a label of its
    own elsewhere in the table ("polar bear" is one label, "cat dog" beside "cat" and "dog" is two).
    """
    distinct = set(labels)
    for label in sorted(distinct):
        for sign in "|;, ":
            parts = [part.strip() for part in label.split(sign) if part.strip()]
            if len(parts) > 1 and (sign in "|;" or distinct.issuperset(parts)):
                raise StudioError(
                    f"The table gives several labels to one picture: {label!r}.",
                    "A picture has one label here: keep one in each row.",
                )


class Lookup:
    """Finds the file that a table means, among those that are there."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = set(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            self._by_name[PurePosixPath(path).name].append(path)
            if _is_picture(path):
                self._by_stem[PurePosixPath(path).stem].append(path)

    def find(self, row: Row) -> str | Skipped:
        """The path of the file, or why there is none."""
        text = row.file or "a row"
        name = row.file.replace("\\", "/").removeprefix("./")
        if not is_inside(name):
            return Skipped(text, "its path leads out of the folder", "leads out")
        for path in (f"{row.near}/{name}" if row.near else name, name):
            if path in self._paths:
                return path
        last = name.rsplit("/", 1)[-1]
        matches = [p for p in self._by_name.get(last, ()) if p.endswith(f"/{name}")]
        matches = matches or [
            path
            for path in self._by_stem.get(last, ())
            if f"/{path}".endswith(f"/{name}{PurePosixPath(path).suffix}")
        ]
        if len(matches) == 1:
            return matches[0]
        if matches:
            return Skipped(text, "several files have this name", "ambiguous")
        return Skipped(text, "the table names it; it is gone", "missing")

    def pictures(self) -> list[str]:
        """Paths that are named like pictures."""
        return sorted(path for path in self._paths if _is_picture(path))


def _is_picture(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in PICTURE_SUFFIXES


def _picture(row: Row, path: str, read: Reader) -> NewPicture:
    url = row.url if is_url(row.url) else ""
    return NewPicture(path_text(path), clean_label(row.label), side_named(row.split), read, url)
