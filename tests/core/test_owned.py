"""Paths from outside text, marks, and removal of nothing but what was made here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StudioError
from core.owned import (
    MARK,
    Mark,
    NotOurs,
    inside,
    is_plain_name,
    mark,
    mark_new,
    mark_of,
    numbered,
    passing_folder,
    remove_file,
    remove_folder,
    rename_file,
    set_aside,
    slug,
    whole_folder,
)

OURS = Mark("bundle", "3")
HOSTILE = ("", ".", "..", "../b", "a/b", "/etc", "a\\b", "C:", "a\0b", "a\nb", "x" * 256, "ü" * 128)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_lead_elsewhere_is_refused(name, tmp_path):
    with pytest.raises(StudioError):
        inside(tmp_path, name)
    with pytest.raises(StudioError):
        inside(tmp_path, "a", name, "b")


def test_a_link_on_the_way_that_leads_out_is_refused(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (root / "link").symlink_to(elsewhere)
    with pytest.raises(StudioError, match="outside"):
        inside(root, "link", "a")
    assert inside(root, "a", "b") == root / "a" / "b"


@given(st.text(max_size=300))
def test_what_is_let_through_is_one_name(name):
    if is_plain_name(name):
        assert Path("/root", name).parent == Path("/root")
        assert Path("/root", name).name == name


@given(st.integers(1, 10**9), st.text(max_size=300))
def test_a_numbered_name_is_plain_and_begins_with_its_number(number, text):
    name = numbered(number, text)
    assert is_plain_name(name)
    assert name.partition("-")[0] == str(number)
    assert len(slug(text)) <= 40


@pytest.mark.parametrize(
    ("text", "name"),
    [("bears 2024/25", "7-bears-2024-25"), ("../originals", "7-originals"), ("///", "7")],
)
def test_names_stay_readable(text, name):
    assert numbered(7, text) == name


def test_a_folder_is_removed_only_with_the_very_mark_it_carries(tmp_path):
    folder = tmp_path / "a"
    mark(folder, OURS)
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("x")
    for other in (Mark("bundle", "4"), Mark("run", "3")):
        with pytest.raises(NotOurs):
            remove_folder(folder, other)
    assert (folder / "deep" / "file").exists()
    remove_folder(folder, OURS)
    assert list(tmp_path.iterdir()) == []
    remove_folder(folder, OURS)


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "bundle"}', "\0" * 2000, "null"])
def test_a_folder_without_a_readable_mark_is_left_alone(text, tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / MARK).write_text(text)
    with pytest.raises(NotOurs):
        remove_folder(folder, OURS)
    assert folder.is_dir()


def test_a_link_to_a_marked_folder_is_not_that_folder(tmp_path):
    mark(tmp_path / "a", OURS)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert mark_of(tmp_path / "link") is None
    with pytest.raises(NotOurs):
        remove_folder(tmp_path / "link", OURS)


def test_removing_does_not_follow_links(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    mark(tmp_path / "a", OURS)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "kept")
    remove_folder(tmp_path / "a", OURS)
    assert (tmp_path / "kept" / "file").read_text() == "x"
    assert not (tmp_path / "a").exists()


def test_a_pipe_in_the_place_of_a_mark_is_none(tmp_path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / MARK)
    assert mark_of(tmp_path / "a") is None


def test_a_folder_that_is_there_already_is_not_claimed(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a", "b"):
        mark_new(tmp_path / name, OURS)
    assert mark_of(tmp_path / "a") is None and mark_of(tmp_path / "b") == OURS


def test_a_passing_folder_goes_however_its_block_ends(tmp_path):
    with pytest.raises(ZeroDivisionError), passing_folder(tmp_path / "a", OURS) as folder:
        (folder / "file").write_text("x")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_file_gets_another_name_in_its_own_folder_only(tmp_path):
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    for name in HOSTILE:
        with pytest.raises(StudioError):
            rename_file(tmp_path, tmp_path / "a", name)
    rename_file(tmp_path, tmp_path / "a", "b")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "new"}


def test_a_whole_folder_takes_the_place_of_its_forerunner(tmp_path):
    for text in ("old", "new"):
        with whole_folder(tmp_path / "a", OURS) as folder:
            (folder / "file").write_text(text)
    assert (tmp_path / "a" / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_somebody_else_put_there_is_kept_under_another_name(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis").write_text("x")
    with whole_folder(tmp_path / "a", OURS) as folder:
        (folder / "file").write_text("new")
    folders = [path for path in tmp_path.iterdir() if path.name.startswith("a (kept ")]
    assert [(path / "thesis").read_text() for path in folders] == ["x"]
    assert (tmp_path / "a" / "file").read_text() == "new"


def test_half_a_folder_takes_no_place(tmp_path):
    with whole_folder(tmp_path / "a", OURS) as folder:
        (folder / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "a", OURS) as folder:
        (folder / "file").write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "a" / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_is_removed_only_below_its_root(tmp_path):
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "file").write_text("x")
    (tmp_path / "file").write_text("x")
    (root / "link").symlink_to(tmp_path)
    for file in (tmp_path / "file", root / "link" / "file", root / ".." / "file", root / "in"):
        with pytest.raises(NotOurs):
            remove_file(root, file)
    remove_file(root, root / "in" / "file")
    remove_file(root, root / "in" / "file")
    remove_file(root, root / "link")
    assert (tmp_path / "file").exists() and not (root / "in" / "file").exists()


def test_what_is_set_aside_is_moved_to_the_same_place_and_never_over_another(tmp_path):
    root, aside = tmp_path / "root", tmp_path / "root" / "aside"
    for content in ("first", "second"):
        (root / "a").mkdir(parents=True, exist_ok=True)
        (root / "a" / "b.txt").write_text(content)
        set_aside(root, root / "a" / "b.txt", aside)
    assert sorted(p.read_text() for p in (aside / "a").iterdir()) == ["first", "second"]
    assert (aside / "a" / "b.txt").read_text() == "first"
    set_aside(root, root / "a" / "gone.txt", aside)
    mark(root / "run", OURS)
    set_aside(root, root / "run", aside)
    assert mark_of(aside / "run") == OURS


def test_what_is_not_ours_or_lies_elsewhere_is_not_set_aside(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    (root / "unmarked").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "work.txt").write_text("years of work")
    (root / "link").symlink_to(elsewhere)
    for path in (
        root / "unmarked",
        root / "link" / "work.txt",
        root / ".." / "elsewhere" / "work.txt",
    ):
        with pytest.raises(NotOurs):
            set_aside(root, path, root / "aside")
    assert (elsewhere / "work.txt").read_text() == "years of work"
    set_aside(root, root / "link", root / "aside")
    assert (elsewhere / "work.txt").exists() and (root / "aside" / "link").is_symlink()
