"""The side of an image: decided once and never moved."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.catalog import open_catalog
from core.dataset.new_pictures import NewPicture
from core.dataset.split import (
    choose_split,
    counts_of,
    missing_sides,
    position,
    side_by_hash,
    split_anew,
    top_up,
)
from core.errors import Conflict, StudioError
from core.events import RunEnded
from core.records import ImageRecord
from core.workspace import Workspace
from tests.builders import a_record, fill, picture, run_import

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


def in_group(number: int, group: str, label: str = "apple", seed: int = 42) -> ImageRecord:
    side = side_by_hash(seed, group, SHARE)
    return replace(a_record(number, label, side), split_group=group)


def of_group(images: list[ImageRecord]) -> dict[str, set[str]]:
    sides: dict[str, set[str]] = {}
    for image in images:
        sides.setdefault(image.split_group or image.id, set()).add(image.side)
    return sides


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefg"), st.sampled_from(CLASSES)), min_size=1, max_size=40
    ),
    st.integers(0, 50),
    st.randoms(),
)
@hypothesis_settings(max_examples=50, deadline=None)
def test_a_top_up_moves_whole_groups_and_knows_no_order(members, seed, random):
    images = [in_group(k, group, label, seed) for k, (group, label) in enumerate(members)]
    topped = top_up(images, {}, seed)
    assert {image.id for image in topped} == {image.id for image in images}
    assert all(len(sides) == 1 for sides in of_group(topped).values())
    before, after = both_sides(counts_of(images)), both_sides(counts_of(topped))
    assert all(after[label] for label, both in before.items() if both)  # nothing gets worse
    labels_of = {group: {label for g, label in members if g == group} for group, _ in members}
    for label, counts in counts_of(topped).items():  # a shared group may be needed elsewhere
        assert counts["train"] or any(label in ls and len(ls) > 1 for ls in labels_of.values())
    random.shuffle(images)
    assert top_up(images, {}, seed) == topped


def test_a_top_up_takes_the_smallest_group():
    images = [in_group(k, "large") for k in range(9)] + [in_group(k, "small") for k in (9, 10)]
    images = [replace(image, side="train") for image in images]
    topped = {i.split_group: i for i in top_up(images, {}, 42)}
    assert (topped["small"].side, topped["large"].side) == ("valid", "train")


def test_a_class_that_is_one_group_stays_on_one_side():
    images = [replace(in_group(k, "one"), side="train") for k in range(9)]
    assert top_up(images, {}, 42) == sorted(images, key=lambda image: image.id)
    assert "no validation image" in missing_sides(counts_of(images))["apple"]


def sides_of(catalog) -> dict[str, str]:
    return {image.id: image.side for image in catalog.images.of_any_status()}


def test_another_split_is_what_another_seed_and_share_would_have_given(context):
    fill(context, {"cat": 40, "dog": 40})
    catalog = context.catalog
    first, before = sides_of(catalog), catalog.images.of_any_status()
    choose_split(catalog, 7, 0.4)
    assert (catalog.seed, catalog.valid_share) == (7, 0.4)
    assert catalog.images.of_any_status() == sorted(
        split_anew(before, 7, 0.4), key=lambda image: image.id
    )
    assert sides_of(catalog) != first
    assert {image.side_reason for image in catalog.images.all()} <= {"hash", "top-up"}
    choose_split(catalog, 42, 0.2)
    assert sides_of(catalog) == first


def test_another_split_keeps_what_was_given_and_what_looks_like_it(catalog):
    images = [
        replace(a_record(k, side=side), side_reason=reason, split_group=f"{reason} {k % 2}")
        for k, (side, reason) in enumerate(
            [("train", "folder"), ("valid", "column"), ("test", "field test")] * 6
        )
    ]
    like = [
        replace(image, id=a_record(100 + k).id, side_reason="near-duplicate")
        for k, image in enumerate(images)
    ]
    free = [replace(a_record(200 + k), split_group=f"free {k // 3}") for k in range(60)]
    catalog.images.add("a test", [*images, *like, *free], [], 0)
    choose_split(catalog, 5, 0.5)
    now = {image.id: image for image in catalog.images.all()}
    assert all(now[image.id] == image for image in [*images, *like])
    assert {now[image.id].side for image in free} == {"train", "valid"}
    assert all(len(sides) == 1 for sides in of_group([now[i.id] for i in free]).values())


def test_after_a_training_the_split_stands_even_when_its_run_is_gone(catalog):
    catalog.images.add("a test", [a_record(k) for k in range(20)], [], 0)
    assert catalog.may_choose_split()
    run = catalog.runs.create("quick", {}, ["apple"])
    catalog.runs.end(run.id, RunEnded("stopped"))
    catalog.runs.delete(run.id)
    before = sides_of(catalog)
    assert not catalog.may_choose_split()
    with pytest.raises(Conflict, match="The split stands"):
        choose_split(catalog, 7, 0.5)
    assert (sides_of(catalog), catalog.seed, catalog.valid_share) == (before, 42, 0.2)


def test_sides_move_in_no_other_way(catalog):
    catalog.images.add("a test", [a_record(1)], [], 0)
    choose_split(catalog, 7, 0.5)
    with pytest.raises(StudioError, match="never moves"):
        catalog._db.run("UPDATE images SET side = 'test'")


@pytest.mark.parametrize(("seed", "share"), [(-1, 0.2), (2**31, 0.2), (1, 0.0), (1, 0.9)])
def test_a_split_that_cannot_be_is_refused(catalog, seed, share):
    with pytest.raises(StudioError, match="cannot be made"):
        choose_split(catalog, seed, share)


def a_file(number: int, label: str) -> NewPicture:
    return NewPicture(f"{label}/{number}.jpg", label, None, lambda: picture(seed=number))


def test_pictures_without_near_duplicates_have_their_side_in_any_order(context):
    pictures = [a_file(number, CLASSES[number % 3]) for number in range(45)]
    run_import(context, (pictures, []))
    alone = [i for i in context.catalog.images.all() if i.split_group == i.id]
    assert len(alone) > 20
    for image in alone:
        if image.side_reason == "hash":
            assert image.side == side_by_hash(42, image.id, SHARE)
    random = Random(1)
    for _ in range(2):
        random.shuffle(pictures)
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder) / "w")
            other = replace(context, workspace=workspace, catalog=open_catalog(workspace))
            run_import(other, (pictures, []))
            assert other.catalog.images.all() == context.catalog.images.all()
            other.catalog.close()


def test_a_thousand_random_changes_move_no_picture(context):
    """Imports of new pictures, of near-duplicates and of known ones, among marks of all kinds."""
    random, catalog = Random(7), context.catalog
    first: dict[str, tuple[str, str]] = {}
    numbers, verbs = 0, ["relabel", "quarantine", "restore", "undo", "redo"]
    for step in range(1000):
        if step % 25 == 0:
            new = [a_file(numbers + k, random.choice(CLASSES)) for k in range(4)]
            again = [a_file(random.randrange(numbers + 4), random.choice(CLASSES))]
            alike = [near(random.randrange(numbers + 4), random.choice(CLASSES), numbers)]
            numbers += 4
            run_import(context, ([*new, *again, *alike], []))
            for image in catalog.images.of_any_status():
                assert first.setdefault(image.id, (image.side, image.split_group)) == (
                    image.side,
                    image.split_group,
                )
        verb = random.choice(verbs)
        arguments = [random.choice(list(first))] if verb in verbs[:3] else []
        arguments += [random.choice(catalog.images.classes())] if verb == "relabel" else []
        with suppress(Conflict):
            getattr(catalog.journal, verb)(*arguments)
    images = catalog.images.of_any_status()
    assert {i.id: (i.side, i.split_group) for i in images} == first
    groups = of_group(images)
    assert all(len(sides) == 1 for sides in groups.values())
    assert len(groups) < len(images) - 20


def near(number: int, label: str, quality: int) -> NewPicture:
    """The same picture in another file."""
    data = picture("PNG", seed=number, compress_level=quality % 9)
    return NewPicture(f"{label}/near-{number}-{quality}.png", label, None, lambda: data)
