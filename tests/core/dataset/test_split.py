"""The side of an image: decided once and never moved."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.catalog import open_catalog
from core.dataset.split import missing_sides, position, side_by_hash, top_up
from core.records import ImageRecord
from core.workspace import Workspace
from tests.builders import a_record

CLASSES = ("apple", "pear", "plum")
SHARE = 0.2


def ids(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def new(number: int, label: str, seed: int = 42) -> ImageRecord:
    """An image as an import makes it, before the top-up."""
    image = a_record(number, label)
    return a_record(number, label, side_by_hash(seed, image.id, SHARE))


def both_sides(counts) -> dict[str, bool]:
    return {label: bool(c["train"] and c["valid"]) for label, c in counts.items()}


def test_the_share_is_about_what_was_asked_for():
    valid = sum(side_by_hash(42, image_id, SHARE) == "valid" for image_id in ids(5000))
    assert 0.18 < valid / 5000 < 0.22


@pytest.mark.parametrize(("share", "side"), [(0.0, "train"), (1.0, "valid")])
def test_the_share_can_be_nothing_or_all(share, side):
    assert {side_by_hash(42, image_id, share) for image_id in ids(200)} == {side}


def test_another_seed_gives_another_split():
    sides = [[side_by_hash(seed, i, SHARE) for i in ids(300)] for seed in (1, 2, 1)]
    assert sides[0] == sides[2] != sides[1]


@given(st.integers(), st.text(max_size=70))
def test_a_position_is_a_share(seed, image_id):
    assert 0 <= position(seed, image_id) < 1


@given(st.permutations(range(30)), st.integers(0, 100))
def test_the_order_of_arrival_makes_no_difference(order, seed):
    images = [new(number, CLASSES[number % 3], seed) for number in order]
    expected = top_up([new(n, CLASSES[n % 3], seed) for n in range(30)], {}, seed)
    assert top_up(images, {}, seed) == expected


@pytest.mark.parametrize("count", range(2, 12))
def test_a_class_of_two_or_more_gets_both_sides(count):
    for start in range(0, 400, count):
        images = top_up([new(start + k, "apple") for k in range(count)], {}, 42)
        assert {image.side for image in images} == {"train", "valid"}
        assert sum(image.side_reason == "top-up" for image in images) <= 1


def test_the_top_up_takes_the_image_nearest_to_the_side_it_lacks():
    images = sorted((a_record(n, side="train") for n in range(9)), key=lambda i: position(42, i.id))
    topped = {image.id: image for image in top_up(images, {}, 42)}
    assert [topped[image.id].side for image in images] == ["valid"] + ["train"] * 8
    assert topped[images[0].id].side_reason == "top-up"


def test_stored_images_count_and_only_new_ones_move():
    counts = {"apple": {"train": 5, "valid": 0, "test": 0}}
    (image,) = top_up([a_record(1, side="train")], counts, 42)
    assert (image.side, image.side_reason) == ("valid", "top-up")
    counts["apple"]["valid"] = 1
    assert top_up([a_record(1, side="train")], counts, 42) == [a_record(1, side="train")]


def test_a_side_that_a_folder_says_is_not_moved():
    images = [replace(a_record(n), side_reason="folder") for n in range(5)]
    assert {image.side for image in top_up(images, {}, 42)} == {"train"}


def test_the_only_image_of_a_class_trains():
    assert top_up([a_record(1)], {}, 42) == [a_record(1)]
    (image,) = top_up([a_record(1, side="valid")], {}, 42)
    assert (image.side, image.side_reason) == ("train", "top-up")


def test_many_classes_are_split_quickly():
    images = [new(number, f"class {number % 1000}") for number in range(20_000)]
    assert len(top_up(images, {}, 42)) == 20_000  # the time limit of the tests holds this


@pytest.mark.parametrize(
    ("sides", "sentence"),
    [
        ((0, 0, 0), "no images in use"),
        ((0, 0, 4), "only test images"),
        ((1, 0, 0), "only one image"),
        ((9, 0, 0), "no validation image"),
        ((0, 2, 0), "no training image"),
        ((4, 1, 0), None),
    ],
)
def test_what_a_class_lacks_is_said_in_a_sentence(sides, sentence):
    counts = {"apple": dict(zip(("train", "valid", "test"), sides))}
    reasons = missing_sides(counts)
    assert set(reasons) == ({"apple"} if sentence else set())
    if sentence:
        assert reasons["apple"].startswith(sentence)
        assert reasons["apple"].endswith(".")


STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4), st.sampled_from(CLASSES)),
    st.tuples(
        st.sampled_from(["relabel", "quarantine", "restore", "undo", "redo"]),
        st.integers(0, 10_000),
        st.sampled_from(CLASSES),
    ),
)


class Studio:
    """A catalog under random work, with the side each image got at first sight."""

    def __init__(self, folder: str) -> None:
        self.catalog = open_catalog(Workspace(Path(folder)))
        self.first_side: dict[str, str] = {}
        self.numbers = 0
        self.add(6, CLASSES[0])
        self.add(6, CLASSES[1])
        self.add(6, CLASSES[2])

    def add(self, count: int, label: str) -> None:
        images = [new(self.numbers + k, label, self.catalog.seed) for k in range(count)]
        self.numbers += count
        stored = top_up(images, self.catalog.images.counts(), self.catalog.seed)
        self.catalog.images.add("a test", stored, [], 0)
        self.first_side |= {image.id: image.side for image in stored}

    def do(self, verb: str, number: int, label: str) -> None:
        image_id = list(self.first_side)[number % len(self.first_side)]
        if verb == "add":
            self.add(number, label)
        elif verb == "relabel":
            self.catalog.journal.relabel(image_id, label)
        elif verb in ("quarantine", "restore"):
            getattr(self.catalog.journal, verb)(image_id)
        else:
            getattr(self.catalog.journal, verb)()

    def sides(self) -> dict[str, str]:
        images = self.catalog.images
        return {i.id: i.side for i in [*images.all(), *images.all("quarantined")]}


@given(st.lists(STEPS, min_size=100, max_size=100))
@hypothesis_settings(max_examples=10, deadline=None)
def test_a_thousand_random_changes_move_no_side(steps):
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(folder)
        assert all(both_sides(studio.catalog.images.counts()).values())
        for step in steps:
            studio.do(*step)
        assert studio.sides() == studio.first_side
        studio.catalog.close()


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(CLASSES)), max_size=12))
@hypothesis_settings(max_examples=30, deadline=None)
def test_classes_that_grow_import_by_import_have_both_sides_from_the_second_image_on(imports):
    with tempfile.TemporaryDirectory() as folder:
        catalog = open_catalog(Workspace(Path(folder)))
        total = 0
        for count, label in imports:
            images = [new(total + k, label, catalog.seed) for k in range(count)]
            total += count
            catalog.images.add("x", top_up(images, catalog.images.counts(), catalog.seed), [], 0)
            for sides in catalog.images.counts().values():
                assert sum(sides.values()) < 2 or (sides["train"] and sides["valid"])
        catalog.close()
