"""Jobs in the catalog: how a page and a worker process talk to each other."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from core.catalog.connection import Connection
from core.errors import StudioError
from core.records import Job, JobState

RUNNING: tuple[JobState, ...] = ("starting", "running")


class Jobs:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def create(self, kind: str, args: Mapping[str, Any]) -> Job:
        job_id = self._db.run(
            "INSERT INTO jobs (kind, args, state, started_at) VALUES (?, ?, 'starting', ?)",
            [kind, json.dumps(dict(args)), time.time()],
        )
        return self.get(job_id)

    def get(self, job_id: int) -> Job:
        row = self._db.row("SELECT * FROM jobs WHERE id = ?", [job_id])
        if row is None:
            raise StudioError(f"There is no job {job_id}.", "Start it again from its page.")
        return _job(row)

    def latest(self, *kinds: str) -> Job | None:
        """The newest job, of the given kinds if any are given."""
        condition = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        row = self._db.row(f"SELECT * FROM jobs {condition} ORDER BY id DESC LIMIT 1", kinds)
        return _job(row) if row else None

    def all(self, *kinds: str) -> list[Job]:
        """Jobs of the given kinds (all when none is given), newest first."""
        condition = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._db.rows(f"SELECT * FROM jobs {condition} ORDER BY id DESC", kinds)
        return [_job(row) for row in rows]

    def unfinished(self) -> list[Job]:
        """Jobs that say they go on (whether they do: `core.jobs.is_alive`)."""
        rows = self._db.rows("SELECT * FROM jobs WHERE state IN ('starting', 'running')")
        return [_job(row) for row in rows]

    def begin(self, job_id: int) -> None:
        """Say that the job goes on; a job that has ended stays ended."""
        sql = "UPDATE jobs SET state = 'running' WHERE id = ? AND ended_at IS NULL"
        self._db.run(sql, [job_id])

    def progress(self, job_id: int, done: int, total: int, doing: str) -> None:
        """Say how far the job is; a new `doing` starts the clock for the time left. What comes
        after " · " is a remark, and may change.
        """
        step = doing.partition(" · ")[0] + " · "
        self._db.run(
            """UPDATE jobs SET done = ?, total = ?, doing = ?, doing_since =
            CASE WHEN substr(doing || ' · ', 1, ?) = ? THEN doing_since ELSE ? END WHERE id = ?""",
            [done, total, doing, len(step), step, time.time(), job_id],
        )

    def request_stop(self, job_id: int) -> None:
        self._db.run("UPDATE jobs SET stop_requested = 1 WHERE id = ?", [job_id])

    def stop_requested(self, job_id: int) -> bool:
        row = self._db.row("SELECT stop_requested FROM jobs WHERE id = ?", [job_id])
        return bool(row and row[0])

    def pause(self, job_id: int, paused: bool) -> None:
        """Ask a job to hold on, or to go on; it does so between two steps."""
        self._db.run("UPDATE jobs SET paused = ? WHERE id = ?", [paused, job_id])

    def is_paused(self, job_id: int) -> bool:
        row = self._db.row("SELECT paused AND NOT stop_requested FROM jobs WHERE id = ?", [job_id])
        return bool(row and row[0])

    def delay(self, job_id: int, seconds: float) -> None:
        """Leave a pause out of what the time left is told from."""
        sql = "UPDATE jobs SET doing_since = doing_since + ? WHERE id = ?"
        self._db.run(sql, [seconds, job_id])

    def end(self, job_id: int, state: JobState, message: str = "", hint: str = "") -> None:
        """Say how a job ended; the first word counts."""
        self._db.run(
            """UPDATE jobs SET state = ?, message = ?, hint = ?, ended_at = ?
            WHERE id = ? AND ended_at IS NULL""",
            [state, message, hint, time.time(), job_id],
        )


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        args=json.loads(row["args"]),
        state=row["state"],
        stop_requested=bool(row["stop_requested"]),
        paused=bool(row["paused"]),
        done=row["done"],
        total=row["total"],
        doing=row["doing"],
        elapsed_s=(row["ended_at"] or time.time()) - row["started_at"],
        left_s=_left_s(row),
        message=row["message"],
        hint=row["hint"],
    )


def _left_s(row: sqlite3.Row) -> float | None:
    if row["ended_at"] or not row["doing_since"] or not 0 < row["done"] <= row["total"]:
        return None
    doing_s = time.time() - row["doing_since"]
    if doing_s < 0:  # the clock was set back
        return None
    return float(doing_s / row["done"] * (row["total"] - row["done"]))
