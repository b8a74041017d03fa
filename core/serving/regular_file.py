"""Opening a file by a path that is not to be trusted: only a regular file, and never waiting."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

# A FIFO would wait for its writer, a device may never end. Windows has neither, nor these flags.
_AT_ONCE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class NotRegular(OSError):
    """A folder, a device, a FIFO, a socket: anything but a file."""


def open_regular(path: Path, follow_links: bool = False) -> BufferedReader:
    """The file of that path.

    Raises:
        NotRegular: it is anything else.
        OSError: it cannot be opened; a link, unless these are followed.
        ValueError: that is no path on this system.
    """
    number = os.open(path, _AT_ONCE | _BINARY | (0 if follow_links else _NO_LINK))
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise NotRegular(errno.EINVAL, "it is no regular file", str(path))
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise
