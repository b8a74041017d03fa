"""Processes of this machine, told apart from others that came to bear the same number."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
POLL_S = 0.02


@dataclass(frozen=True)
class Process:
    """One process and no other.

    Attributes:
        machine: where its number counts, and since which start of that machine.
        pid: its number, which another may bear when it is gone.
        began: when it began, in ticks after the machine was started; None where the system does
            not say (only Linux does).
    """

    machine: str
    pid: int
    began: int | None


class _Stat(NamedTuple):
    state: str
    began: int


def machine() -> str:
    """This machine since it was started last, and the processes that can be seen from here: what
    runs in another container has numbers of its own.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def this_process() -> Process:
    stat = _stat(os.getpid())
    return Process(machine(), os.getpid(), stat.began if stat else None)


def is_there(process: Process) -> bool:
    """Whether that very process lives; False also where it cannot be told from another."""
    stat = _stat(process.pid) if process.machine == machine() else None
    return stat is not None and stat.began == process.began and stat.state not in "ZX"


def end_by_force(
    process: Process | None, child: subprocess.Popen[bytes] | None, wait_s: float
) -> bool:
    """Kill a process with all that it started, and wait a little until it is gone.

    Args:
        process: who it says it is, if it said so.
        child: the same, if this process started it: its number is its own until it was asked for
            how it ended, so that this holds on every system.

    Returns:
        Whether the signal was sent. Who waits for a dead disk is gone only when the disk answers,
        but does nothing more from now on.
    """
    if child is not None and child.poll() is None:
        is_sent = _kill(child.pid)
    else:
        is_sent = process is not None and is_there(process) and _kill(process.pid)
    deadline = time.monotonic() + wait_s
    while is_sent and time.monotonic() < deadline and _lives(process, child):
        time.sleep(POLL_S)
    return is_sent


def _lives(process: Process | None, child: subprocess.Popen[bytes] | None) -> bool:
    return child.poll() is None if child else process is not None and is_there(process)


def _kill(pid: int) -> bool:
    """Kill by the number, which the caller has just seen to be the right one."""
    if pid == os.getpid():
        return False
    try:
        if not hasattr(os, "killpg"):  # Windows, where this is what ends a process
            os.kill(pid, signal.SIGTERM)
        elif os.getpgid(pid) == pid:  # of a session of its own, as workers are started
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # somebody else ended it just now
        return True
    except PermissionError:  # of another user
        return False
    return True


def _stat(pid: int) -> _Stat | None:
    """What the system says of a process: fields 3 and 22 of `man 5 proc_pid_stat`; the second
    field, its name, may hold anything.
    """
    with suppress(OSError, ValueError, IndexError):
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        fields = text.rpartition(")")[2].split()
        return _Stat(fields[0], int(fields[19]))
    return None
