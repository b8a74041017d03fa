"""Only what was uploaded is read, whatever a name says."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from core.serving import uploads as module
from core.serving.service import Refusal
from core.serving.uploads import MOST_AT_ONCE, Uploads


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    uploads = Uploads(most_bytes=100)
    (uploads.folder / "hash").mkdir()
    yield uploads
    uploads.close()


def stored_upload(uploads: Uploads, data: bytes = b"a picture") -> str:
    file = uploads.folder / "hash" / "a.png"
    file.write_bytes(data)
    return str(file)


def test_an_upload_is_read_up_to_the_limit(uploads):
    assert uploads.read(stored_upload(uploads)) == b"a picture"
    assert len(uploads.read(stored_upload(uploads, bytes(100)))) == 100
    with pytest.raises(Refusal, match="larger") as caught:
        uploads.read(stored_upload(uploads, bytes(101)))
    assert caught.value.status == 413


def test_the_folder_is_its_own_and_goes_away_with_it(uploads):
    other = Uploads(100)
    assert other.folder != uploads.folder
    assert other.folder.stat().st_mode & 0o077 == 0
    with pytest.raises(Refusal):
        uploads.read(str(other.folder / "x.png"))
    other.close()
    assert not other.folder.exists()


def test_nothing_outside_is_looked_at(uploads, tmp_path, monkeypatch):
    """A name from outside is refused by its letters: no call asks the disk about it."""
    calls = []
    monkeypatch.setattr(module, "open_regular", calls.append)
    monkeypatch.setattr(module.os.path, "realpath", calls.append)
    steps_up = f"{uploads.folder}/../{tmp_path.name}/x"
    for name in (str(tmp_path), "x", "", "/", "~", steps_up, str(uploads.folder), None, 7, b"x"):
        with pytest.raises(Refusal, match="no picture that was uploaded"):
            uploads.read(name)
    assert calls == []


def test_what_lies_inside_but_is_no_file_is_refused_at_once(uploads, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    inside = uploads.folder / "hash"
    (inside / "link").symlink_to(tmp_path / "secret.png")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "device").symlink_to("/dev/zero")
    (inside / "loop").symlink_to(inside / "loop")
    os.mkfifo(inside / "fifo")
    names = ("link", "folder/secret.png", "device", "loop", "loop/x", "fifo", "gone", "\ud800")
    for name in (*names, "x" * 5000, "."):
        with pytest.raises(Refusal, match="no picture that was uploaded"):
            uploads.read(str(inside / name))
        with pytest.raises(Refusal, match="no picture that was uploaded"):
            uploads.only({"path": str(inside / name)})


def test_of_a_file_in_an_event_only_the_path_is_taken_over(uploads):
    name = stored_upload(uploads)
    upload = {"path": name, "url": "http://127.0.0.1/x", "is_stream": True, "meta": {"_type": "x"}}
    clean = {"path": name, "meta": {"_type": "gradio.FileData"}}
    assert uploads.only(upload) == clean
    assert uploads.only([upload, upload]) == [clean, clean]
    assert [uploads.only(value) for value in (None, "red", 3)] == [None, "red", 3]
    for odd in ({}, {"url": name}, [name], [[upload]], [None], {"path": [name]}):
        with pytest.raises(Refusal):
            uploads.only(odd)
    with pytest.raises(Refusal, match="too many"):
        uploads.only([upload] * (MOST_AT_ONCE + 1))


def test_there_is_room_until_too_much_is_kept_and_cut_off_parts_are_removed(uploads, monkeypatch):
    stored_upload(uploads)
    fresh, old = uploads.folder / "tmp1", uploads.folder / "tmp2"
    for part in (fresh, old):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert uploads.have_room()
    assert fresh.exists() and not old.exists()
    monkeypatch.setattr(module, "MOST_BYTES", 13)  # 9 and 4 bytes are there
    assert not uploads.have_room()
    monkeypatch.setattr(module, "MOST_BYTES", 14)
    monkeypatch.setattr(module, "MOST_FOLDERS", 2)
    assert not uploads.have_room()
