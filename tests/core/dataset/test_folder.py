"""Way in: a folder on this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.dataset.folder import find_in_folder
from core.errors import PictureError, StudioError
from tests.builders import image_folder, pictures_of

FILES = pictures_of({"cat": 2, "dog": 1})


def listed(folder, settings) -> list[str]:
    return [item.path for item in find_in_folder(folder, settings)[0]]


def test_files_are_listed_by_path_and_read_as_they_are(tmp_path, settings):
    pictures, skipped = find_in_folder(image_folder(tmp_path / "in", FILES), settings)
    assert {item.path: item.read() for item in pictures} == FILES
    assert [item.path for item in pictures] == sorted(FILES)
    assert [item.label for item in pictures] == ["cat", "cat", "dog"]
    assert skipped == []


def test_a_folder_below_hidden_folders_is_read(tmp_path, settings):
    assert listed(image_folder(tmp_path / ".cache" / "in", FILES), settings) == sorted(FILES)


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "a file", "zero\x00byte"])
def test_what_is_not_a_folder_is_said_in_a_sentence(name, tmp_path, settings):
    (tmp_path / "a file").write_text("")
    with pytest.raises(StudioError, match="There is no folder"):
        find_in_folder(tmp_path / name, settings)


def test_a_folder_without_anything_to_try_is_said_in_a_sentence(tmp_path, settings):
    image_folder(tmp_path / "in", {"README.md": b"hello", ".DS_Store": b""})
    (tmp_path / "in" / "empty class").mkdir()
    with pytest.raises(StudioError, match="no pictures in class folders"):
        find_in_folder(tmp_path / "in", settings)


def read_named(folder: Path, name: str, settings) -> bytes:
    (item,) = (i for i in find_in_folder(folder, settings)[0] if i.path.endswith(name))
    return item.read()


def test_a_pipe_is_not_waited_for(tmp_path, settings):
    folder = image_folder(tmp_path / "in", FILES)
    os.mkfifo(folder / "cat" / "pipe.jpg")
    with pytest.raises(PictureError, match="not a regular file"):
        read_named(folder, "pipe.jpg", settings)


def test_a_file_that_is_gone_or_leads_nowhere_is_said_in_a_sentence(tmp_path, settings):
    folder = image_folder(tmp_path / "in", FILES)
    (folder / "cat" / "broken.jpg").symlink_to(tmp_path / "nowhere")
    (folder / "cat" / "loop.jpg").symlink_to(folder / "cat" / "loop.jpg")
    for name in ("broken.jpg", "loop.jpg"):
        with pytest.raises(PictureError, match="cannot be read"):
            read_named(folder, name, settings)


def test_a_file_that_may_not_be_read_is_said_in_a_sentence(tmp_path, settings, monkeypatch):
    folder = image_folder(tmp_path / "in", FILES)

    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(PictureError, match="Permission denied"):
        read_named(folder, "dog/000.jpg", settings)


def test_a_file_over_the_limit_is_not_read(tmp_path, settings):
    folder = image_folder(tmp_path / "in", {"cat/big.jpg": b"x" * 1_000_001})
    with pytest.raises(PictureError, match="larger than 1 MB"):
        read_named(folder, "big.jpg", replace(settings, max_file_bytes=1_000_000))


def test_links_that_go_round_in_circles_end(tmp_path, settings):
    folder = image_folder(tmp_path / "in", FILES)
    (folder / "cat" / "again").symlink_to(folder)
    pictures, skipped = find_in_folder(folder, settings)
    assert [item.path for item in pictures] == sorted(FILES)
    assert [(skip.path, skip.reason) for skip in skipped] == [
        ("cat/again", "a link to a folder: not followed")
    ]


def test_a_folder_that_may_not_be_entered_is_said(tmp_path, settings, monkeypatch):
    folder = image_folder(tmp_path / "in", FILES)
    really = os.scandir

    def scandir(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    pictures, skipped = find_in_folder(folder, settings)
    assert [item.label for item in pictures] == ["cat", "cat"]
    assert [(s.path, s.reason) for s in skipped] == [("dog", "cannot be read (Permission denied)")]


def test_names_with_spaces_and_signs_and_bytes_that_are_no_letters(tmp_path, settings):
    data = FILES["cat/000.jpg"]
    folder = image_folder(tmp_path / "in", {"big cat/a b é 🐻.jpg": data, "dog/1.jpg": data})
    Path(os.fsdecode(os.fsencode(folder / "dog") + b"/\xff.jpg")).write_bytes(data)
    pictures, _ = find_in_folder(folder, settings)
    assert [item.path for item in pictures] == ["big cat/a b é 🐻.jpg", "dog/1.jpg", "dog/?.jpg"]
    assert all(item.read() == data for item in pictures)
