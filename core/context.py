"""What long work needs: where it works, its limits, whether to go on, and a loop that asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from core.catalog import Catalog
from core.events import Progressed
from core.settings import Settings
from core.workspace import Workspace

BATCH = 64
Item = TypeVar("Item")


def never() -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """One workspace, opened for one piece of work; `job_id` is None outside a worker."""

    workspace: Workspace
    catalog: Catalog
    settings: Settings
    stop_requested: Callable[[], bool] = never
    job_id: int | None = None


def in_batches(
    context: Context,
    items: Sequence[Item],
    doing: str,
    work: Callable[[Sequence[Item], Executor], None],
) -> Iterator[Progressed]:
    """Do some work 64 items at a time; a stop keeps what the batches before it left.

    Args:
        work: does one batch, and gets a pool of threads for it, one a core.
    """
    yield Progressed(0, len(items), doing)
    with ThreadPoolExecutor(os.cpu_count() or 1, "batch") as pool:
        for start in range(0, len(items), BATCH):
            if context.stop_requested():
                return
            batch = items[start : start + BATCH]
            work(batch, pool)
            yield Progressed(start + len(batch), len(items), doing)
