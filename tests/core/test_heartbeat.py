"""Notes on whether a worker answers, and what the clocks do to them."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, replace

import pytest

from core import heartbeat, processes
from core.heartbeat import Heartbeat, announce, ask_to_stop, pulse_of
from core.processes import machine, this_process


class Clock:
    """Both clocks: the one that only runs, and the one on the wall."""

    def __init__(self) -> None:
        self.runs_s, self.wall_s = 5_000.0, 1_700_000_000.0

    def monotonic(self) -> float:
        return self.runs_s

    def time(self) -> float:
        return self.wall_s


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(heartbeat, "time", clock)
    return clock


def test_nothing_is_known_of_a_worker_that_nobody_announced(workspace):
    assert pulse_of(workspace, 1) is None
    ask_to_stop(workspace, 1)
    assert pulse_of(workspace, 1) is None


def test_what_the_starter_announces_the_worker_goes_on_with(workspace, clock):
    announce(workspace, 1, 900.0)
    clock.runs_s += 3
    pulse = pulse_of(workspace, 1)
    assert (pulse.process, pulse.age_s, pulse.limit_s, pulse.asked_s) == (None, 3, 900, None)
    with Heartbeat(workspace, 1, 60.0):
        clock.runs_s += 2
        pulse = pulse_of(workspace, 1)
    assert pulse.process == this_process()
    assert (pulse.age_s, pulse.limit_s) == (5, 900)
    assert (pulse.silent_s, pulse.quiet_s) == (2, 2)


def test_the_process_lives_on_while_its_work_says_nothing(workspace, clock):
    announce(workspace, 1, 60.0)
    heart = Heartbeat(workspace, 1, 60.0)
    clock.runs_s += 7
    heart._write()
    assert (pulse_of(workspace, 1).silent_s, pulse_of(workspace, 1).quiet_s) == (0, 7)
    heart.sign()
    clock.runs_s += 11
    heart._write()
    clock.runs_s += heartbeat.SILENT_S
    pulse = pulse_of(workspace, 1)
    assert not pulse.answers and replace(pulse, silent_s=pulse.silent_s - 0.1).answers
    assert pulse.quiet_s == 11 + heartbeat.SILENT_S


def test_it_beats_by_itself_until_the_block_ends(workspace, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.001)
    file = workspace.jobs / "1.alive"
    with Heartbeat(workspace, 1, 60.0):
        first, deadline = file.read_bytes(), time.monotonic() + 30
        while file.read_bytes() == first:
            assert time.monotonic() < deadline, "it does not beat"
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_the_first_wish_counts(workspace, clock):
    announce(workspace, 1, 60.0)
    ask_to_stop(workspace, 1, "limit")
    clock.runs_s += 4
    ask_to_stop(workspace, 1)
    assert (pulse_of(workspace, 1).asked_s, pulse_of(workspace, 1).why) == (4, "limit")


def test_a_wish_about_a_job_of_an_older_copy_of_the_workspace_says_nothing(workspace, clock):
    announce(workspace, 1, 60.0)
    ask_to_stop(workspace, 1)
    clock.runs_s += 1
    announce(workspace, 1, 60.0)  # the numbers began again
    assert pulse_of(workspace, 1).asked_s is None
    assert not Heartbeat(workspace, 1, 60.0).is_asked_to_stop()
    ask_to_stop(workspace, 1)
    assert Heartbeat(workspace, 1, 60.0).is_asked_to_stop()


@pytest.mark.parametrize("set_by_s", [-1e9, -3600, 3600, 1e9])
def test_a_clock_that_is_set_changes_nothing(set_by_s, workspace, clock):
    announce(workspace, 1, 60.0)
    ask_to_stop(workspace, 1)
    clock.wall_s += set_by_s
    clock.runs_s += 5
    pulse = pulse_of(workspace, 1)
    assert (pulse.age_s, pulse.silent_s, pulse.asked_s) == (5, 5, 5)


def test_a_note_of_before_the_machine_was_started_says_nothing(workspace, clock, monkeypatch):
    announce(workspace, 1, 60.0)
    clock.runs_s = 100.0  # where the system has no name for its starts
    assert pulse_of(workspace, 1) is None
    clock.runs_s = 1e6
    assert pulse_of(workspace, 1) is not None
    monkeypatch.setattr(heartbeat, "machine", lambda: "the next start")
    assert pulse_of(workspace, 1) is None


def test_another_container_is_another_machine(tmp_path, monkeypatch):
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("7f\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    names = set()
    for number in (1, 2):
        (tmp_path / "self/ns/pid").unlink(missing_ok=True)
        (tmp_path / "self/ns/pid").symlink_to(f"pid:[{number}]")
        names.add(machine())
    assert names == {"7f pid:[1]", "7f pid:[2]"}


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"7", b"{}", b'{"pid": 1}', b"\xff\xfe", b"\0" * 400]
)
@pytest.mark.parametrize("suffix", ["alive", "stop"])
def test_a_note_that_is_half_written_or_damaged_says_nothing(text, suffix, workspace):
    announce(workspace, 1, 60.0)
    ask_to_stop(workspace, 1)
    (workspace.jobs / f"1.{suffix}").write_bytes(text)
    pulse = pulse_of(workspace, 1)
    assert pulse is None if suffix == "alive" else pulse.asked_s is None


@pytest.mark.parametrize("beat_s", ["soon", None, float("nan"), float("inf"), 1e300])
def test_a_note_without_a_time_says_nothing(beat_s, workspace, clock):
    note = heartbeat.Note(machine(), 1.0, 60.0, 1.0, 1.0)
    workspace.jobs.mkdir()
    (workspace.jobs / "1.alive").write_text(json.dumps(asdict(note) | {"beat_s": beat_s}))
    assert pulse_of(workspace, 1) is None


def test_a_full_disk_does_not_end_the_work(workspace, monkeypatch):
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    announce(workspace, 1, 60.0)
    monkeypatch.setattr(heartbeat.os, "write", refuse)
    with Heartbeat(workspace, 1, 60.0) as heart:
        heart.sign()
    assert pulse_of(workspace, 1).process is None
