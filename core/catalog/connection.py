"""One connection: pragmas, nested transactions, and errors a person can read."""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import Conflict, WorkspaceError, from_os_error

BUSY_TIMEOUT_S = 10.0
WAL = "PRAGMA journal_mode = WAL"
PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a mark that is acknowledged outlives a power cut
    "PRAGMA foreign_keys = ON",
)


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
        try:
            self._write_ahead()
            for pragma in PRAGMAS:
                self.run(pragma)
        except BaseException:
            self.close()
            raise

    def _write_ahead(self) -> None:
        """Go over to WAL; SQLite does not wait by itself while another one goes over too."""
        until = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            try:
                self.run(WAL)
                return
            except Conflict:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        with self._readable_errors():
            return self._sqlite.execute(sql, tuple(values)).fetchall()

    def row(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Row | None:
        rows = self.rows(sql, values)
        return rows[0] if rows else None

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
            self.run(f"RELEASE {name}" if self._depth > 1 else "COMMIT")
        except BaseException:
            self._roll_back(name)
            raise
        finally:
            self._depth -= 1

    def _roll_back(self, name: str) -> None:
        if not self._sqlite.in_transaction:  # after some errors SQLite rolls back by itself
            return
        if self._depth > 1:
            self.run(f"ROLLBACK TO {name}")
            self.run(f"RELEASE {name}")
        else:
            self.run("ROLLBACK")

    def close(self) -> None:
        self._sqlite.close()

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise from_os_error(error, f"opening the catalog {self.file}") from error
        except (OverflowError, UnicodeError) as error:
            raise Conflict(
                f"The catalog cannot hold such a value ({error}).",
                "Nothing was changed; choose another one.",
            ) from error
        except sqlite3.Error as error:
            raise _readable(error, self.file) from error


def _readable(error: sqlite3.Error, file: Path) -> WorkspaceError | Conflict:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the family
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Conflict(
            "The catalog is being written by something else.",
            "Wait a moment and try again; nothing was changed.",
            "busy",
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return Conflict(
            f"That does not fit what is stored ({error}).",
            "Reload the page and try again; nothing was changed.",
        )
    if code == sqlite3.SQLITE_FULL:
        return from_os_error(OSError(errno.ENOSPC, str(error)), "writing the catalog")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return WorkspaceError(
            f"The catalog {file.name} in {file.parent} cannot be written.",
            "Check the folder's permissions, or set TOPLOSS_HOME to a folder you may write to.",
            "not writable",
        )
    return WorkspaceError(
        f"The catalog of this workspace cannot be read ({error}).",
        f"Put a backup in place of {file}, or choose another workspace in the sidebar; "
        "the pictures under originals/ are untouched.",
    )
