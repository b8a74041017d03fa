"""What the check of the files finds: missing, damaged, left over; and that it changes nothing."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.dataset.new_pictures import NewPicture
from core.feature_store import FeatureStore
from core.owned import Mark, mark
from core.records import Predictions
from core.training.checkpoints import MODEL
from core.upkeep import inventory as module
from core.upkeep.inventory import latest_inventory, verify_task
from tests.builders import a_scored_workspace, fill, picture, run_import

LONG_AGO = 1_600_000_000


def run(steps) -> list:
    return list(steps)


def checked(context):
    run(verify_task(context, {}))
    return latest_inventory(context.catalog)


def kinds(inventory) -> dict[str, int]:
    assert sum(inventory.counts.values()) == len(inventory.faults)
    return dict(inventory.counts)


def damage_one_byte(file) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.fixture
def images(context):
    """Pictures of which some are their own working copies, and one is not."""
    large = picture("PNG", size=(900, 700), seed=7)
    run_import(context, ([NewPicture("large.png", "cat", None, lambda: large)], []))
    return fill(context, {"cat": 4, "dog": 4})


def files_of(context, image):
    return context.workspace.original(image.id, image.suffix), context.workspace.copy(image.id)


def make_old(path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def test_before_the_first_check_nothing_is_said(context):
    assert latest_inventory(context.catalog) is None


def test_a_whole_workspace_has_no_faults(context, images):
    inventory = checked(context)
    assert kinds(inventory) == {} and inventory.losses == inventory.mendable == 0
    assert inventory.pictures == len(images) == 9
    originals = [files_of(context, image)[0] for image in images]
    assert inventory.read_bytes >= sum(file.stat().st_size for file in originals)


def test_deleted_pictures_are_looked_at_too(context, images):
    context.catalog.journal.quarantine(images[0].id)
    files_of(context, images[0])[0].unlink()
    assert kinds(checked(context)) == {"original missing": 1}


def test_missing_and_damaged_files_are_named_by_kind(context, images):
    large = next(image for image in images if image.suffix == ".png")
    small = [image for image in images if image.suffix == ".jpg"]
    files_of(context, large)[1].unlink()
    files_of(context, small[0])[0].unlink()
    for image, content in ((small[1], b""), (small[2], b"\xff\xd8 half")):
        _, copy = files_of(context, image)
        copy.unlink()  # a second name of the original
        copy.write_bytes(content)
    _, copy = files_of(context, small[3])
    data = copy.read_bytes()
    copy.unlink()
    copy.write_bytes(data)
    damage_one_byte(files_of(context, small[3])[0])
    inventory = checked(context)
    assert kinds(inventory) == {
        "copy missing": 1, "original missing": 1, "copy damaged": 2, "original damaged": 1,
    }  # fmt: skip
    (gone,) = [fault for fault in inventory.faults if fault.kind == "original missing"]
    assert gone.about == small[0].source_path and gone.owner == small[0].id
    assert (
        gone.path == files_of(context, small[0])[0].relative_to(context.workspace.folder).as_posix()
    )
    assert inventory.losses == 5


def test_a_check_changes_nothing(context, images):
    files_of(context, images[0])[0].write_bytes(b"")
    (context.workspace.folder / "originals" / "notes.txt").write_text("mine")
    before = {p: p.read_bytes() for p in context.workspace.folder.rglob("*.*") if p.is_file()}
    checked(context)
    after = {p: p.read_bytes() for p in before if "catalog" not in p.name}
    assert after == {p: data for p, data in before.items() if "catalog" not in p.name}


def test_models_and_features_that_are_gone_or_cut_are_found(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 2, "bee": 2})
    assert kinds(checked(context)) == {"weights missing": 1, "features missing": 1}
    weights = context.workspace.run(1) / MODEL
    weights.parent.mkdir(parents=True)
    save_file({"a": np.zeros(100)}, weights)
    ids = [image.id for image in context.catalog.images.all()]
    folder = context.workspace.features / "none-0"
    FeatureStore(folder).add(ids, np.zeros((4, 2, 3), np.float32))
    assert kinds(checked(context)) == {}
    (file,) = folder.iterdir()
    for cut in (weights, file):
        cut.write_bytes(cut.read_bytes()[:-10])
    inventory = checked(context)
    assert kinds(inventory) == {"weights damaged": 1, "features damaged": 1, "features missing": 1}
    assert file.exists(), "looking changes nothing"


def test_a_run_without_a_model_needs_no_weights(context):
    fill(context, {"cat": 2})
    run_id = context.catalog.runs.create("quick", {}, ["cat"]).id
    assert kinds(checked(context)) == {}
    answers = Predictions((), np.zeros((0, 1), np.float32), ("cat",))
    context.catalog.runs.store_predictions(run_id, "final", answers)
    assert kinds(checked(context)) == {}


def test_what_nobody_speaks_of_is_left_over_or_unknown(context, images):
    folder = context.workspace.folder
    ours = [
        folder / "originals" / "a" / f"{'a' * 64}.jpg",
        folder / "copies" / "a" / f"{'a' * 64}.jpg",
        folder / "copies" / "a" / f".{'b' * 64}.jpg.01234567.part",
        folder / "jobs" / "99.log",
        folder / "uploads" / "sent.zip",
        folder / "downloads" / f"{'c' * 64}.part",
        folder / "exports" / ".quick-1.zip.89abcdef.part",
        folder / "features" / "none-0" / "x.damaged",
    ]
    not_known = [folder / "originals" / "notes.txt", folder / "copies" / "a" / "Thumbs.db"]
    for file in [*ours, *not_known]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    marked, unmarked = folder / "runs" / "7", folder / "runs" / "8"
    mark(marked, Mark("run", "7"))
    (unmarked / "weights").mkdir(parents=True)
    for path in [*ours, *not_known, marked, unmarked]:
        make_old(path)
    inventory = checked(context)
    by_kind = {
        kind: {f.path for f in inventory.faults if f.kind == kind} for kind in inventory.counts
    }
    relative = {kind: {p.relative_to(folder).as_posix() for p in paths} for kind, paths in {
        "left over": {*ours, marked}, "unknown": {*not_known, unmarked}}.items()}  # fmt: skip
    assert by_kind == relative
    assert inventory.losses == 0


def test_what_somebody_may_be_writing_is_passed_by(context, images):
    part = context.workspace.folder / ".dataset.zip.01234567.part"
    part.write_bytes(b"x")
    assert kinds(checked(context)) == {}
    make_old(part)
    assert kinds(checked(context)) == {"left over": 1}


def test_what_was_sent_for_another_job_is_not_left_over(context, images):
    context.workspace.uploads.mkdir()
    (context.workspace.uploads / "sent.zip").write_bytes(b"x")
    make_old(context.workspace.uploads / "sent.zip")
    job = context.catalog.jobs.create("import", {})
    assert kinds(checked(context)) == {}
    context.catalog.jobs.end(job.id, "done")
    assert kinds(checked(context)) == {"left over": 1}


def test_stopping_stores_nothing(context, images):
    events = run(verify_task(replace(context, stop_requested=lambda: True), {}))
    assert events[0].done == 0 and latest_inventory(context.catalog) is None


def test_progress_is_told_from_nothing_to_all(context, images):
    events = run(verify_task(context, {}))
    assert (events[0].done, events[-1].done, events[-1].total) == (0, 9, 9)


def test_of_very_many_faults_all_are_counted_and_losses_are_listed_first(
    context, images, monkeypatch
):
    monkeypatch.setattr(module, "MOST_LISTED", 3)
    for k in range(5):
        file = context.workspace.folder / "originals" / f"note{k}"
        file.write_bytes(b"x")
        make_old(file)
    files_of(context, images[0])[0].unlink()
    inventory = checked(context)
    assert inventory.counts == {"original missing": 1, "unknown": 5}
    assert [fault.kind for fault in inventory.faults] == ["original missing", "unknown", "unknown"]
