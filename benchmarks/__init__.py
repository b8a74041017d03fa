"""Measurements: `python -m benchmarks.<name>` prints a table and one JSON line."""

import os

from core.jobs import WORKER_ENVIRONMENT

# As in the studio's worker processes. Threads: read when torch is first imported. Memory: read when
# a process starts, too late here; `benchmarks.allocator` sets the same.
os.environ.update(WORKER_ENVIRONMENT)
