"""Memory that torch gives back is kept, so that it is not paid for again at every step.

glibc returns large blocks to the system at once and takes them anew, page by page, for the next
layer. Where a page fault is dear (virtual machines), torch on the CPU then runs several times
slower than it can. The studio's worker processes start with this setting; so does a benchmark, for
everything that it measures.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """For the rest of this process; nothing happens where the C library is not glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)  # never
