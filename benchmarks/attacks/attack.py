"""One attack, what came of it, and the clock that ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE_S = 60.0


class Broken(Exception):
    """A lock gave way; the message says in words what happened."""


class NotHere(Exception):
    """This machine does not permit the attack; it counts neither as tried nor as held."""


class TookTooLong(BaseException):
    """The time of an attack is over; no `except Exception` on the way may keep it."""


@dataclass(frozen=True)
class Attack:
    """What is done to the target.

    Attributes:
        act: raises `Broken` when a lock gave way. What it returns is a remark for the table, or
            None.
        patience_s: an attack that has not ended after so many seconds has broken something.
    """

    name: str
    act: Callable[[], str | None]
    patience_s: float = PATIENCE_S


@dataclass(frozen=True)
class Outcome:
    """What came of an attack: `failure` is empty when the lock held; seconds of wall clock."""

    name: str
    seconds: float
    failure: str = ""
    remark: str = ""
    permitted: bool = True

    @property
    def held(self) -> bool:
        return self.permitted and not self.failure


def demand(holds: bool, failure: str) -> None:
    """Raises Broken with these words unless it holds."""
    if not holds:
        raise Broken(failure)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the block by `TookTooLong` after that long; in the main thread only."""

    def ring(number: int, frame: object) -> None:
        raise TookTooLong(f"no end within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
