"""What look-alikes move before the first training, and that nothing moves after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import first_training
from core.catalog.lookalikes import NearPair
from core.dataset.groups import regrouped
from core.dataset.split import MOVED, missing_sides
from core.feature_store import FeatureStore
from core.first_training import settle_split
from core.records import ImageRecord, Side
from tests.builders import a_record, fill


def a_group(number: int, side: Side, reason: str = "hash", label: str = "ant") -> ImageRecord:
    record = a_record(number, label, side)
    return replace(record, side_reason=reason, split_group=f"{number:02d}")


def after(images: list[ImageRecord], *pairs: tuple[int, int]) -> dict[str, ImageRecord]:
    """Each by the number of the group that it had."""
    near = [NearPair(images[a].id, images[b].id, 0.9) for a, b in pairs]
    found = {image.id: image for image in regrouped(images, near, seed=42)}
    assert found.keys() == {image.id for image in images}
    return {int(image.split_group): found[image.id] for image in images}


OTHERS = [a_group(k, side) for k, side in enumerate(("train", "train", "valid"), 10)]


def test_look_alikes_come_to_one_side_and_the_rest_stays():
    images = [a_group(0, "train"), a_group(1, "valid"), *OTHERS]
    found = after(images, (0, 1))
    assert {found[k].split_group for k in (0, 1)} == {"00"}
    assert (found[1].side, found[1].side_reason) == ("train", MOVED)
    assert [found[k] for k in (0, 10, 11, 12)] == [images[k] for k in (0, 2, 3, 4)]


def test_what_a_folder_decided_stays_and_draws_the_others():
    images = [a_group(0, "train"), a_group(1, "valid", "folder"), *OTHERS]
    found = after(images, (0, 1))
    assert (found[0].side, found[0].side_reason) == ("valid", MOVED)
    assert (found[1].side, found[1].side_reason) == ("valid", "folder")


def test_two_sides_that_folders_decided_stay_two():
    images = [a_group(0, "train", "folder"), a_group(1, "valid", "folder"), *OTHERS]
    found = after(images, (0, 1))
    assert (found[0].side, found[1].side) == ("train", "valid")
    assert found[0].split_group != found[1].split_group


def test_a_class_keeps_both_sides():
    images = [a_group(0, "train"), a_group(1, "valid"), a_group(2, "train"), a_group(3, "train")]
    found = after(images, (0, 1))
    assert not missing_sides({"ant": _counts(found.values())})
    assert found[0].side == found[1].side


def _counts(images) -> dict[Side, int]:
    return {
        side: sum(image.side == side for image in images) for side in ("train", "valid", "test")
    }


@pytest.fixture
def alike_by_features(context, monkeypatch) -> tuple[str, str]:
    """Ids on two sides of pictures that the search will say are near, among 60."""
    images = fill(context, {"ant": 30, "bee": 30})
    first = next(image for image in images if image.side == "train")
    second = next(image for image in images if image.side == "valid" and image.label == first.label)

    def features_of(context, architecture, data):
        features = np.random.default_rng(0).normal(0, 1, (60, 2, 64)).astype(np.float32)
        store = FeatureStore(context.workspace.features / f"{architecture}-key-v1")
        store.add([image.id for image in images], features)
        yield from ()
        return store

    def find_lookalikes(context):
        context.catalog.lookalikes.replace_pairs([NearPair(first.id, second.id, 0.9)], "features")
        yield from ()

    monkeypatch.setattr(first_training, "features_of", features_of)
    monkeypatch.setattr(first_training, "find_lookalikes", find_lookalikes)
    return first.id, second.id


def sides(context, ids) -> set[Side]:
    return {context.catalog.images.get(i).side for i in ids}


def test_before_the_first_training_look_alikes_are_put_on_one_side(context, alike_by_features):
    list(settle_split(context, "a_network"))
    assert len(sides(context, alike_by_features)) == 1
    assert context.catalog.lookalikes.open_counts()["both sides"] == 0
    assert context.catalog.may_choose_split()
    reasons = context.catalog.images.side_reasons()
    assert sum(by_reason.get(MOVED, 0) for by_reason in reasons.values()) == 1


def test_a_pair_that_a_person_kept_moves_nothing(context, alike_by_features):
    context.catalog.journal.keep_all(alike_by_features)
    list(settle_split(context, "a_network"))
    assert sides(context, alike_by_features) == {"train", "valid"}


def test_after_a_training_and_when_stopped_nothing_moves(context, alike_by_features):
    list(settle_split(replace(context, stop_requested=lambda: True), "a_network"))
    assert sides(context, alike_by_features) == {"train", "valid"}
    context.catalog.runs.create("quick", {}, ["ant", "bee"])
    list(settle_split(context, "a_network"))
    assert sides(context, alike_by_features) == {"train", "valid"}


def test_the_minutes_of_a_run_hold_for_settling_the_split_as_well(context, monkeypatch):
    clock = iter((7.0, 100.0))
    began = []
    monkeypatch.setattr(first_training.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(first_training, "settle_split", lambda *_: iter(()))
    monkeypatch.setattr(
        first_training.fine_tune, "fine_tune_task", lambda *all_: iter(began.append(all_[2]) or ())
    )
    assert not list(first_training.fine_tune_task(context, {}))
    assert began == [7.0]
