"""Measurements: `python -m benchmarks.<name>` prints a table and one JSON line."""

import os

from core.jobs import QUIET_THREADS

# As in the studio's worker processes; read when torch is first imported.
os.environ.update(QUIET_THREADS)
