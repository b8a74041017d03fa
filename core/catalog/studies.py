"""Studies in the catalog: what was asked, and what is known so far."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from core.catalog.connection import Connection
from core.catalog.images import now
from core.records import Study, StudyKind


class Studies:
    def __init__(self, db: Connection) -> None:
        self._db = db

    def create(self, kind: StudyKind, config: Mapping[str, Any], job_id: int | None = None) -> int:
        """The id of a new study, without a result yet."""
        return self._db.run(
            "INSERT INTO studies (kind, config, result, at, job_id) VALUES (?, ?, 'null', ?, ?)",
            [kind, json.dumps(dict(config)), now(), job_id],
        )

    def store(self, study_id: int, result: Any) -> None:
        """Replace the result with what is known now (JSON)."""
        self._db.run("UPDATE studies SET result = ? WHERE id = ?", [json.dumps(result), study_id])

    def latest(self, kind: StudyKind) -> Study | None:
        """The newest study of a kind that has a result."""
        sql = "SELECT * FROM studies WHERE kind = ? AND result <> 'null' ORDER BY id DESC LIMIT 1"
        row = self._db.row(sql, [kind])
        return _study(row) if row else None


def _study(row: sqlite3.Row) -> Study:
    return Study(
        id=row["id"],
        kind=row["kind"],
        config=json.loads(row["config"]),
        result=json.loads(row["result"]),
        at=row["at"],
        job_id=row["job_id"],
    )
