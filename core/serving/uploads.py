"""What the visitors of a page have uploaded: the only files that a name from outside opens."""

from __future__ import annotations

import os
import time
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import StudioError
from core.owned import remove_file
from core.serving.regular_file import open_regular
from core.serving.service import Refusal

MOST_AT_ONCE = 100
MOST_BYTES, MOST_FOLDERS = 2_000_000_000, 5_000
CUT_OFF_S = 120.0
"""A file that is still to be moved into its folder grows at least as often, or was cut off."""


class Uploads:
    """The private folder of one page, which goes away with it. Whatever a visitor names is read
    here or not at all.

    Attributes:
        folder: absolute, without links in it.
        most_bytes: the largest file that is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._folder = TemporaryDirectory(prefix="toploss-page-", ignore_cleanup_errors=True)
        self.folder = Path(os.path.realpath(self._folder.name))
        self.most_bytes = most_bytes

    def path(self, name: object) -> Path:
        """The path that a visitor names. The disk is not looked at, so this takes no time and
        tells nothing.

        Raises:
            Refusal: it does not lie in the folder.
        """
        text = name if isinstance(name, str) else ""
        path = Path(text)
        if "\0" in text or ".." in path.parts or self.folder not in path.parents:
            raise _not_uploaded()
        return path

    def read(self, name: object) -> bytes:
        """The bytes of the upload that a visitor names.

        Raises:
            Refusal: it is no file in the folder, is gone, or is too large.
        """
        with self._open(name) as file:
            data = file.read(self.most_bytes + 1)
        if len(data) > self.most_bytes:
            limit = f"{self.most_bytes // 1_000_000} MB"
            raise Refusal(413, f"This file is larger than {limit}.", "Send a smaller picture.")
        return data

    def only(self, value: object) -> object:
        """What a visitor sends with an event: a word, a number, nothing, a file, or a list of
        files. Of a file only the path is taken over.

        Raises:
            Refusal: a file in it was not uploaded here, or it is anything else.
        """
        if isinstance(value, list):
            if len(value) > MOST_AT_ONCE:
                raise Refusal(422, "These are too many.", f"Send {MOST_AT_ONCE} at a time.")
            return [self._file(one) for one in value]
        return self._file(value) if isinstance(value, dict) else value

    def have_room(self) -> bool:
        """Whether more may be kept; what was cut off on its way is removed."""
        size = 0
        folders = list(self.folder.iterdir())
        for entry in folders:
            size += self._size(entry)
        return size < MOST_BYTES and len(folders) < MOST_FOLDERS

    def _size(self, entry: Path) -> int:
        try:
            if entry.is_dir():
                return sum(path.stat().st_size for path in entry.iterdir())
            about = entry.stat()
            if time.time() - about.st_mtime > CUT_OFF_S:
                remove_file(self.folder, entry)
            return about.st_size
        except (OSError, StudioError):  # removed or moved meanwhile
            return 0

    def _file(self, value: object) -> dict[str, object]:
        name = value.get("path") if isinstance(value, dict) else None
        self._open(name).close()
        return {"path": str(self.path(name)), "meta": {"_type": "gradio.FileData"}}

    def _open(self, name: object) -> BufferedReader:
        path = self.path(name)
        try:
            if not Path(os.path.realpath(path.parent)).is_relative_to(self.folder):
                raise _not_uploaded()
            return open_regular(path)
        except (OSError, ValueError) as error:
            raise _not_uploaded() from error

    def close(self) -> None:
        """Remove the folder now."""
        self._folder.cleanup()


def _not_uploaded() -> Refusal:
    return Refusal(
        422, "This is no picture that was uploaded to this page.", "Upload the picture again."
    )
