"""Taking pictures in: from files on disk to rows in the catalog."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.dataset.archive import find_in_zip
from core.dataset.folder import find_in_folder
from core.dataset.importing import DELETED, IMPORTING, import_pictures
from core.dataset.new_pictures import NewPicture
from core.errors import PictureError, WorkspaceError
from core.events import Progressed
from core.images.reading import decode_picture
from tests.attack_pictures import deep_pnm
from tests.builders import fill, image_folder, image_zip, picture, pictures_of, run_import

FILES = pictures_of({"cat": 6, "dog": 6})


@pytest.fixture
def folder(tmp_path) -> Path:
    return image_folder(tmp_path / "in", FILES)


def take_in(context, folder: Path) -> None:
    run_import(context, find_in_folder(folder, context.settings), str(folder))


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_pictures_are_stored_with_their_label_side_and_origin(context, folder):
    take_in(context, folder)
    images = {image.source_path: image for image in context.catalog.images.all()}
    assert set(images) == set(FILES)
    for path, image in images.items():
        assert image.label == path.split("/")[0]
        assert (image.width_px, image.height_px, image.suffix) == (48, 32, ".jpg")
        assert (image.status, image.reviewed) == ("in use", False)
        assert image.side_reason in ("hash", "top-up")
    counts = context.catalog.images.counts()
    assert all(sides["train"] and sides["valid"] for sides in counts.values())


def test_originals_are_kept_byte_for_byte_and_have_a_working_copy(context, folder):
    take_in(context, folder)
    for image in context.catalog.images.all():
        original = context.workspace.original(image.id, image.suffix)
        assert original.read_bytes() == FILES[image.source_path]
        assert context.workspace.copy(image.id).read_bytes()[:2] == b"\xff\xd8"
    assert files_below(folder) == sorted(folder / path for path in FILES)


def test_a_zip_and_a_folder_with_the_same_content_give_the_same_images(context, folder, tmp_path):
    take_in(context, folder)
    first = context.catalog.images.all()
    file = image_zip(tmp_path / "in.zip", {f"wrapper/{path}": d for path, d in FILES.items()})
    run_import(context, find_in_zip(file, context.settings), "in.zip")
    assert context.catalog.images.all() == first
    assert context.catalog.images.imports()[0].known == len(FILES)


def test_the_same_import_twice_changes_nothing(context, folder):
    take_in(context, folder)
    images, files = context.catalog.images.all(), files_below(context.workspace.folder)
    take_in(context, folder)
    assert context.catalog.images.all() == images
    assert files_below(context.workspace.folder) == files
    newest = context.catalog.images.imports()[0]
    assert (newest.added, newest.known, newest.skipped) == (0, len(FILES), 0)


def test_a_quarantined_image_does_not_come_back_by_another_import(context, folder):
    take_in(context, folder)
    gone = context.catalog.images.all()[0]
    context.catalog.journal.quarantine(gone.id)
    take_in(context, folder)
    assert context.catalog.images.get(gone.id).status == "quarantined"
    newest = context.catalog.images.imports()[0]
    assert (newest.known, newest.skipped) == (len(FILES) - 1, 1)
    (skipped,) = context.catalog.images.skipped(newest.id)
    assert (skipped.path, skipped.reason) == (gone.source_path, DELETED)


def test_a_new_label_survives_another_import(context, folder):
    take_in(context, folder)
    image = next(i for i in context.catalog.images.all() if i.label == "cat")
    context.catalog.journal.relabel(image.id, "dog")
    take_in(context, folder)
    assert context.catalog.images.get(image.id).label == "dog"
    (skipped,) = context.catalog.images.skipped(2)
    assert "changes no label" in skipped.reason
    assert context.catalog.images.skipped_count("another class") == 0


def test_bad_files_are_said_and_the_others_are_taken_in(context, folder):
    bad = {
        "cat/empty.jpg": b"",
        "cat/half.jpg": picture(size=(300, 200))[:3000],
        "cat/text.jpg": b"hello",
        "cat/tiny.png": picture("PNG", size=(1, 1)),
        "notes.txt": b"hello",
    }
    image_folder(folder, bad)
    os.mkfifo(folder / "dog" / "pipe.jpg")
    take_in(context, folder)
    assert len(context.catalog.images.all()) == len(FILES)
    newest = context.catalog.images.imports()[0]
    reasons = {skip.path: skip.reason for skip in context.catalog.images.skipped(newest.id)}
    assert set(reasons) == {*bad, "dog/pipe.jpg"}
    assert reasons["cat/empty.jpg"] == "the file is empty"
    assert reasons["cat/half.jpg"].startswith("truncated")
    assert reasons["dog/pipe.jpg"] == "not a regular file"


def test_names_on_disk_that_are_no_text_do_not_stop_an_import(context, folder):
    odd = os.fsencode(folder / "dog") + b"/\xff\xfe.jpg"
    Path(os.fsdecode(odd)).write_bytes(picture(seed=999))
    Path(os.fsdecode(odd + b".txt")).write_bytes(b"text")
    take_in(context, folder)
    assert len(context.catalog.images.all()) == len(FILES) + 1
    (skipped,) = context.catalog.images.skipped(context.catalog.images.imports()[0].id)
    assert skipped.path == "dog/??.jpg.txt"


def test_a_png_that_is_called_jpg_is_kept_as_what_it_is(context, tmp_path):
    data = picture("PNG")
    take_in(context, image_folder(tmp_path / "in", {"cat/1.jpg": data}))
    (image,) = context.catalog.images.all()
    assert image.suffix == ".png"
    assert context.workspace.original(image.id, ".png").read_bytes() == data


def test_the_same_picture_in_two_classes_is_taken_in_once_and_said(context, folder):
    image_folder(folder, {"dog/twin.jpg": FILES["cat/000.jpg"]})
    take_in(context, folder)
    assert len(context.catalog.images.all()) == len(FILES)
    (skipped,) = context.catalog.images.skipped(1)
    assert skipped.path == "dog/twin.jpg"
    assert "'cat'" in skipped.reason and "cat/000.jpg" in skipped.reason


def test_the_same_picture_twice_in_a_class_is_taken_in_once_and_said(context, folder):
    image_folder(folder, {"cat/twin.jpg": FILES["cat/000.jpg"]})
    take_in(context, folder)
    (skipped,) = context.catalog.images.skipped(1)
    assert (skipped.path, skipped.reason) == ("cat/twin.jpg", "the same picture as cat/000.jpg")


def test_sides_of_folders_are_kept(context, tmp_path):
    pictures = list(FILES.values())
    files = {
        f"{level}/{label}/{k}.jpg": pictures.pop()
        for level in ("train", "valid", "test")
        for label in ("cat", "dog")
        for k in range(2)
    }
    take_in(context, image_folder(tmp_path / "in", files))
    for image in context.catalog.images.all():
        assert image.side == image.source_path.split("/")[0]
        assert image.side_reason == "folder"


def test_a_class_with_one_image_and_a_dataset_with_one_class_are_taken_in(context):
    assert len(fill(context, {"cat": 1})) == 1
    assert len(fill(context, {"cat": 1, "dog": 1})) == 2
    assert context.catalog.images.classes() == ["cat", "dog"]


def test_two_spellings_of_a_class_are_one(context, tmp_path):
    files = {"A\u0308pfel/1.jpg": picture(seed=1), "\u00c4pfel/2.jpg": picture(seed=2)}
    take_in(context, image_folder(tmp_path / "in", files))
    assert context.catalog.images.classes() == ["\u00c4pfel"]


def test_stopping_keeps_what_was_read_and_the_next_import_completes_it(context, tmp_path):
    files = pictures_of({"cat": 150})
    listed = find_in_folder(image_folder(tmp_path / "in", files), context.settings)
    asked = iter([False] * 12 + [True])
    stopped = replace(context, stop_requested=lambda: next(asked))
    *_, last = import_pictures(stopped, "a test", *listed)
    stored = context.catalog.images.all()
    assert (last.done, last.total) == (len(stored), 150)
    assert 0 < len(stored) < 150
    run_import(context, listed)
    images = {image.id: image for image in context.catalog.images.all()}
    assert len(images) == 150
    assert all(images[image.id] == image for image in stored)


def test_an_import_that_is_abandoned_stores_nothing_and_can_be_done_again(context, folder):
    events = import_pictures(context, "x", *find_in_folder(folder, context.settings))
    next(events)
    events.close()
    assert context.catalog.images.all() == []
    assert context.catalog.images.imports() == []
    take_in(context, folder)
    assert len(context.catalog.images.all()) == len(FILES)


def fill_the_disk(monkeypatch, after: int) -> None:
    """From now on, only that many more files fit."""
    left = iter(range(after))
    really = os.write

    def write(file: int, data: bytes) -> int:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(file, data)

    monkeypatch.setattr(os, "write", write)


@pytest.mark.parametrize("after", [0, 5])
def test_a_full_disk_leaves_the_catalog_as_it_was(after, context, folder, monkeypatch):
    fill(context, {"plum": 3}, seed=50_000)
    before = context.catalog.images.all(), context.catalog.images.imports()
    fill_the_disk(monkeypatch, after)
    with pytest.raises(WorkspaceError, match="disk is full"):
        take_in(context, folder)
    monkeypatch.undo()
    assert (context.catalog.images.all(), context.catalog.images.imports()) == before
    assert not list(context.workspace.folder.rglob("*.part"))
    take_in(context, folder)
    assert len(context.catalog.images.all()) == 3 + len(FILES)


def test_a_file_in_place_of_a_folder_of_the_workspace_is_said_in_a_sentence(context, folder):
    (context.workspace.folder / "originals").write_text("in the way")
    with pytest.raises(WorkspaceError):
        take_in(context, folder)
    assert context.catalog.images.all() == []


def test_progress_is_told_from_nothing_to_all(context, folder):
    listed = find_in_folder(folder, context.settings)
    events = list(import_pictures(context, "x", *listed))
    assert all(isinstance(event, Progressed) for event in events)
    events = [event for event in events if event.doing == IMPORTING]
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert (events[0].done, events[-1].done, events[-1].total) == (0, len(FILES), len(FILES))


def test_what_a_way_in_cannot_read_is_said(context):
    def unreadable() -> bytes:
        reason = "cannot be read (Permission denied)"
        raise PictureError(reason, "Check its permissions.", "unreadable")

    pictures = [NewPicture("cat/1.jpg", "cat", None, unreadable)]
    run_import(context, (pictures, []))
    (skipped,) = context.catalog.images.skipped(1)
    assert skipped.reason == "cannot be read (Permission denied)"


def test_large_pictures_are_decoded_one_after_another(context, monkeypatch):
    """Where two would take more memory than there is; small ones go on at the same time."""
    together, met, most = threading.Semaphore(0), threading.Lock(), []

    def decode(*args, **options):
        with met:
            most.append(len(decoding) + 1)
            decoding.add(len(most))
            mine = len(most)
        together.acquire(timeout=0.2)  # for others to come, if they may
        with met:
            decoding.remove(mine)
        return decode_picture(*args, **options)

    decoding = set[int]()
    monkeypatch.setattr("core.images.working_copy.decode_picture", decode)
    monkeypatch.setattr("core.ahead.os.cpu_count", lambda: 4)
    monkeypatch.setattr("core.dataset.importing.BATCH", 1)
    pictures = [
        NewPicture(f"a/{k}.png", "a", None, lambda k=k: picture("PNG", size=(64, 64), seed=k))
        for k in range(4)
    ]
    monkeypatch.setattr("core.dataset.importing.DECODED_BYTES", 64 * 64 * 12)
    run_import(context, (pictures, []))
    assert most == [1, 1, 1, 1]
    assert len(context.catalog.images.all()) == 4


def test_a_picture_that_takes_too_long_is_left_out(context, monkeypatch):
    monkeypatch.setattr("core.dataset.importing.WORK_S", 0.05)
    pictures = [
        NewPicture("a/deep.ppm", "a", None, lambda: deep_pnm(500)),
        NewPicture("a/1.jpg", "a", None, picture),
    ]
    run_import(context, (pictures, []))
    assert [image.source_path for image in context.catalog.images.all()] == ["a/1.jpg"]
    (left_out,) = context.catalog.images.skipped(context.catalog.images.imports()[0].id)
    assert left_out.reason == "takes too long to decode"
