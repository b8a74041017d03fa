"""Fingerprints: near for what is the same picture, far for others."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from core.images.fingerprint import edges, fingerprint, hash_distances, hashes, seen
from tests.builders import encode, pattern

NEAR, FAR = 12, 16
MIRROR = Image.Transpose.FLIP_LEFT_RIGHT


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Coarse and finer patches, as photos have."""
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 256, (side, side, 3), np.uint8) for side in (4, 9)]
    coarse, fine = (Image.fromarray(x).resize(size, Image.Resampling.BICUBIC) for x in layers)
    return Image.blend(coarse, fine, 0.4)


def thumbnails(*pictures: Image.Image) -> np.ndarray:
    raw = b"".join(fingerprint(picture).thumbnail for picture in pictures)
    return np.frombuffer(raw, np.uint8).reshape(-1, 32, 32)


def distance(picture: Image.Image, other: Image.Image) -> int:
    hashes_n = hashes(thumbnails(picture, other))["as it is"]
    return int(hash_distances(hashes_n, hashes_n)[0, 1])


def trimmed(image: Image.Image, share: float) -> Image.Image:
    width, height = image.size
    x, y = share * width / 2, share * height / 2
    return image.crop((round(x), round(y), round(width - x), round(height - y)))


def recoded(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(encode(image, quality=quality)))


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 10_000),
    st.floats(0.4, 1.5),
    st.integers(40, 95),
    st.floats(0, 0.05),
    st.floats(0.85, 1.1),
)
def test_changed_a_little_is_near(seed, scale, quality, cut, brightness):
    before = photo(seed)
    after = ImageEnhance.Brightness(trimmed(before, cut)).enhance(brightness)
    after = after.resize((round(after.width * scale), round(after.height * scale)))
    assert distance(before, recoded(after, quality)) <= NEAR


def test_resizing_and_coding_alone_change_next_to_nothing():
    for seed in range(20):
        before = photo(seed)
        assert distance(before, recoded(before.resize((150, 113)), 50)) <= 4


def test_other_pictures_are_far():
    hashes_of = hashes(thumbnails(*(photo(seed) for seed in range(60))))
    hashes_n = hashes_of["as it is"]
    for other in hashes_of.values():
        distances = hash_distances(hashes_n, other)[np.triu_indices(60, 1)]
        assert (distances <= FAR).mean() < 0.005
        assert 28 < distances.mean() < 36


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_the_hash_seen_in_a_way_is_that_of_what_is_seen(seed):
    thumbnails_nhw = thumbnails(photo(seed))
    for way, hashes_n in hashes(thumbnails_nhw).items():
        as_seen = hashes(seen(thumbnails_nhw, way))["as it is"]
        assert hash_distances(hashes_n, as_seen)[0, 0] <= 2
    assert (seen(thumbnails_nhw, "mirrored") == thumbnails_nhw[:, :, ::-1]).all()


def test_bits_follow_the_definition():
    """The transform written out, frequency by frequency."""
    thumbnail = thumbnails(photo(3))
    at = (2 * np.arange(32) + 1) * np.pi / 64
    waves = [
        (thumbnail[0] * np.outer(np.cos(at * v), np.cos(at * u))).sum()
        for v in range(8)
        for u in range(8)
    ]
    bits = np.packbits(np.array(waves) > np.median(waves)).tobytes()
    assert hashes(thumbnail)["as it is"].tobytes() == bits


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=6))
def test_distances_count_bits(numbers):
    hashes_n = np.array(numbers, np.uint64)
    expected = [[(a ^ b).bit_count() for b in numbers] for a in numbers]
    assert hash_distances(hashes_n, hashes_n).tolist() == expected


@pytest.mark.parametrize("colour", ["white", "black", "#12a07f"])
def test_blank_pictures_resemble_only_their_equals(colour):
    blank = fingerprint(Image.new("RGB", (64, 48), colour))
    assert blank.blank
    assert blank == fingerprint(Image.new("RGB", (64, 48), colour))
    assert blank.blank != fingerprint(Image.new("RGB", (64, 48), "#fefefe")).blank
    assert blank.blank != fingerprint(Image.new("RGB", (48, 64), colour)).blank


def test_a_picture_with_something_on_it_is_not_blank():
    assert fingerprint(pattern()).blank == ""


def test_edges_of_a_picture_do_not_depend_on_its_brightness():
    thumbnail = thumbnails(photo(1)) // 2
    assert edges(thumbnail).shape == (1, 1922)
    assert (edges(thumbnail) == edges(thumbnail + 50)).all()


def test_the_mirror_image_of_a_file_is_near_by_the_mirrored_hash():
    picture = photo(5)
    hashes_of = hashes(thumbnails(picture, picture.transpose(MIRROR)))
    hashes_n, mirrored_n = hashes_of["as it is"], hashes_of["mirrored"]
    assert hash_distances(mirrored_n, hashes_n)[0, 1] <= 2
    assert hash_distances(hashes_n, hashes_n)[0, 1] > FAR
