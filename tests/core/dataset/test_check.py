"""The checks from real files to what is flagged, and whom they would set aside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image, ImageFilter

from core.catalog.lookalikes import NearPair
from core.context import Context
from core.dataset import check
from core.dataset.check import (
    CHECKS,
    check_task,
    images_of,
    is_nature,
    spare_copies,
    training_copies,
)
from core.dataset.new_pictures import NewPicture
from core.errors import WorkspaceError
from core.jobs import TASKS
from core.worker import run_job
from tests.builders import a_record, encode, fill, pattern, run_import

LIMITS = {c.measure: c.limit for c in CHECKS}


def bring(context: Context, files: dict[str, bytes]) -> dict[str, str]:
    """Import files as training images; path -> image id."""
    found = [
        NewPicture(path, "ant", "train", lambda data=data: data) for path, data in files.items()
    ]
    run_import(context, (found, []))
    return {image.source_path: image.id for image in context.catalog.images.all()}


def test_made_faults_are_found_and_nothing_else(context):
    sharp = Image.effect_noise((300, 200), 120).convert("RGB")
    patches = pattern((5, 4), seed=3).resize((300, 200), Image.Resampling.NEAREST)
    bring(
        context,
        {
            "sharp.png": encode(sharp, "PNG"),
            "black.png": encode(Image.new("RGB", (300, 200), "black"), "PNG"),
            "white.png": encode(Image.new("RGB", (300, 200), "white"), "PNG"),
            "blurred.png": encode(patches.filter(ImageFilter.GaussianBlur(8)), "PNG"),
            "patches.png": encode(patches, "PNG"),
            "panorama.png": encode(sharp.resize((1000, 200)), "PNG"),
            "tiny.png": encode(sharp.crop((0, 0, 40, 30)), "PNG"),
        },
    )
    list(check_task(context, {}))
    names = {image.id: image.source_path.split(".")[0] for image in context.catalog.images.all()}
    found = {
        measure: {names[i] for i, _ in context.catalog.quality.flagged(measure, limit)}
        for measure, limit in LIMITS.items()
    }
    assert found == {
        "dark": {"black"},
        "bright": {"white"},
        "blur": {"blurred"},
        "information": {"black", "white"},
        "side": {"tiny"},
        "shape": {"panorama"},
    }


def test_the_job_measures_once_and_looks_for_look_alikes(context):
    fill(context, {"ant": 3, "bee": 2})
    told = [(e.done, e.total, e.doing) for e in check_task(context, {})]
    assert told[:2] == [(0, 5, "Checking the pictures"), (5, 5, "Checking the pictures")]
    assert context.catalog.quality.unchecked_count() == 0
    assert context.catalog.lookalikes.searched_with() == ""
    assert [e.total for e in check_task(context, {}) if e.doing == "Checking the pictures"] == [0]


def test_stopping_keeps_what_was_measured(context, monkeypatch):
    monkeypatch.setattr("core.context.BATCH", 2)
    fill(context, {"ant": 5})
    answers = iter([False, True])
    stopping = replace(context, stop_requested=lambda: next(answers, True))
    assert [e.done for e in check_task(stopping, {})] == [0, 2]
    assert context.catalog.quality.checked_count() == 2
    assert context.catalog.lookalikes.searched_with() is None


def test_the_worker_knows_the_task(context):
    fill(context, {"ant": 2})
    job = context.catalog.jobs.create("check", {})
    run_job(replace(context, job_id=job.id), job.id)
    assert context.catalog.jobs.get(job.id).state == "done"
    assert context.catalog.quality.checked_count() == 2 and "check" in TASKS


def test_a_copy_that_is_gone_is_said(context):
    image = fill(context, {"ant": 2})[0]
    context.workspace.copy(image.id).unlink()
    with pytest.raises(WorkspaceError, match="is gone"):
        list(check_task(context, {}))


def test_a_picture_that_comes_back_is_checked_then(context):
    image = fill(context, {"ant": 2})[0]
    context.catalog.journal.quarantine(image.id)
    list(check_task(context, {}))
    assert context.catalog.quality.unchecked_count() == 0
    context.catalog.journal.restore(image.id)
    assert context.catalog.quality.unchecked() == [image.id]


@pytest.mark.parametrize(("flagged", "nature"), [(0, False), (10, False), (11, True), (100, True)])
def test_what_more_than_a_tenth_has_is_the_nature_of_the_dataset(flagged, nature):
    assert is_nature(flagged, 100) is nature


def test_nothing_is_the_nature_of_an_empty_dataset():
    assert not is_nature(0, 0)


def records(*sizes: int, **changes: object):
    images = [replace(a_record(k), width_px=s, height_px=s, **changes) for k, s in enumerate(sizes)]
    return images, {image.id: image for image in images}


def test_of_copies_the_largest_stays_and_no_pair_is_left():
    (a, b, c, d), images = records(10, 40, 20, 30)
    pairs = [NearPair(a.id, b.id, 0.9), NearPair(b.id, c.id, 0.9), NearPair(c.id, d.id, 0.9)]
    assert set(spare_copies(pairs, images)) == {a.id, c.id}


def test_who_is_near_only_to_one_that_goes_stays():
    (a, b, c), images = records(30, 20, 10)
    pairs = [NearPair(a.id, b.id, 0.9), NearPair(b.id, c.id, 0.9)]
    assert spare_copies(pairs, images) == [b.id]


def test_of_equal_copies_the_reviewed_one_stays():
    (a, b), images = records(20, 20)
    images[b.id] = replace(b, reviewed=True)
    assert spare_copies([NearPair(a.id, b.id, 1.0)], images) == [a.id]


def test_of_pairs_on_both_sides_the_training_ones_go(catalog):
    images = [a_record(k, side=side) for k, side in enumerate(["train", "valid", "test", "train"])]
    catalog.images.add("a test", images, [], 0)
    a, b, c, d = (image.id for image in images)
    pairs = [NearPair(a, b, 0.9), NearPair(a, c, 0.9), NearPair(c, d, 0.9)]
    assert training_copies(pairs, images_of(catalog, pairs)) == [a, d]


def test_images_of_many_pairs_are_read_in_blocks(catalog, monkeypatch):
    monkeypatch.setattr(check, "MOST_ASKED", 2)
    images = [a_record(k) for k in range(5)]
    catalog.images.add("a test", images, [], 0)
    pairs = [NearPair(images[k].id, images[k + 1].id, 0.9) for k in range(4)]
    assert images_of(catalog, pairs) == {image.id: image for image in images}
