"""Near-duplicates and bursts: one group, one side, whatever comes when."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.dataset.groups import NAMED, NEW, STORED, Kin, Link, join
from core.dataset.new_pictures import NewPicture
from core.images.near_pairs import looks_of, near_pairs
from core.lookalikes import find_lookalikes
from core.records import ImageRecord, Side
from tests.builders import encode, recording, run_import, tone


def photo(seed: int) -> Image.Image:
    """Coarse and finer patches, as photos have: no two are alike by chance."""
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 256, (side, side, 3), np.uint8) for side in (6, 12)]
    coarse, fine = (Image.fromarray(x).resize((160, 120), 3) for x in layers)
    return Image.blend(coarse, fine, 0.4)


def a_file(picture: Image.Image, label: str = "cat", **more: object) -> NewPicture:
    data = encode(picture, quality=90)
    return NewPicture(f"{label}/{hash(data):x}.jpg", label, None, lambda: data, **more)  # type: ignore[arg-type]


def copy_of(picture: Image.Image, quality: int = 40) -> Image.Image:
    small = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
    return Image.open(io.BytesIO(encode(small, quality=quality)))


def shot_at(seed: int, time: str, camera: str = "Phone 3") -> NewPicture:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"2024:05:01 {time}"
    data = encode(photo(seed), exif=exif)
    return NewPicture(f"cat/{camera}-{time}.jpg", "cat", None, lambda: data)


def take(context, pictures: Sequence[NewPicture]) -> dict[str, ImageRecord]:
    """Import; what is stored then, by path."""
    run_import(context, (pictures, []))
    return {image.source_path: image for image in context.catalog.images.of_any_status()}


def of(images: dict[str, ImageRecord], *pictures: NewPicture) -> list[ImageRecord]:
    return [images[item.path] for item in pictures]


def test_pictures_that_have_nothing_in_common_are_groups_of_their_own(context):
    images = take(context, [a_file(photo(k)) for k in range(12)])
    assert all(image.split_group == image.id for image in images.values())


@pytest.mark.parametrize("together", [True, False])
def test_a_near_duplicate_is_on_the_side_of_what_it_resembles(context, together):
    originals = [a_file(photo(k)) for k in range(24)]
    copies = [a_file(copy_of(photo(k)), "dog") for k in range(24)]
    for part in [[*originals, *copies]] if together else [originals, copies]:
        images = take(context, part)
    for one, other in zip(of(images, *originals), of(images, *copies), strict=True):
        assert (one.split_group, one.side) == (other.split_group, other.side)
    assert {image.side for image in images.values()} == {"train", "valid"}
    if not together:
        assert {image.side_reason for image in of(images, *copies)} == {"near-duplicate"}


def test_a_near_duplicate_of_a_deleted_picture_or_a_test_picture_is_on_its_side_too(context):
    field_test = replace(a_file(photo(1)), side="test", side_reason="field test")
    gone = a_file(photo(2))
    images = take(context, [field_test, gone])
    context.catalog.journal.quarantine(images[gone.path].id)
    copies = [a_file(copy_of(photo(1))), a_file(copy_of(photo(2)))]
    images = take(context, copies)
    assert [i.side for i in of(images, *copies)] == ["test", images[gone.path].side]
    assert images[copies[1].path].split_group == images[gone.path].split_group


def test_what_a_folder_says_is_kept_even_for_near_duplicates(context):
    sides: list[Side] = ["train", "valid", "test"]
    pictures = [
        replace(a_file(copy_of(photo(1), 50 + 9 * k)), side=side) for k, side in enumerate(sides)
    ]
    images = of(take(context, pictures), *pictures)
    assert [image.side for image in images] == sides
    assert len({image.split_group for image in images}) == 3


def test_a_burst_that_a_way_in_names_is_on_one_side_also_later(context):
    first = [a_file(photo(k), group="burst 1") for k in range(6)]
    others = [a_file(photo(k)) for k in range(6, 30)]
    take(context, [*first, *others])
    later = [a_file(photo(k), group="burst 1") for k in range(30, 36)]
    images = of(take(context, later), *first, *later)
    assert {image.split_group for image in images} == {"burst 1"}
    assert len({image.side for image in images}) == 1


def test_photos_of_one_camera_within_two_seconds_are_a_burst_also_later(context):
    first = [shot_at(1, "10:00:00"), shot_at(2, "10:00:02"), shot_at(3, "10:00:07")]
    other = shot_at(4, "10:00:01", "Phone 4")
    images = take(context, [*first, other])
    groups = [image.split_group for image in of(images, *first, other)]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3
    later = shot_at(5, "10:00:04")
    assert take(context, [later])[later.path].split_group == groups[0]


def test_blank_pictures_are_together_when_they_are_equal(context):
    white, grey = (Image.new("RGB", (64, 64), colour) for colour in ("white", "grey"))
    files = {"a": encode(white, "PNG"), "b": encode(white, "BMP"), "c": encode(grey, "PNG")}
    pictures = [
        NewPicture(f"cat/{n}", "cat", None, lambda data=data: data) for n, data in files.items()
    ]
    one, other, third = of(take(context, pictures), *pictures)
    assert one.split_group == other.split_group != third.split_group


NAMES = "abcdefgh"
GROUPS = {"stored 1": "train", "stored 2": "valid", "stored 3": "train"}
KINS = st.fixed_dictionaries(
    {
        name: st.one_of(
            st.sampled_from(["train", "valid", None]).map(lambda s, n=name: Kin(NEW, n, s)),
            st.sampled_from(
                [("stored 1", "train"), ("stored 2", "valid"), ("stored 3", "train")]
            ).map(lambda g: Kin(STORED, *g)),
            st.just(Kin(NAMED, f"burst {name}", None)),
        )
        for name in NAMES
    }
)
LINKS = st.lists(
    st.builds(
        Link,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from([0.7, 0.8, 0.9, 2.0, 3.0]),
    ),
    max_size=12,
)


@given(KINS, LINKS, st.randoms())
@hypothesis_settings(max_examples=60, deadline=None)
def test_joining_moves_nothing_splits_no_group_and_knows_no_order(kin, links, random):
    joined = join(kin, links)
    sides: dict[str, set[Side | None]] = {}
    for name, now in joined.items():
        before = kin[name]
        assert before.side in (None, now.side)
        assert before.rank != STORED or now.group == before.group
        sides.setdefault(now.group, set()).add(now.side)
    assert all(len(group_sides) == 1 for group_sides in sides.values())
    shuffled = list(links)
    random.shuffle(shuffled)
    assert join(dict(sorted(kin.items(), reverse=True)), shuffled) == joined
    for link in links:  # what was not joined could not be
        one, other = joined[link.first], joined[link.second]
        apart = None not in (one.side, other.side) and one.side != other.side
        assert one == other or apart or one.rank == other.rank == STORED


def test_links_of_pictures_without_a_side_make_one_group_however_long_the_chain():
    kin = {name: Kin(NEW, name, None) for name in NAMES}
    joined = join(kin, [Link(a, b, 0.7) for a, b in pairwise(NAMES)])
    assert set(joined.values()) == {Kin(NEW, "a", None)}


def test_sounds_that_look_alike_are_not_joined_unless_they_are_equal(context):
    words = [[tone(hz, 0.3), tone(3 * hz, 0.2), tone(2 * hz, 0.4)] for hz in (440, 442)]
    samples = [(32_000 * np.concatenate(word)).astype(np.int16) for word in words]
    spoken, again = [recording(n) for n in samples], recording(samples[0], kind="FLAC")
    pictures = [
        NewPicture(f"cat/{number}", "cat", None, lambda data=data: data)  # type: ignore[misc]
        for number, data in enumerate([*spoken, again])
    ]
    first, second, equal = of(take(context, pictures), *pictures)
    assert first.split_group == equal.split_group != second.split_group
    for _ in find_lookalikes(context):
        pass
    (pair,) = context.catalog.lookalikes.pairs()
    assert set(pair[:2]) == {first.id, equal.id}
    rows = {row.image_id: row for row in context.catalog.lookalikes.fingerprints()}
    looks = looks_of([rows[i.id].thumbnail for i in (first, second)], ["", ""])
    assert any(len(pairs.first_p) for pairs in near_pairs(looks)), "they do not even look alike"
