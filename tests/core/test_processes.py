"""Only the very process that was meant is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core import processes
from core.processes import Process, end_by_force, is_there, machine, this_process

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own."""
    started = subprocess.Popen(SLEEP, start_new_session=True)
    yield started
    started.kill()
    started.wait()


def identity_of(child: subprocess.Popen[bytes]) -> Process:
    stat = processes._stat(child.pid)
    assert stat is not None
    return Process(machine(), child.pid, stat.began)


@only_linux
def test_a_process_is_there_until_it_is_gone(sleeper):
    process = identity_of(sleeper)
    assert is_there(process) and is_there(this_process())
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet forgotten
    assert not is_there(process)
    sleeper.wait()
    assert not is_there(process)


@only_linux
@pytest.mark.parametrize("signalled", [None, signal.SIGSTOP])
def test_it_is_ended_though_it_stands_still(sleeper, signalled):
    if signalled:
        os.kill(sleeper.pid, signalled)
    assert end_by_force(identity_of(sleeper), None, 10)
    assert sleeper.wait() == -signal.SIGKILL


@only_linux
def test_another_that_bears_its_number_is_left_alone(sleeper):
    process = identity_of(sleeper)
    others = (
        replace(process, began=process.began - 1),  # it began at another time
        replace(process, began=None),
        replace(process, machine="another start of this machine"),
    )
    for other in others:
        assert not is_there(other) and not end_by_force(other, None, 0)
    assert sleeper.poll() is None


def test_a_child_is_known_where_the_system_tells_nothing(sleeper, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    process = Process(machine(), sleeper.pid, None)
    assert this_process().began is None
    assert not end_by_force(process, None, 0)
    assert sleeper.poll() is None
    assert end_by_force(process, sleeper, 10)
    assert sleeper.poll() == -signal.SIGKILL
    assert not end_by_force(process, sleeper, 0)


@only_linux
def test_of_a_group_that_is_not_its_own_only_the_process_is_ended():
    guest = subprocess.Popen(SLEEP, process_group=0)
    other = subprocess.Popen(SLEEP, process_group=guest.pid)
    assert end_by_force(identity_of(other), None, 10)
    assert (other.wait(), guest.poll()) == (-signal.SIGKILL, None)
    guest.kill()
    guest.wait()


def test_nobody_ends_itself():
    assert not end_by_force(this_process(), None, 0)


@only_linux
def test_a_process_of_somebody_else_cannot_be_ended(sleeper, monkeypatch):
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(processes.os, "killpg", refuse)
    assert not end_by_force(identity_of(sleeper), None, 0)
    assert sleeper.poll() is None
