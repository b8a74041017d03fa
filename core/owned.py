"""What the studio made: paths from outside text, marks on folders, and the only removal there is.

A folder that the studio makes carries a mark, a small file that says what it is and whose. Nothing
is removed but what carries the mark of whoever removes it, and a removal renames first, so that
nobody ever sees half of a folder. No other module deletes or moves (`tests/test_removal.py`).
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from core.errors import StudioError, from_os_error
from core.files import sync, temporary, write_atomically

MARK = ".toploss"
MOST_MARK_BYTES = 1000
MOST_NAME_BYTES = 255
MOST_SLUG = 40
Kind = Literal["bundle", "web", "dataset", "run", "job", "downloads", "shelf", "visitor"]
_NOT_PLAIN = re.compile(r"[^\w-]+")
_SEPARATORS = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class NotOurs(StudioError):
    """A folder that does not carry the mark of whoever would remove it; it was left alone."""


@dataclass(frozen=True)
class Mark:
    """What a folder is, and whose: the number or name of the run, job or bundle it belongs to."""

    kind: Kind
    owner: str


def inside(root: Path, *names: str) -> Path:
    """The path below `root` that outside text names, one name a folder.

    Raises:
        StudioError: a name is none (empty, a step up, a separator in it, too long), or a link on
            the way leads out of `root`.
    """
    path = root
    for name in names:
        if not is_plain_name(name):
            raise StudioError(f"{name[:100]!r} cannot be the name of a file here.", "Rename it.")
        path = path / name
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise StudioError(f"{path.name!r} would lie outside of its folder.", "Rename it.")
    return path


def is_plain_name(name: str) -> bool:
    """Whether that is the name of a file on every system, and nothing more."""
    size = len(name.encode(errors="surrogatepass"))
    return name not in ("", ".", "..") and size <= MOST_NAME_BYTES and not _SEPARATORS.search(name)


def slug(text: str) -> str:
    """The text as a readable part of a file's name: letters, digits, - and _, at most 40."""
    plain = unicodedata.normalize("NFC", text.encode(errors="replace").decode())
    return _NOT_PLAIN.sub("-", plain)[:MOST_SLUG].strip("-")


def numbered(number: int, name: str) -> str:
    """The name of a folder by the number it belongs to; the words are only to be read."""
    return f"{number}-{slug(name)}".rstrip("-")


def mark(folder: Path, folder_mark: Mark) -> None:
    """Mark a folder as made by the studio; made first, if it is not there.

    Raises:
        WorkspaceError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error, f"making the folder {folder.name}") from error
    write_atomically(folder / MARK, json.dumps(asdict(folder_mark)).encode())


def mark_new(folder: Path, folder_mark: Mark) -> None:
    """Make a marked folder, unless there is one: what is there is not claimed.

    Raises:
        WorkspaceError: it cannot be written.
    """
    if not folder.exists():
        mark(folder, folder_mark)


def mark_of(folder: Path) -> Mark | None:
    """The mark that a folder carries itself; a link to a marked folder carries none."""
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return None
        if not stat.S_ISREG((folder / MARK).lstat().st_mode):
            return None
        with (folder / MARK).open("rb") as file:
            return Mark(**json.loads(file.read(MOST_MARK_BYTES)))
    except (OSError, ValueError, TypeError):
        return None


def remove_folder(folder: Path, expected: Mark) -> None:
    """Remove a folder that carries that very mark; nothing happens when nothing is there.

    Raises:
        NotOurs: it carries another mark, or none.
        WorkspaceError: it cannot be renamed.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if mark_of(folder) != expected:
        raise NotOurs(
            f"The folder {folder.name} was not made for this and was left alone.",
            "Look at what is in it, and remove it by hand if nobody needs it.",
        )
    aside = temporary(folder, "gone")
    try:
        folder.rename(aside)
    except FileNotFoundError:  # removed by somebody else just now
        return
    except OSError as error:
        raise from_os_error(error, f"removing {folder.name}") from error
    _empty(aside)


def remove_file(root: Path, file: Path) -> None:
    """Remove a file that the studio made below `root`; nothing happens when none is there.

    Raises:
        NotOurs: it lies elsewhere, or is a folder.
        WorkspaceError: it cannot be removed.
    """
    if not file.parent.resolve().is_relative_to(root.resolve()) or (
        file.is_dir() and not file.is_symlink()
    ):
        raise NotOurs(f"{file.name} was left alone.", "Remove it by hand if nobody needs it.")
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, f"removing {file.name}") from error


def set_aside(root: Path, path: Path, aside: Path) -> None:
    """Move a file, or a folder with a mark, from below `root` to the same place below `aside`.
    Nothing happens when it is not there.

    Raises:
        NotOurs: it lies elsewhere, or is a folder without a mark.
        WorkspaceError: it cannot be moved.
    """
    inside_root = path.parent.resolve().is_relative_to(root.resolve())
    is_folder = path.is_dir() and not path.is_symlink()
    if not inside_root or (is_folder and mark_of(path) is None):
        raise NotOurs(f"{path.name} was left alone.", "Move it by hand if nobody needs it.")
    target = aside / path.relative_to(root)
    if target.exists() or target.is_symlink():
        target = target.with_name(f"{target.name[:200]}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    except FileNotFoundError:  # removed by somebody else just now
        return
    except OSError as error:
        raise from_os_error(error, f"setting {path.name} aside") from error


def rename_file(root: Path, file: Path, name: str) -> None:
    """Give a file that the studio made below `root` another name; a file of that name is replaced.

    Raises:
        StudioError: it lies elsewhere, or that is no name.
        WorkspaceError: it cannot be renamed.
    """
    inside(root, *file.relative_to(root).parts)
    try:
        file.replace(inside(file.parent, name))
    except OSError as error:
        raise from_os_error(error, f"renaming {file.name}") from error


@contextmanager
def passing_folder(beside: Path, folder_mark: Mark) -> Iterator[Path]:
    """A marked folder under a temporary name beside that path, removed at the end of the block.

    Raises:
        WorkspaceError: it cannot be written.
    """
    part = temporary(beside)
    try:
        mark(part, folder_mark)
        yield part
    finally:
        remove_folder(part, folder_mark)


@contextmanager
def whole_folder(target: Path, folder_mark: Mark) -> Iterator[Path]:
    """A marked folder to write to, which takes the place of `target` at the end of the block.

    What stands there with the same mark is removed; what stands there with another, or none, is
    renamed and kept.

    Raises:
        WorkspaceError: it cannot be written.
    """
    try:
        with passing_folder(target, folder_mark) as part:
            yield part
            put_in_place(part, target, folder_mark)
    except OSError as error:
        raise from_os_error(error, f"writing {target.name}") from error


def put_in_place(part: Path, target: Path, folder_mark: Mark) -> None:
    """Put a finished folder in the place of another, as `whole_folder` does; it is on the disk
    before it has that name.
    """
    sync([part])
    old = None
    if target.exists() or target.is_symlink():
        ours = mark_of(target) == folder_mark
        spare_name = f"{target.name[:MOST_SLUG]} (kept {secrets.token_hex(4)})"
        old = temporary(target, "old") if ours else target.with_name(spare_name)
        target.rename(old)
    try:
        part.rename(target)
    except OSError:
        if old is not None:
            old.rename(target)
        raise
    if old is not None and mark_of(old) == folder_mark:
        _empty(old)


def settle(leftover: Path) -> None:
    """End what a process that is gone had begun under a temporary name: what it was about to
    replace goes back to its place if nothing took that; anything else is removed, but a folder
    with files and no mark.
    """
    name, _, ending = leftover.name[1:].rsplit(".", 2)
    target = leftover.with_name(name)
    with suppress(OSError):  # somebody else did it just now, or the disk refuses: it stays
        if not leftover.is_dir() or leftover.is_symlink():
            leftover.unlink()
        elif ending == "old" and not target.exists():
            leftover.rename(target)
        elif mark_of(leftover) is not None:
            _empty(leftover)
        else:
            leftover.rmdir()


def _empty(folder: Path) -> None:
    """Remove what is in a folder, its mark last: what cannot be removed now stays recognisable."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name == MARK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
        if [path.name for path in folder.iterdir()] == [MARK]:
            (folder / MARK).unlink()
            folder.rmdir()
