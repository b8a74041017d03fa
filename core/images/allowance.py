"""What decoding one picture may take: time, and memory that it shares with others."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import PictureError

_HINT = "Try again when fewer pictures are read at once."


class DecodedBytes:
    """Memory for pictures that are decoded at the same time. For threads.

    A picture that needs more than all of it waits until nothing else is decoded, and goes alone.

    Args:
        most: bytes of all pictures together.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._change = threading.Condition()

    @contextmanager
    def take(self, size: int, deadline_s: float = math.inf) -> Iterator[None]:
        """Hold so many bytes; waits until they are free.

        Args:
            deadline_s: until when to wait, by `time.monotonic()`.

        Raises:
            PictureError: they were not free in time.
        """
        size = min(size, self.most)
        with self._change:
            wait_s = None if deadline_s == math.inf else max(0.0, deadline_s - time.monotonic())
            if not self._change.wait_for(lambda: self._taken + size <= self.most, wait_s):
                raise PictureError("too many large pictures are decoded at once", _HINT)
            self._taken += size
        try:
            yield
        finally:
            with self._change:
                self._taken -= size
                self._change.notify_all()


@dataclass(frozen=True)
class Allowance:
    """What decoding a picture may take.

    Attributes:
        deadline_s: when it is given up, by `time.monotonic()`.
        memory: what it shares with other pictures; None to take what it needs.
    """

    deadline_s: float = math.inf
    memory: DecodedBytes | None = None

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Hold the memory that decoding needs, in bytes.

        Raises:
            PictureError: it was not free in time.
        """
        if self.memory is None:
            yield
            return
        with self.memory.take(size, self.deadline_s):
            yield


ANYTHING = Allowance()
"""As long as it takes, and as much."""
