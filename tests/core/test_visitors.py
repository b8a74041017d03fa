"""Visitors of a public demo: a workspace each, which goes when they have left."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from core import visitors
from core.errors import StudioError
from core.files import temporary
from core.owned import Mark, mark
from core.settings import for_visitors
from core.visitors import NAME, SEEN, forget_idle, mark_seen, new_visitor
from core.workspace import open_workspace, valid_name


@pytest.fixture
def demo(tmp_path):
    return for_visitors(tmp_path / "home")


def leave(workspace, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(workspace.folder / SEEN, (then, then))


def test_each_visitor_has_a_workspace_by_a_name_that_nobody_guesses(demo):
    first, second = new_visitor(demo), new_visitor(demo)
    assert first.name != second.name and first.folder.is_dir()
    assert NAME.fullmatch(first.name) and valid_name(first.name) == first.name
    assert len(first.name.removeprefix("visitor-")) * 4 >= 128  # bits


def test_who_left_is_forgotten_and_who_is_there_is_not(demo):
    idle, present, named = new_visitor(demo), new_visitor(demo), open_workspace(demo.home, "mine")
    (idle.folder / "originals").mkdir()
    (idle.folder / "originals" / "a.jpg").write_bytes(b"x")
    leave(idle, demo.idle_s + 60)
    leave(present, demo.idle_s + 60)
    mark_seen(present)
    assert forget_idle(demo) == [idle.name]
    assert not idle.folder.exists() and present.folder.is_dir() and named.folder.is_dir()


@pytest.mark.parametrize("set_by_s", [-1e9, -1e5, 1e5, 1e8])
def test_a_clock_that_is_set_makes_nobody_idle_and_keeps_nobody(demo, monkeypatch, set_by_s):
    before, wall = new_visitor(demo), time.time() + set_by_s
    monkeypatch.setattr(visitors.time, "time", lambda: wall)
    after = new_visitor(demo)
    mark_seen(before)
    assert forget_idle(demo) == []
    runs = time.monotonic() + demo.idle_s + 60
    monkeypatch.setattr(visitors.time, "monotonic", lambda: runs)
    assert set(forget_idle(demo)) == {before.name, after.name}


def test_who_was_there_in_the_future_was_so_for_an_earlier_process(demo):
    earlier, present = new_visitor(demo), new_visitor(demo)
    leave(earlier, -demo.idle_s - 60)
    leave(present, -1)
    assert forget_idle(demo) == [earlier.name]


def test_only_what_was_made_for_a_visitor_is_forgotten(demo):
    own = open_workspace(demo.home, f"visitor-{'0' * 32}")
    somebody = open_workspace(demo.home, f"visitor-{'1' * 32}")
    mark(somebody.folder, Mark("visitor", own.name))
    for workspace in (own, somebody):
        mark_seen(workspace)
        leave(workspace, demo.idle_s + 60)
    assert forget_idle(demo) == []
    assert own.folder.is_dir() and somebody.folder.is_dir()


def test_a_forgetting_that_was_cut_short_is_ended(demo):
    idle = new_visitor(demo)
    (idle.folder / "a.jpg").write_bytes(b"x")
    idle.folder.rename(temporary(idle.folder, "gone"))  # its server was killed here
    other = demo.home / ".visitor-thesis.0.gone"
    other.mkdir()
    (other / "thesis").write_text("x")
    forget_idle(demo)
    assert [path.name for path in demo.home.iterdir()] == [other.name]


def test_work_that_goes_on_keeps_a_workspace(demo, monkeypatch):
    idle = new_visitor(demo)
    idle.jobs.mkdir()
    leave(idle, demo.idle_s + 60)
    monkeypatch.setattr(visitors, "active_job", lambda *_: object())
    assert forget_idle(demo) == []
    monkeypatch.setattr(visitors, "active_job", lambda *_: None)
    assert forget_idle(demo) == [idle.name]


def test_without_a_limit_nothing_is_deleted(demo):
    idle = new_visitor(demo)
    leave(idle, 1e9)
    assert forget_idle(replace(demo, idle_s=float("inf"))) == []


def test_there_is_room_for_so_many(demo, monkeypatch):
    monkeypatch.setattr(visitors, "MOST", 2)
    first, _ = new_visitor(demo), new_visitor(demo)
    with pytest.raises(StudioError, match="too many visitors"):
        new_visitor(demo)
    leave(first, demo.idle_s + 60)
    new_visitor(demo)
