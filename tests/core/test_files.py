"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import WorkspaceError, from_os_error
from core.files import link_once, save_atomically, write_atomically, write_once


def test_a_file_is_written_into_folders_that_are_made(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "c.bin", b"abc")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"abc"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c.bin"]


def test_a_file_is_replaced(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_file_named_by_its_content_is_written_once(tmp_path):
    write_once(tmp_path / "a", b"first")
    write_once(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ZeroDivisionError()])
def test_a_crash_half_way_leaves_the_old_file_and_nothing_else(error, tmp_path):
    write_atomically(tmp_path / "a", b"old")

    def half(temporary: Path) -> None:
        temporary.write_bytes(b"ne")
        raise error

    with pytest.raises(WorkspaceError if isinstance(error, OSError) else ZeroDivisionError):
        save_atomically(tmp_path / "a", half)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_file_in_place_of_the_folder_is_said_in_a_sentence(tmp_path):
    (tmp_path / "a").write_text("in the way")
    for write in (write_atomically, write_once):
        with pytest.raises(WorkspaceError):
            write(tmp_path / "a" / "b", b"x")
        with pytest.raises(WorkspaceError):
            write(tmp_path / "a" / "b" / "c", b"x")


def test_a_folder_in_place_of_the_file_is_said_in_a_sentence(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(WorkspaceError):
        write_atomically(tmp_path / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("write", [write_atomically, write_once])
def test_a_name_that_is_too_long_is_said_in_a_sentence(write, tmp_path):
    with pytest.raises(WorkspaceError):
        write(tmp_path / ("x" * 5000), b"x")


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path):
    contents = [bytes([k]) * 100_000 for k in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: write_atomically(tmp_path / "a", data), contents))
    assert (tmp_path / "a").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "could not be used"),
        (None, "could not be used"),
    ],
)
def test_failed_file_operations_have_a_sentence_and_a_way_out(code, words):
    error = OSError(code, "low-level words") if code else OSError("low-level words")
    translated = from_os_error(error, "writing a.jpg")
    assert words in translated.message and "writing a.jpg" in translated.message
    assert translated.hint.endswith(".")
    assert str(translated) == f"{translated.message} {translated.hint}"


def test_a_second_name_is_the_same_file_and_never_takes_the_place_of_another(tmp_path):
    write_once(tmp_path / "a", b"abc")
    (tmp_path / "b").mkdir()
    link_once(tmp_path / "b" / "c", tmp_path / "a", b"abc")
    assert (tmp_path / "b" / "c").samefile(tmp_path / "a")
    (tmp_path / "d").write_bytes(b"old")
    link_once(tmp_path / "d", tmp_path / "a", b"abc")
    assert (tmp_path / "d").read_bytes() == b"old"


def test_where_there_are_no_second_names_the_file_is_written_again(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    write_once(tmp_path / "a", b"abc")
    monkeypatch.setattr(os, "link", refuse)
    link_once(tmp_path / "b" / "c", tmp_path / "a", b"abc")
    assert (tmp_path / "b" / "c").read_bytes() == b"abc"
