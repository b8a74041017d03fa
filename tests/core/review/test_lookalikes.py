"""Look-alikes from real files to groups, in the order in which they are asked about."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core import lookalikes
from core.catalog.lookalikes import NearPair
from core.context import Context
from core.dataset.new_pictures import NewPicture
from core.errors import WorkspaceError
from core.feature_store import FeatureStore
from core.lookalikes import find_lookalikes
from core.records import ImageRecord, Side
from core.review.lookalikes import open_groups, settled_groups, stars, suggested
from core.worker import run_job
from tests.builders import a_record, encode, picture, run_import

SIZE = (120, 90)


def a_copy(seed: int, share: float = 0.5, mirrored: bool = False) -> bytes:
    """The picture of that seed, smaller and coded again."""
    image = Image.open(io.BytesIO(picture(size=SIZE, seed=seed)))
    image = image.resize((int(SIZE[0] * share), int(SIZE[1] * share)))
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encode(image, quality=70)


def bring(context: Context, files: dict[str, bytes], side: Side = "train") -> dict[str, str]:
    """Import files by path; path -> image id."""
    found = [
        NewPicture(path, path.split("/")[0], side, lambda data=data: data)
        for path, data in files.items()
    ]
    run_import(context, (found, []))
    return {i.source_path: i.id for i in context.catalog.images.all()}


def pictures(count: int) -> dict[str, bytes]:
    return {f"ant/{k}.jpg": picture(size=SIZE, seed=k) for k in range(count)}


def search(context: Context) -> list[tuple[int, int, str]]:
    return [(e.done, e.total, e.doing) for e in find_lookalikes(context)]


def names(context: Context, groups) -> list[tuple[str, ...]]:
    return [tuple(context.catalog.images.get(i).source_path for i in g.ids) for g in groups]


@pytest.fixture
def searched(context: Context) -> Context:
    """Six pictures; three of them come again: under the same label, under another one, mirrored."""
    bring(context, pictures(6))
    bring(context, {"ant/0 again.jpg": a_copy(0, 0.8), "bee/1 again.jpg": a_copy(1)})
    bring(context, {"ant/2 again.jpg": a_copy(2, mirrored=True)}, side="valid")
    search(context)
    return context


def test_two_labels_come_first_then_both_sides_of_the_split(searched):
    assert names(searched, open_groups(searched.catalog)) == [
        ("ant/1.jpg", "bee/1 again.jpg"),
        ("ant/2.jpg", "ant/2 again.jpg"),
        ("ant/0.jpg", "ant/0 again.jpg"),
    ]
    assert settled_groups(searched.catalog) == []
    assert searched.catalog.lookalikes.searched_with() == ""


def test_a_group_with_one_picture_in_use_is_settled_until_another_comes_back(searched):
    group = open_groups(searched.catalog)[0]
    searched.catalog.journal.quarantine(group.ids[1])
    assert group not in open_groups(searched.catalog)
    assert settled_groups(searched.catalog) == [group]
    searched.catalog.journal.undo()
    assert open_groups(searched.catalog)[0] == group


def test_a_group_that_is_kept_is_settled_until_it_is_asked_about_again(searched):
    group = open_groups(searched.catalog)[0]
    searched.catalog.journal.keep_all(group.ids)
    assert group not in open_groups(searched.catalog)
    search(searched)
    assert settled_groups(searched.catalog) == [group]
    searched.catalog.journal.reopen(group.ids)
    assert group in open_groups(searched.catalog)


def test_a_kept_group_is_asked_about_again_when_another_copy_comes(searched):
    group = open_groups(searched.catalog)[0]
    searched.catalog.journal.keep_all(group.ids)
    bring(searched, {"ant/1 once more.jpg": a_copy(1, 0.7)})
    search(searched)
    assert "ant/1 once more.jpg" in names(searched, open_groups(searched.catalog))[0]


def forget_fingerprints(context, *ids: str) -> None:
    """As a studio left them that took no fingerprints when pictures came."""
    for image_id in ids:
        context.catalog._db.run("DELETE FROM fingerprints WHERE image_id = ?", [image_id])


def test_a_picture_is_read_once_and_that_is_when_it_comes(searched, monkeypatch):
    asked: list[str] = []
    read = lookalikes.read_copy
    monkeypatch.setattr(lookalikes, "read_copy", lambda w, i: (asked.append(i), read(w, i))[1])
    new = bring(searched, {"ant/new.jpg": picture(size=SIZE, seed=99)})["ant/new.jpg"]
    search(searched)
    assert asked == []
    forget_fingerprints(searched, new)
    assert search(searched)[:2] == [(0, 1, "Taking fingerprints"), (1, 1, "Taking fingerprints")]
    assert asked == [new]


def test_stopping_keeps_the_fingerprints_and_the_pairs_of_before(searched, monkeypatch):
    monkeypatch.setattr("core.context.BATCH", 4)
    before = searched.catalog.lookalikes.pairs()
    new = bring(searched, {f"ant/{k}.jpg": picture(size=SIZE, seed=k) for k in range(50, 60)})
    forget_fingerprints(searched, *(new[f"ant/{k}.jpg"] for k in range(50, 60)))
    answers = iter([False, True])
    stopping = replace(searched, stop_requested=lambda: next(answers, True))
    assert [e.done for e in find_lookalikes(stopping)] == [0, 4]
    assert len(searched.catalog.lookalikes.without_fingerprint()) == 6
    assert searched.catalog.lookalikes.pairs() == before
    assert search(searched)[0] == (0, 6, "Taking fingerprints")


def test_the_worker_knows_the_task(searched):
    job = searched.catalog.jobs.create("lookalikes", {})
    run_job(replace(searched, job_id=job.id), job.id)
    assert searched.catalog.jobs.get(job.id).state == "done"
    assert len(open_groups(searched.catalog)) == 3


def test_a_copy_that_is_gone_is_said(context):
    ids = bring(context, pictures(2))
    forget_fingerprints(context, *ids.values())
    context.workspace.copy(ids["ant/1.jpg"]).unlink()
    with pytest.raises(WorkspaceError, match="is gone"):
        search(context)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_have_no_look_alikes(context, count):
    bring(context, pictures(count))
    search(context)
    assert context.catalog.lookalikes.searched_with() == ""
    assert open_groups(context.catalog) == settled_groups(context.catalog) == []


def test_blank_pictures_are_alike_when_they_are_equal(context):
    white, black = Image.new("RGB", SIZE, "white"), Image.new("RGB", SIZE, "black")
    files = {
        "ant/w.jpg": encode(white),
        "ant/w.png": encode(white, "PNG"),
        "ant/b.jpg": encode(black),
    }
    bring(context, files | pictures(3))
    search(context)
    (group,) = names(context, open_groups(context.catalog))
    assert sorted(group) == ["ant/w.jpg", "ant/w.png"]


def test_features_are_used_when_enough_pictures_have_them(searched):
    bring(searched, {f"ant/{k}.jpg": picture(size=SIZE, seed=k) for k in range(50, 100)})
    ids = sorted(searched.catalog.images.known_ids())
    features = np.random.default_rng(0).normal(0, 1, (len(ids), 2, 64)).astype(np.float32)
    store = FeatureStore(searched.workspace.features / "some_network-key-v1")
    store.add(ids[:49], features[:49])
    search(searched)
    assert searched.catalog.lookalikes.searched_with() == ""
    store.add(ids[49:55], features[49:55])
    search(searched)
    assert searched.catalog.lookalikes.searched_with() == "features"
    assert len(open_groups(searched.catalog)) == 3


def records(*sizes: int, **changes: object) -> dict[str, ImageRecord]:
    images = [
        replace(a_record(k), id="abcdefgh"[k], width_px=size, height_px=10, **changes)
        for k, size in enumerate(sizes)
    ]
    return {image.id: image for image in images}


ARRIVAL = {name: k for k, name in enumerate("abcdefgh")}


def grouped(images: dict[str, ImageRecord], *pairs: str) -> list[tuple[str, ...]]:
    near = [NearPair(pair[0], pair[1], 0.9 - 0.01 * k) for k, pair in enumerate(pairs)]
    return [group.ids for group in stars(near, images, ARRIVAL)]


def test_groups_do_not_chain():
    """b is near to a and c, d to c and e: a and e have nothing to do with each other."""
    groups = grouped(records(1, 1, 1, 1, 1), "ab", "bc", "cd", "de")
    assert groups == [("b", "a"), ("c", "d")]


def test_what_is_near_to_one_only_is_no_group():
    """Trousers before one wall: a is near to each, they are not near to each other."""
    assert grouped(records(1, 1, 1, 1, 1), "ab", "ac", "ad", "ae") == [("a", "b")]


def test_copies_of_which_two_are_too_different_are_one_group():
    assert grouped(records(1, 1, 1, 1), "ab", "ac", "bc", "ad", "bd") == [("a", "b", "c", "d")]


def test_the_first_of_a_group_is_near_to_all_others():
    pairs = ["ab", "ac", "bc", "cd", "ef", "fg", "eg", "ah"]
    for group in grouped(records(*range(8)), *pairs):
        for other in group[1:]:
            assert "".join(sorted(group[0] + other)) in pairs


def test_among_equals_the_best_comes_first_and_the_others_by_similarity():
    assert grouped(records(1, 5, 2), "ac", "ab", "bc") == [("b", "a", "c")]


def test_the_suggestion_is_the_largest_then_reviewed_then_the_earliest():
    small, large, other = records(1, 5, 5).values()
    assert suggested([small, other, large], ARRIVAL) == large.id
    assert suggested([small, large, replace(other, reviewed=True)], ARRIVAL) == other.id
    deleted = replace(large, status="quarantined")
    assert suggested([small, deleted], ARRIVAL) == small.id
