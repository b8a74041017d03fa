"""A worker with tasks that do what no task should: `python -m tests.odd_worker FOLDER JOB`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core import heartbeat
from core.context import Context
from core.events import Event, Progressed
from core.jobs import TASKS, Task
from core.worker import main

ODD = "tests.odd_worker"
TASKS.update(
    {
        "stubborn": Task("Being stubborn", f"{ODD}:stubborn"),
        "deaf": Task("Being deaf", f"{ODD}:deaf"),
        "frozen": Task("Standing still", f"{ODD}:frozen"),
    }
)


def stubborn(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """Never comes back, with a process of its own whose number it leaves in `args["child"]`."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(args["child"]).write_text(str(child.pid), encoding="utf-8")
    yield Progressed(1, 9, "Being stubborn")
    while True:
        time.sleep(1)


def deaf(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """Goes on and on, and never asks whether to stop."""
    while True:
        yield Progressed(1, 9, "Being deaf")
        time.sleep(0.05)


def frozen(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """Stands still while it writes to the catalog."""
    yield Progressed(1, 9, "Standing still")
    with context.catalog.atomic():
        os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    heartbeat.BEAT_S = 0.1
    main(sys.argv[1], int(sys.argv[2]))
