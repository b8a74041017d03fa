"""Runs, their events and their predictions in the catalog."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np

from core.catalog.connection import Connection
from core.catalog.images import now
from core.catalog.names import todays_classes
from core.errors import Conflict, StudioError
from core.events import Event, LabelsDoubted, RunEnded, RunFailed
from core.records import Predictions, Run, RunKind

MAX_NAME, MAX_NOTE = 60, 2000
Scope = Literal["final", "out-of-fold"]
E = TypeVar("E", bound=Event)

# The ending of a run is not a column: it follows from the last event that the run left.
_RUNS = """SELECT runs.*, (SELECT CASE kind
    WHEN 'run_failed' THEN 'failed' ELSE json_extract(payload, '$.reason') END
    FROM events WHERE run_id = runs.id AND kind IN ('run_ended', 'run_failed')
    ORDER BY seq DESC LIMIT 1) AS ending FROM runs"""

_ANSWERED = f"""{_RUNS} WHERE EXISTS (SELECT 1 FROM predictions
    WHERE run_id = runs.id AND scope = ?) ORDER BY runs.id DESC"""


class Runs:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def create(
        self,
        kind: RunKind,
        config: Mapping[str, Any],
        classes: Sequence[str],
        job_id: int | None = None,
    ) -> Run:
        with self._db.atomic():
            run_id = self._db.run(
                """INSERT INTO runs (name, kind, config, classes, created_at, job_id, edits)
                SELECT '', ?, ?, ?, ?, ?, COUNT(*) FROM edits""",
                [kind, json.dumps(dict(config)), json.dumps(list(classes)), now(), job_id],
            )
            self._db.run("UPDATE runs SET name = ? WHERE id = ?", [f"{kind} {run_id}", run_id])
        return self.get(run_id)

    def get(self, run_id: int) -> Run:
        row = self._db.row(f"{_RUNS} WHERE runs.id = ?", [run_id])
        if row is None:
            raise StudioError(f"There is no run {run_id}.", "Choose another run on the Runs page.")
        return self._run(row)

    def all(self) -> list[Run]:
        """Runs, newest first."""
        return [self._run(row) for row in self._db.rows(f"{_RUNS} ORDER BY runs.id DESC")]

    def with_model(self) -> list[Run]:
        """Runs that left a model and that model's answers, newest first."""
        return [self._run(row) for row in self._db.rows(_ANSWERED, ["final"])]

    def latest(self, scope: Scope) -> Run | None:
        """The newest run that left predictions of that scope."""
        row = self._db.row(f"{_ANSWERED} LIMIT 1", [scope])
        return self._run(row) if row else None

    def describe(self, run_id: int, name: str, note: str) -> None:
        """Give a run another name (1 to 60 signs) and note (up to 2,000).

        Raises:
            StudioError: the name is empty or taken by another run, or either is too long.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME or len(note) > MAX_NOTE:
            raise StudioError(
                "This name or note is empty or too long.",
                f"Use up to {MAX_NAME} signs for the name and {MAX_NOTE:,} for the note.",
            )
        with self._db.atomic():
            if self._db.row("SELECT 1 FROM runs WHERE name = ? AND id <> ?", [name, run_id]):
                raise StudioError(f"Another run is called {name!r}.", "Choose another name.")
            sql = "UPDATE runs SET name = ?, note = ? WHERE id = ?"
            self._db.run(sql, [name, note.strip(), run_id])

    def delete(self, run_id: int) -> None:
        """Forget a run with its events and predictions; its number is not given again.

        Raises:
            Conflict: it is still going on.
        """
        with self._db.atomic():
            if self.get(run_id).ending is None:
                raise Conflict("This run is still going on.", "Stop it first.", "busy")
            for table, column in (("events", "run_id"), ("predictions", "run_id"), ("runs", "id")):
                self._db.run(f"DELETE FROM {table} WHERE {column} = ?", [run_id])

    def record(self, run_id: int, event: Event) -> None:
        """Append what happened."""
        self._db.run(
            """INSERT INTO events SELECT ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?
            FROM events WHERE run_id = ?""",
            [run_id, time.time(), event.kind, json.dumps(event.payload()), run_id],
        )

    def resume(self, run_id: int, job_id: int | None, step: int, epoch: int) -> None:
        """Let another job go on with a run after that step and epoch; what was recorded beyond
        them will happen again, and how the run had ended is no longer so.
        """
        with self._db.atomic():
            self._db.run("UPDATE runs SET job_id = ? WHERE id = ?", [job_id, run_id])
            self._db.run(
                """DELETE FROM events WHERE run_id = ? AND (
                    kind IN ('run_ended', 'run_failed')
                    OR json_extract(payload, '$.step') > ?
                    OR json_extract(payload, '$.epoch') > ?)""",
                [run_id, step, epoch],
            )

    def end(self, run_id: int, event: RunEnded | RunFailed) -> None:
        """Record how a run ended, unless that was said already."""
        with self._db.atomic():
            if self.get(run_id).ending is None:
                self.record(run_id, event)

    def unended(self, job_id: int) -> list[Run]:
        """Runs of a job that have not said how they ended."""
        rows = self._db.rows(f"{_RUNS} WHERE runs.job_id = ?", [job_id])
        return [run for run in map(self._run, rows) if run.ending is None]

    def _run(self, row: sqlite3.Row) -> Run:
        run = _run(row)
        return replace(run, classes=todays_classes(self._db, run.id, run.classes))

    def events(self, run_id: int, kind: type[E]) -> list[E]:
        """The events of one kind, oldest first."""
        rows = self._db.rows(
            "SELECT payload FROM events WHERE run_id = ? AND kind = ? ORDER BY seq",
            [run_id, kind.kind],
        )
        return [kind.from_payload(json.loads(row[0])) for row in rows]

    def some_events(self, run_id: int, kind: type[E], at_most: int) -> list[E]:
        """The same, thinned: every so many events of the run are looked up, so that a page which
        asks again and again reads no more of a long run than of a short one. The last is there.
        """
        rows = self._db.rows(
            """WITH RECURSIVE newest AS (SELECT MAX(seq) AS seq FROM events WHERE run_id = ?),
            places (seq, step) AS (
                SELECT seq, 1 + seq / ? FROM newest
                UNION ALL SELECT seq - step, step FROM places WHERE seq > step)
            SELECT payload FROM places CROSS JOIN events USING (seq)
            WHERE run_id = ? AND kind = ? ORDER BY seq""",
            [run_id, at_most, run_id, kind.kind],
        )
        last = self._db.row(
            "SELECT payload FROM events WHERE run_id = ? AND kind = ? ORDER BY seq DESC LIMIT 1",
            [run_id, kind.kind],
        )
        payloads = [str(row[0]) for row in rows]
        newest = [str(last[0])] if last else []
        if payloads[-1:] != newest:
            payloads += newest
        return [kind.from_payload(json.loads(payload)) for payload in payloads]

    def open_suspects(self, run_id: int) -> tuple[str, ...] | None:
        """Ids of the pictures that a run doubted the labels of and nobody looked at since, the
        worst first; None when it did not say.
        """
        doubted = [run_id, LabelsDoubted.kind]
        if not self._db.row("SELECT 1 FROM events WHERE run_id = ? AND kind = ?", doubted):
            return None
        rows = self._db.rows(
            """SELECT images.id FROM events, json_each(events.payload, '$.image_ids') AS doubted
            JOIN images ON images.id = doubted.value
            WHERE run_id = ? AND events.kind = ? AND NOT reviewed AND status = 'in use'
            ORDER BY doubted.key""",
            doubted,
        )
        return tuple(row[0] for row in rows)

    def store_predictions(self, run_id: int, scope: Scope, predictions: Predictions) -> None:
        """Replace the predictions of a run in that scope."""
        probs = predictions.probs_nc.astype("<f4")
        with self._db.atomic():
            self._db.run("DELETE FROM predictions WHERE run_id = ? AND scope = ?", [run_id, scope])
            self._db.run_many(
                "INSERT INTO predictions VALUES (?, ?, ?, ?)",
                (
                    (run_id, scope, image_id, row.tobytes())
                    for image_id, row in zip(predictions.image_ids, probs, strict=True)
                ),
            )

    def predictions(self, run_id: int, scope: Scope) -> Predictions:
        """Predictions of a run, by image id; no rows when there are none."""
        classes = self.get(run_id).classes
        rows = self._db.rows(
            """SELECT image_id, probs FROM predictions
            WHERE run_id = ? AND scope = ? ORDER BY image_id""",
            [run_id, scope],
        )
        flat = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4")
        return Predictions(
            tuple(row[0] for row in rows), flat.reshape(len(rows), len(classes)), classes
        )


def _run(row: sqlite3.Row) -> Run:
    return Run(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        config=json.loads(row["config"]),
        classes=tuple(json.loads(row["classes"])),
        created_at=row["created_at"],
        ending=row["ending"],
        job_id=row["job_id"],
        note=row["note"],
        edits=row["edits"],
    )
