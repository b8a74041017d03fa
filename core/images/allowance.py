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

    First come, first served, so that a large picture's turn comes. One that needs more than all of
    it waits until nothing else is decoded, and goes alone.

    Args:
        limit: bytes of all pictures together.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = 0
        self._line: list[object] = []
        self._change = threading.Condition()

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._line)

    @contextmanager
    def take(self, size: int, deadline_s: float = math.inf) -> Iterator[None]:
        """Hold so many bytes; waits until they are free.

        Args:
            deadline_s: until when to wait, by `time.monotonic()`.

        Raises:
            PictureError: they were not free in time.
        """
        size = min(size, self.limit)
        self._wait(size, deadline_s)
        try:
            yield
        finally:
            with self._change:
                self._held -= size
                self._change.notify_all()

    def _wait(self, size: int, deadline_s: float) -> None:
        turn = object()

        def is_free() -> bool:
            return self._line[0] is turn and self._held + size <= self.limit

        with self._change:
            self._line.append(turn)
            wait_s = None if deadline_s == math.inf else max(0.0, deadline_s - time.monotonic())
            free = self._change.wait_for(is_free, wait_s)
            self._line.remove(turn)
            self._held += size if free else 0
            self._change.notify_all()
        if not free:
            raise PictureError(
                "too many large pictures are decoded at once", _HINT, "too many at once"
            )


@dataclass(frozen=True)
class Allowance:
    """What decoding a picture may take.

    Attributes:
        deadline_s: when it is given up, by `time.monotonic()`.
        memory: what it shares with other pictures; None to take what it needs.
        work_s: after how much work it is given up: seconds in which a thread computes, so neither
            a busy machine nor a wait for memory counts.
    """

    deadline_s: float = math.inf
    memory: DecodedBytes | None = None
    work_s: float = math.inf

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
