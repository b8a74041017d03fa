"""What the visitors of a page have uploaded: the only files that a name from outside opens."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from core.export.regular_file import open_regular
from core.export.service import Refusal


class Uploads:
    """The private folder of one page, which goes away with it. Whatever a visitor names is read
    here or not at all.

    Attributes:
        folder: absolute, without links in it.
        most_bytes: the largest file that is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept = TemporaryDirectory(prefix="toploss-page-", ignore_cleanup_errors=True)
        self.folder = Path(os.path.realpath(self._kept.name))
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
        path = self.path(name)
        try:
            with open_regular(path) as file:
                if not Path(os.path.realpath(path.parent)).is_relative_to(self.folder):
                    raise _not_uploaded()
                data = file.read(self.most_bytes + 1)
        except (OSError, ValueError) as error:
            raise _not_uploaded() from error
        if len(data) > self.most_bytes:
            limit = f"{self.most_bytes // 1_000_000} MB"
            raise Refusal(413, f"This file is larger than {limit}.", "Send a smaller picture.")
        return data

    def close(self) -> None:
        """Remove the folder now."""
        self._kept.cleanup()


def _not_uploaded() -> Refusal:
    return Refusal(
        422, "This is no picture that was uploaded to this page.", "Upload the picture again."
    )
