"""What no attack may change: files outside the target, byte for byte, and how they are put back.

Of a catalog the rows count: SQLite moves pages of its own accord when somebody reads it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

PASSING = (".last", ".lock", "-wal", "-shm")
"""Endings of files that reading leaves behind: locks, and SQLite's own."""
CACHE = ".cache"


def listing(root: Path, without: Collection[Path] = ()) -> dict[str, str]:
    """What stands below a folder: path -> kind and SHA-256 (or where a link leads)."""
    return {
        str(path.relative_to(root)): _described(path)
        for path in _below(root, frozenset(without))
        if not path.name.endswith(PASSING)
    }


def _below(folder: Path, without: frozenset[Path]) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        paths = sorted(Path(entry.path) for entry in entries)
    for path in paths:
        if path in without or path.name == CACHE:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path, without)


def _described(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        return "neither file nor folder"
    if path.suffix == ".sqlite":
        return rows_of(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_of(catalog: Path) -> str:
    """SHA-256 of all that a catalog holds; what is wrong with it, if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True, timeout=10)) as db:
            for line in db.iterdump():
                digest.update(line.encode(errors="surrogatepass"))
    except sqlite3.Error as error:
        return str(error)
    return digest.hexdigest()


class Guard:
    """Knows a folder as it was, and has a copy of it elsewhere."""

    def __init__(self, root: Path, spare: Path) -> None:
        self.root, self._spare = root, spare
        shutil.copytree(root, spare, symlinks=True)
        self._was = listing(root)

    def changes(self, target: Path | None = None) -> list[str]:
        """Paths outside of a target that are no longer as they were; new ones, too."""
        now = listing(self.root, [target] if target else [])
        was = {
            path: said
            for path, said in self._was.items()
            if target is None or not (self.root / path).is_relative_to(target)
        }
        return sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))

    def restore(self) -> None:
        """Put everything back as it was."""
        for path in sorted(self.changes(), reverse=True):
            there, spare = self.root / path, self._spare / path
            if os.path.lexists(there) and not os.path.lexists(spare):
                _remove(there)
        for path in sorted(self.changes()):
            _remove(self.root / path)
            _copy(self._spare / path, self.root / path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
