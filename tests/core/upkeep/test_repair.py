"""What a repair puts right, from where, and what it leaves alone."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.dataset.fetch import file_of
from core.dataset.new_pictures import NewPicture
from core.dataset.ways_in import bring_in
from core.images.working_copy import open_copy
from core.jobs import start_job, wait_for
from core.owned import MARK, Mark, mark
from core.training.checkpoints import BEST, MODEL
from core.training.checkpoints import file_of as checkpoint_of
from core.upkeep.inventory import latest_inventory
from core.upkeep.repair import repair_task
from tests.builders import (
    a_scored_workspace,
    image_folder,
    picture,
    pictures_of,
    run_import,
)
from tests.picture_web import serve

LONG_AGO = 1_600_000_000
LARGE = picture("PNG", size=(900, 700), seed=70)
FILES = {**pictures_of({"cat": 3, "dog": 3}), "cat/large.png": LARGE}


def repaired(context):
    list(repair_task(context, {}))
    return latest_inventory(context.catalog)


def files_of(context, image):
    return context.workspace.original(image.id, image.suffix), context.workspace.copy(image.id)


def large_of(context):
    return next(image for image in context.catalog.images.all() if image.suffix == ".png")


def assert_whole(context) -> None:
    for image in context.catalog.images.of_any_status():
        original, copy = files_of(context, image)
        assert hashlib.sha256(original.read_bytes()).hexdigest() == image.id
        open_copy(copy.read_bytes())


@pytest.fixture
def folder(tmp_path):
    return image_folder(tmp_path / "in", FILES)


@pytest.fixture
def filled(context, folder):
    """A workspace as an import job of a folder leaves it."""
    args = {"way": "folder", "path": str(folder)}
    list(bring_in(context, args))
    job = context.catalog.jobs.create("import", args)
    context.catalog.jobs.end(job.id, "done")
    return context


@pytest.mark.parametrize("left", [None, b"", b"\xff\xd8 half"])
def test_working_copies_are_made_again_from_their_originals(left, filled):
    before = {i.id: files_of(filled, i)[1].read_bytes() for i in filled.catalog.images.all()}
    for image in filled.catalog.images.all():
        _, copy = files_of(filled, image)
        copy.unlink()
        if left is not None:
            copy.write_bytes(left)
    inventory = repaired(filled)
    assert inventory.counts == {}
    assert inventory.mended == {("copy missing" if left is None else "copy damaged"): 7}
    after = {i.id: files_of(filled, i)[1].read_bytes() for i in filled.catalog.images.all()}
    assert after == before


@pytest.mark.parametrize("left", [None, b"", b"something else"])
def test_originals_come_back_from_the_folder_they_came_from(left, filled):
    for image in filled.catalog.images.all():
        for file in files_of(filled, image):
            file.unlink()
            if left is not None:
                file.write_bytes(left)
    inventory = repaired(filled)
    assert inventory.counts == {} and sum(inventory.mended.values()) == 14
    assert_whole(filled)


def test_a_damaged_original_that_is_its_own_copy_is_made_again_as_both(filled):
    image = next(image for image in filled.catalog.images.all() if image.suffix == ".jpg")
    original, copy = files_of(filled, image)
    assert original.samefile(copy)
    data = bytearray(original.read_bytes())
    data[-20] ^= 1
    original.write_bytes(data)
    assert repaired(filled).counts == {}
    assert original.read_bytes() == copy.read_bytes() == FILES[image.source_path]


def test_an_original_comes_back_from_its_copy_when_that_is_the_same_file(filled, folder):
    shutil.rmtree(folder)
    for image in filled.catalog.images.all():
        files_of(filled, image)[0].unlink()
    inventory = repaired(filled)
    assert inventory.counts == {"original missing": 1}
    assert inventory.faults[0].owner == large_of(filled).id
    assert inventory.mended == {"original missing": 6}


def test_what_is_not_the_same_file_any_more_is_not_taken(filled, folder):
    (folder / "cat" / "large.png").write_bytes(picture("PNG", seed=999))
    image = large_of(filled)
    original, copy = files_of(filled, image)
    original.write_bytes(b"damaged")
    copy.unlink()
    inventory = repaired(filled)
    assert inventory.counts == {"original damaged": 1, "copy missing": 1} and not inventory.mended
    assert original.read_bytes() == b"damaged", "a damaged file is better than none"


def test_in_a_public_demo_no_folder_of_the_server_is_read(filled):
    files_of(filled, large_of(filled))[0].unlink()
    demo = replace(filled, settings=replace(filled.settings, demo=True))
    assert repaired(demo).counts == {"original missing": 1}


@pytest.fixture
def web():
    with serve() as web:
        yield web


def with_address(context, address: str):
    """The large picture, downloaded from there; 127.0.0.1 is open."""
    picture = NewPicture("large.png", "cat", None, lambda: LARGE, url=address)
    run_import(context, ([picture], []))
    return replace(context, settings=replace(context.settings, open_hosts=frozenset({"127.0.0.1"})))


def test_originals_are_downloaded_again_from_their_address(context, web):
    address = web.at("/large.png", LARGE)
    opened = with_address(context, address)
    files_of(opened, large_of(opened))[0].unlink()
    assert repaired(opened).counts == {}
    assert_whole(opened)
    left = {path.name for path in opened.workspace.downloads.iterdir()} - {MARK}
    assert not left, "nothing of a download is left"


def test_a_download_that_waits_for_an_import_stays(context, web):
    address = web.at("/large.png", LARGE)
    opened = with_address(context, address)
    waiting = file_of(opened.workspace.downloads, address)
    waiting.parent.mkdir()
    waiting.write_bytes(LARGE)
    files_of(opened, large_of(opened))[0].unlink()
    assert repaired(opened).counts == {}
    assert waiting.read_bytes() == LARGE and web.requests == []


@pytest.mark.parametrize("demo", [False, True])
def test_an_address_that_gives_another_file_or_may_not_be_asked_gives_nothing(demo, context, web):
    opened = with_address(context, web.at("/large.png", picture("PNG", seed=999)))
    files_of(opened, large_of(opened))[0].unlink()
    asked = replace(opened, settings=replace(opened.settings, demo=demo))
    assert repaired(asked).counts == {"original missing": 1}
    assert web.requests == ([] if demo else ["/large.png"])
    guarded = replace(opened, settings=context.settings)
    assert repaired(guarded).counts == {"original missing": 1}
    assert len(web.requests) == (0 if demo else 1), "an address inside this network was asked"


def test_a_model_comes_back_from_its_best_checkpoint(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 2})
    best = checkpoint_of(context.workspace, 1, BEST)
    best.parent.mkdir(parents=True)
    save_file({"a": np.ones(3)}, best)
    inventory = repaired(context)
    assert inventory.mended == {"weights missing": 1} and inventory.losses == 0
    assert (context.workspace.run(1) / MODEL).read_bytes() == best.read_bytes()
    best.write_bytes(b"x")
    (context.workspace.run(1) / MODEL).unlink()
    assert repaired(context).losses == 1


def test_what_is_left_over_is_set_aside_and_what_is_unknown_stays(filled):
    root = filled.workspace.folder
    ours = root / "originals" / "a" / f"{'a' * 64}.jpg"
    mine, unmarked, marked = root / "originals" / "notes.txt", root / "runs" / "8", root / "runs/7"
    for file in (ours, mine, unmarked / "work.txt"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"years of work")
    mark(marked, Mark("run", "7"))
    for path in (ours, mine, unmarked, marked):
        os.utime(path, (LONG_AGO, LONG_AGO))
    inventory = repaired(filled)
    assert inventory.counts == {"unknown": 2} and inventory.mended == {"left over": 2}
    assert mine.exists() and (unmarked / "work.txt").exists()
    assert not ours.exists() and not marked.exists()
    aside = filled.workspace.set_aside
    assert (aside / ours.relative_to(root)).read_bytes() == b"years of work"
    assert (aside / "runs" / "7").is_dir()
    assert_whole(filled)


def test_nothing_is_lost_by_a_repair(filled):
    """Every file that was there is there afterwards, here or aside, but damaged ones made again."""
    root = filled.workspace.folder
    stray = root / "copies" / "b" / f"{'b' * 64}.jpg"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    os.utime(stray, (LONG_AGO, LONG_AGO))
    before = {p.read_bytes() for p in root.rglob("*.*") if p.is_file() and "catalog" not in p.name}
    repaired(filled)
    repaired(filled)
    after = {p.read_bytes() for p in root.rglob("*.*") if p.is_file() and "catalog" not in p.name}
    assert before == after


def test_a_stop_keeps_what_was_put_right_and_says_what_is_left(filled):
    for image in filled.catalog.images.all():
        files_of(filled, image)[1].unlink()
    asked = iter([False] * 1 + [True] * 99)
    list(repair_task(replace(filled, stop_requested=lambda: next(asked)), {}))
    assert latest_inventory(filled.catalog).counts == {"copy missing": 7}


def test_both_are_jobs(filled):
    image = large_of(filled)
    files_of(filled, image)[1].unlink()
    for kind, left in (("verify", {"copy missing": 1}), ("repair", {})):
        job = start_job(filled.workspace, filled.catalog, kind, {})
        done = wait_for(filled.workspace, filled.catalog, job.id, 60)
        assert done.state == "done", done.message
        assert latest_inventory(filled.catalog).counts == left
