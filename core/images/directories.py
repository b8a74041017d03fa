"""A limit on the directories of TIFF and EXIF, which Pillow reads with all that they point to.

Entries may point to the same bytes: 65,535 entries of 12 bytes that point to 1 MB would be read to
65 GB. What is beyond the limit is left out, as what is damaged is; the entries that a picture needs
come first, since they are ordered by number.
"""

from __future__ import annotations

import io
from typing import IO

from PIL import TiffImagePlugin

MOST_BYTES = 2_000_000
"""Of one directory. Numbers become objects of Python, a fraction one of about 250 bytes."""

_load = TiffImagePlugin.ImageFileDirectory_v2.load


class _Counted(io.RawIOBase):
    """A file that ends when so much of it was read, however often the same."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._remaining = file, MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self._remaining:
            raise OSError("a directory that is too large")
        self._remaining -= size
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def limit_directories() -> None:
    """From now on, in this process."""

    def load(self: TiffImagePlugin.ImageFileDirectory_v2, fp: IO[bytes]) -> None:
        _load(self, _Counted(fp))  # type: ignore[arg-type]

    TiffImagePlugin.ImageFileDirectory_v2.load = load  # type: ignore[method-assign]
