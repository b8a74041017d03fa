"""One classifier for many callers: what is taken in, how much at once, and who computes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.errors import PictureError, StudioError
from core.export.answer import Answer
from core.export.classifier import Classifier
from core.settings import MEGABYTE, Settings

MOST_WORKERS = 4
STATUSES = {
    "the file is empty": 400,
    "larger than": 413,
    "too many pixels": 413,
    "far too many pixels": 413,
    "not a picture": 415,
}
"""How the reason begins that a file cannot be used -> HTTP status; 422 for the others (damaged)."""


@dataclass(frozen=True)
class Limits:
    """How much a stranger may send.

    Attributes:
        file_bytes, pixels: of one picture (a phone's 50 megapixels are let in).
        waiting, waiting_bytes: requests that are read or answered at once, and what their bodies
            may take in memory.
        body_s: within which a body has to arrive.
    """

    file_bytes: int = 20 * MEGABYTE
    pixels: int = 50 * MEGABYTE
    waiting: int = 128
    waiting_bytes: int = 160 * MEGABYTE
    body_s: float = 60.0


DEFAULT_LIMITS = Limits()


class Refusal(StudioError):
    """A request that is not answered; `status` is HTTP's for the reason."""

    def __init__(self, status: int, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.status = status


class Service:
    """Answers from a few threads, whoever asks.

    Each thread reads a picture and runs the network on it; Pillow and ONNX Runtime let go of
    Python while they work. There is no batching: on a CPU a picture in a batch takes as long as
    alone.
    """

    def __init__(
        self, classifier: Classifier, settings: Settings, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.classifier = classifier
        self.limits = limits
        self.settings = replace(
            settings,
            max_file_bytes=min(settings.max_file_bytes, limits.file_bytes),
            max_pixels=min(settings.max_pixels, limits.pixels),
        )
        self.workers = min(MOST_WORKERS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="answer")
        self._lock = threading.Lock()
        self._waiting, self._bytes = 0, 0

    def submit(self, data: bytes) -> Future[Answer]:
        """The answer to one file, as soon as a thread is free; raises `Refusal` from within."""
        return self._pool.submit(self._answer, data)

    def answer(self, data: bytes) -> Answer:
        """The answer to one file.

        Raises:
            Refusal: it cannot be used as a picture.
        """
        return self.submit(data).result()

    def answers(self, files: Sequence[bytes]) -> list[Answer]:
        """Answers to several files, in their order.

        Raises:
            Refusal: one of them cannot be used as a picture.
        """
        return [future.result() for future in [self.submit(data) for data in files]]

    @contextmanager
    def admitted(self, size: int) -> Iterator[None]:
        """Count a request with a body of so many bytes as being worked on.

        Raises:
            Refusal: there are too many at once (503).
        """
        with self._lock:
            full = self._waiting >= self.limits.waiting
            if full or self._bytes + size > self.limits.waiting_bytes:
                raise Refusal(503, "Too many pictures are waiting.", "Try again in a few seconds.")
            self._waiting, self._bytes = self._waiting + 1, self._bytes + size
        try:
            yield
        finally:
            with self._lock:
                self._waiting, self._bytes = self._waiting - 1, self._bytes - size

    def warm_up(self) -> None:
        """Answer an example, so that the first visitor does not wait for what is loaded late.

        Raises:
            StudioError: the bundle cannot answer its own example.
        """
        for example in self.classifier.examples[:1]:
            self.answer(example.read_bytes())

    def _answer(self, data: bytes) -> Answer:
        try:
            return self.classifier.answer(data, self.settings)
        except PictureError as error:
            raise refused(error) from error


def refused(error: PictureError) -> Refusal:
    """Why a file cannot be used, with HTTP's status for the reason."""
    known = (STATUSES[start] for start in STATUSES if error.message.startswith(start))
    message = f"This file cannot be used: {error.message}."
    return Refusal(next(known, 422), message, "Try another picture.")
