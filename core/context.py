"""What long work needs to know: where it works, its limits, and whether to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.catalog import Catalog
from core.settings import Settings
from core.workspace import Workspace


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
