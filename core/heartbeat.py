"""Whether a worker answers: small notes beside its lock, not in the catalog, because a worker that
stands still may hold the catalog's write lock for ever.

Their times are seconds of the clock that runs since the machine was started, which is one for all
processes and which nobody sets (`time.monotonic`); what was noted on another machine, or before
this one was started, says nothing here.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core.files import write_atomically
from core.processes import Process, machine, this_process
from core.workspace import Workspace

BEAT_S = 2.0
SILENT_S = 10.0  # without a beat for so long, a worker is said not to answer
NOTE_BYTES = 400
Why = Literal["asked", "limit"]


@dataclass(frozen=True)
class Note:
    """What is noted of a worker; its starter writes the first one, when there is no process yet."""

    machine: str
    started_s: float
    limit_s: float
    beat_s: float
    sign_s: float
    pid: int = 0
    began: int | None = None


@dataclass(frozen=True)
class Wish:
    """That a job is to stop since `asked_s`: somebody asked, or its time was up."""

    machine: str
    started_s: float
    asked_s: float
    why: Why


@dataclass(frozen=True)
class Pulse:
    """How a worker answers, in seconds until now.

    Attributes:
        process: the worker; None while it has not come.
        age_s: since it was started.
        limit_s: how long it may take.
        silent_s: since its process last said that it lives.
        quiet_s: since its work last said something, or asked whether to stop.
        asked_s: since it was asked to stop; None if it was not.
        why: why it was asked.
    """

    process: Process | None
    age_s: float
    limit_s: float
    silent_s: float
    quiet_s: float
    asked_s: float | None
    why: Why

    @property
    def answers(self) -> bool:
        return self.silent_s < SILENT_S


def announce(workspace: Workspace, job_id: int, limit_s: float) -> None:
    """Note that a worker is being started.

    Raises:
        WorkspaceError: the note cannot be written.
    """
    now = time.monotonic()
    note = Note(machine(), now, limit_s, now, now)
    write_atomically(_note_file(workspace, job_id), _line(note))


def ask_to_stop(workspace: Workspace, job_id: int, why: Why = "asked") -> None:
    """Note that a worker is to stop, since now; the first word counts.

    Raises:
        WorkspaceError: the wish cannot be written.
    """
    note = _note_of(workspace, job_id)
    if note is not None and _wish_of(workspace, job_id, note) is None:
        wish = Wish(note.machine, note.started_s, time.monotonic(), why)
        write_atomically(_wish_file(workspace, job_id), _line(wish))


def pulse_of(workspace: Workspace, job_id: int) -> Pulse | None:
    """How the worker of a job answers; None where nothing was noted here."""
    note, now = _note_of(workspace, job_id), time.monotonic()
    if note is None:
        return None
    wish = _wish_of(workspace, job_id, note)
    return Pulse(
        Process(note.machine, note.pid, note.began) if note.pid else None,
        now - note.started_s,
        note.limit_s,
        now - note.beat_s,
        now - note.sign_s,
        None if wish is None else now - wish.asked_s,
        "asked" if wish is None else wish.why,
    )


class Heartbeat:
    """Notes every 2 s, from a thread of its own while a block runs, that this process lives, and
    when its work last gave a sign.
    """

    def __init__(self, workspace: Workspace, job_id: int, limit_s: float) -> None:
        self._workspace, self._job_id = workspace, job_id
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        now, process = time.monotonic(), this_process()
        note = _note_of(workspace, job_id) or Note(process.machine, now, limit_s, now, now)
        self._note = replace(note, pid=process.pid, began=process.began)
        self.sign()

    def sign(self) -> None:
        """The work goes on: it said something, or asked whether to stop."""
        self._sign_s = time.monotonic()

    def is_asked_to_stop(self) -> bool:
        return _wish_of(self._workspace, self._job_id, self._note) is not None

    def __enter__(self) -> Heartbeat:
        self._workspace.jobs.mkdir(parents=True, exist_ok=True)
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(BEAT_S)  # not longer: it may wait for a dead disk

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            self._write()

    def _write(self) -> None:
        """Over the note before it, in one piece and of one length, so that it costs next to nothing
        and leaves nothing behind. Where that fails the worker falls silent, which is what it is.
        """
        note = replace(self._note, beat_s=time.monotonic(), sign_s=self._sign_s)
        with suppress(OSError):
            file = os.open(_note_file(self._workspace, self._job_id), os.O_WRONLY | os.O_CREAT)
            try:
                os.write(file, _line(note))
            finally:
                os.close(file)


def _note_file(workspace: Workspace, job_id: int) -> Path:
    return workspace.jobs / f"{job_id}.alive"


def _wish_file(workspace: Workspace, job_id: int) -> Path:
    return workspace.jobs / f"{job_id}.stop"


def _line(note: Note | Wish) -> bytes:
    return json.dumps(asdict(note)).encode().ljust(NOTE_BYTES) + b"\n"


def _note_of(workspace: Workspace, job_id: int) -> Note | None:
    """The note, if it was made here: its times can be compared with those of this process."""
    with suppress(TypeError, ValueError):
        note = Note(**_read(_note_file(workspace, job_id)))
        of_now = math.isfinite(note.beat_s) and note.beat_s <= time.monotonic()
        return note if note.machine == machine() and of_now else None
    return None


def _wish_of(workspace: Workspace, job_id: int, note: Note) -> Wish | None:
    """The wish, if it is about that worker and not about one of an older copy of the workspace."""
    with suppress(TypeError, ValueError):
        wish = Wish(**_read(_wish_file(workspace, job_id)))
        return wish if (wish.machine, wish.started_s) == (note.machine, note.started_s) else None
    return None


def _read(file: Path) -> dict[str, Any]:
    """What a note says; empty while there is none, or while it is being written."""
    try:
        return json.loads(file.read_bytes() or b"{}")
    except (OSError, ValueError):
        return {}
