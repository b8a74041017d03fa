"""One connection: pragmas, nested transactions, and errors a person can read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import Conflict, WorkspaceError

BUSY_TIMEOUT_S = 10.0


class Connection:
    """A SQLite connection in WAL mode with foreign keys on; used by one thread at a time."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._depth = 0
        with self._readable_errors():
            file.parent.mkdir(parents=True, exist_ok=True)
            self._sqlite = sqlite3.connect(
                file, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._sqlite.row_factory = sqlite3.Row
            self._sqlite.execute("PRAGMA journal_mode = WAL")
            self._sqlite.execute("PRAGMA synchronous = NORMAL")
            self._sqlite.execute("PRAGMA foreign_keys = ON")

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        with self._readable_errors():
            return self._sqlite.execute(sql, tuple(values)).fetchall()

    def row(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Row | None:
        found = self.rows(sql, values)
        return found[0] if found else None

    def run(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Execute one statement; the id of the row it inserted, if it did."""
        with self._readable_errors():
            return self._sqlite.execute(sql, tuple(values)).lastrowid or 0

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._readable_errors():
            self._sqlite.executemany(sql, rows)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; may be nested (savepoints)."""
        name = f"level_{self._depth}"
        opening = f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE"
        self.run(opening)
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            self._roll_back(name)
            raise
        self._depth -= 1
        self.run(f"RELEASE {name}" if self._depth else "COMMIT")

    def _roll_back(self, name: str) -> None:
        if self._depth:
            self.run(f"ROLLBACK TO {name}")
            self.run(f"RELEASE {name}")
        elif self._sqlite.in_transaction:
            self.run("ROLLBACK")

    def close(self) -> None:
        self._sqlite.close()

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _readable(error, self.file) from error


def _readable(error: Exception, file: Path) -> WorkspaceError | Conflict:
    text = str(error).lower()
    if "locked" in text:
        return Conflict(
            "The catalog is being written by something else.",
            "Wait a moment and try again; nothing was changed.",
        )
    if "full" in text or "no space" in text:
        return WorkspaceError(
            "The disk is full, so nothing could be stored.",
            "Free some space and try again: what was stored before is intact.",
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text or "denied" in text:
        return WorkspaceError(
            f"The catalog {file.name} in {file.parent} cannot be written.",
            "Check the folder's permissions, or set TOPLOSS_HOME to a folder you may write to.",
        )
    return WorkspaceError(
        f"The catalog of this workspace cannot be read ({error}).",
        f"Put a backup in place of {file}, or choose another workspace in the sidebar; "
        "the pictures under originals/ are untouched.",
    )
