"""One classifier for many callers: what is taken in, how much at once, and who computes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from core.errors import FileFault, PictureError, StudioError
from core.images.allowance import Allowance, DecodedBytes
from core.serving.answer import Answer
from core.serving.classifier import Classifier
from core.settings import MEGABYTE, Settings

T = TypeVar("T")
MOST_WORKERS = 4
STATUSES: Mapping[FileFault, int] = {
    "empty": 400,
    "too large": 413,
    "too many pixels": 413,
    "no picture": 415,
    "takes too long": 503,
    "too many at once": 503,
}
"""Why a file cannot be used -> HTTP status; 422 for the other kinds (damaged)."""


@dataclass(frozen=True)
class Limits:
    """How much a stranger may send.

    Attributes:
        file_bytes, pixels: of one picture (a phone's 50 megapixels are let in).
        waiting, waiting_bytes: requests that are read or answered at once, and what their bodies
            may take in memory.
        decoded_bytes: what the pictures that are decoded at once may take in memory (one of 50
            megapixels takes 600 MB of it).
        body_s: within which a body has to arrive.
        answer_s: within which an answer is given, or it is given up; from when it was asked for,
            so waiting counts.
    """

    file_bytes: int = 20 * MEGABYTE
    pixels: int = 50 * MEGABYTE
    waiting: int = 128
    waiting_bytes: int = 160 * MEGABYTE
    decoded_bytes: int = 800 * MEGABYTE
    body_s: float = 60.0
    answer_s: float = 20.0


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
        self._memory = DecodedBytes(limits.decoded_bytes)
        self._lock = threading.Lock()
        self._waiting, self._bytes = 0, 0

    def submit(self, data: bytes) -> Future[Answer]:
        """The answer to one file, as soon as a thread is free; raises `Refusal` from within."""
        return self.work(lambda allowance: self.classifier.answer(data, self.settings, allowance))

    def answer(self, data: bytes) -> Answer:
        """The answer to one file.

        Raises:
            Refusal: it cannot be used as a picture, or not in time.
        """
        return self.wait([self.submit(data)])[0]

    def work(self, job: Callable[[Allowance], T], more_s: float = 0.0) -> Future[T]:
        """What a job that reads a picture gives, as soon as a thread is free.

        Args:
            job: called with what it may take; it gives up by itself when that is over.
            more_s: added to the limit of time.

        Raises:
            Refusal: from within: it is no usable picture, or the time was over.
        """
        deadline_s = time.monotonic() + self.limits.answer_s + more_s
        return self._pool.submit(_run_job, job, Allowance(deadline_s, self._memory))

    def wait(self, futures: Sequence[Future[T]], more_s: float = 0.0) -> list[T]:
        """The results of `work`.

        Raises:
            Refusal: one was refused, or they are not there within the limit of time. Those that
                nobody began to work on are given up.
        """
        patience_s = self.limits.answer_s + more_s
        done, late = wait(futures, patience_s, FIRST_EXCEPTION)
        for future in late:
            future.cancel()
        for future in done:
            future.result()  # raises
        if late:
            raise too_late()
        return [future.result() for future in futures]

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

        It may take as long as it does: what is loaded now is not loaded again.

        Raises:
            StudioError: the bundle cannot answer its own example.
        """
        for example in self.classifier.examples[:1]:
            self._pool.submit(self.classifier.answer, example.read_bytes(), self.settings).result()


def _run_job(job: Callable[[Allowance], T], allowance: Allowance) -> T:
    if time.monotonic() > allowance.deadline_s:
        raise too_late()
    try:
        return job(allowance)
    except PictureError as error:
        raise refused(error) from error


def too_late() -> Refusal:
    """There is no answer within the limit of time."""
    return Refusal(503, "The answer takes too long.", "Try again, or send a smaller picture.")


def refused(error: PictureError) -> Refusal:
    """Why a file cannot be used, with HTTP's status for the reason."""
    status = STATUSES.get(error.kind, 422)
    message = f"This file cannot be used: {error.message}."
    hint = "Try again in a few seconds." if status == 503 else "Try another picture."
    return Refusal(status, message, hint)
