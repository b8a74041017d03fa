"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import files
from core.errors import WorkspaceError, from_os_error
from core.files import link_once, save_atomically, sync, write_atomically, write_once
from tests.browser import ROOT


def test_a_file_is_written_into_folders_that_are_made(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "c.bin", b"abc")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"abc"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c.bin"]


def test_a_file_is_replaced(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_file_named_by_its_content_is_written_once(tmp_path):
    write_once(tmp_path / "a", b"one")
    write_once(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"


@pytest.mark.parametrize("content", [b"", b"fir", b"first and more"])
def test_what_a_crash_left_under_that_name_is_written_again(content, tmp_path):
    write_once(tmp_path / "original", b"first")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(content)
    write_once(tmp_path / "a", b"first")
    link_once(tmp_path / "b", tmp_path / "original", b"first")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"first"


def test_a_folder_in_place_of_a_file_named_by_its_content_is_no_file(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(WorkspaceError):
        write_once(tmp_path / "a", b"x" * (tmp_path / "a").stat().st_size)


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The names of files that were written to the disk or renamed, in that order."""
    noted: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        noted.append("sync " + ("part" if name.endswith(".part") else name))
        fsync(handle)

    def note_replace(path: Path, target: Path) -> Path:
        noted.append(f"rename {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    return noted


@pytest.mark.skipif(sys.platform != "linux", reason="open files are named there")
@pytest.mark.parametrize("write", [write_atomically, write_once])
def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_after(write, calls, tmp_path):
    write(tmp_path / "a", b"abc")
    assert calls == ["sync part", "rename a", f"sync {tmp_path.name}"]
    calls.clear()
    write(tmp_path / "b", b"abc", durable=False)
    save_atomically(tmp_path / "c", lambda path: path.write_bytes(b"abc"), durable=False)
    assert calls == ["rename b", "rename c"]


@pytest.mark.skipif(sys.platform != "linux", reason="open files are named there")
def test_the_name_of_a_new_folder_is_on_the_disk_too(calls, tmp_path):
    write_atomically(tmp_path / "x" / "y" / "a", b"abc", durable=False)
    assert calls == [f"sync {tmp_path.name}", "sync x", "rename a"]


@pytest.mark.skipif(sys.platform != "linux", reason="open files are named there")
def test_without_a_call_for_the_whole_disk_each_file_is_written_to_it(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_syncfs", None)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"abc")
    sync([tmp_path / "a", tmp_path / "b"])
    assert calls == ["sync a", "sync b", f"sync {tmp_path.name}"]


@pytest.mark.parametrize("call", [None, lambda handle: -1])
def test_a_disk_that_cannot_write_is_said_in_a_sentence(call, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_syncfs", call)
    with pytest.raises(WorkspaceError, match="waiting for the disk"):
        sync([tmp_path / "gone" / "a"] if call is None else [tmp_path / "a"])


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
    assert (tmp_path / "d").read_bytes() == b"old"  # of the same size, so it is that content


def test_where_there_are_no_second_names_the_file_is_written_again(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    write_once(tmp_path / "a", b"abc")
    monkeypatch.setattr(os, "link", refuse)
    link_once(tmp_path / "b" / "c", tmp_path / "a", b"abc")
    assert (tmp_path / "b" / "c").read_bytes() == b"abc"


MADE_AGAIN = {
    "core/dataset/importing.py": "waits for the disk once, before the rows",
    "core/dataset/uploads.py": "is gone when its import ends",
    "core/try_it/correction.py": "is gone when its picture is imported",
    "core/web/web_runtime.py": "a cache of downloads, held to hashes",
    "core/feature_store.py": "computed again",
    "core/interpretation/shelf.py": "computed again",
    "core/models/embedder.py": "a cache of compiled networks",
    "ui/state.py": "an upload, and which workspace was open last",
}
"""Who does not wait for the disk, and why a power cut may take what they write."""


def test_only_what_can_be_made_again_does_not_wait_for_the_disk():
    """So weights, checkpoints, states, bundles and tables are on the disk before the event or the
    row that speaks of them.
    """
    lazy = {
        file.relative_to(ROOT).as_posix()
        for folder in ("core", "ui", "pages")
        for file in (ROOT / folder).rglob("*.py")
        if "durable=False" in file.read_text(encoding="utf-8") and file.name != "files.py"
    }
    assert lazy == set(MADE_AGAIN)
