"""Making things ahead: while the caller works on one batch, threads make the next ones."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def made_ahead(
    batches: Iterable[Sequence[Item]], make: Callable[[Item], Made], ahead: int = 1
) -> Iterator[list[Made]]:
    """What is made of each item, batch by batch in their order, in as many threads as cores.

    Args:
        ahead: how many batches are begun before the one that is handed out is needed. They are in
            memory together.
    """
    pool = ThreadPoolExecutor(os.cpu_count() or 1, "ahead")
    waiting: deque[list[Future[Made]]] = deque()
    try:
        for items in batches:
            waiting.append([pool.submit(make, item) for item in items])
            if len(waiting) > ahead:
                yield [future.result() for future in waiting.popleft()]
        while waiting:
            yield [future.result() for future in waiting.popleft()]
    finally:  # also when nobody asks for more
        pool.shutdown(cancel_futures=True)
