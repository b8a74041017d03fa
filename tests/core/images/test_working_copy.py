"""The one picture that pages show and training reads."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.errors import PictureError, WorkspaceError
from core.files import write_atomically
from core.images import working_copy as module
from core.images.working_copy import (
    CopyCache,
    copied_pixels,
    open_copy,
    read_copy,
    read_file,
    thumbnail,
    working_copy,
)
from tests.builders import ORIENTATION, encode, fill, oriented, pattern, picture


def with_gps() -> dict[str, object]:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 5.0)}
    return {"exif": exif, "comment": b"at home", "xmp": b"<x>GPS 48.8</x>"}


def hidden_segment(data: bytes) -> bytes:
    """The same JPEG with a further application segment, as cameras write them."""
    body = b"http://ns.adobe.com/xmp/extension/\x00 GPS 48.8"
    return data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((600, 450), (427, 320)),
        ((300, 900), (300, 900)),
        ((500, 400), (500, 400)),
        ((320, 320), (320, 320)),
        ((20_000, 500), (2048, 51)),
        ((8, 60_000), (1, 2048)),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_large_pictures_are_made_smaller_and_nothing_is_enlarged(size, expected, format, settings):
    copy = Image.open(BytesIO(working_copy(picture(format, size=size), settings)))
    assert (copy.format, copy.mode, copy.size) == ("JPEG", "RGB", expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1600, 1200), (400, 300)),
        ((4000, 3000), (500, 375)),
        ((1000, 900), (356, 320)),
        ((600, 520), (300, 260)),
    ],
)
def test_a_jpeg_is_made_smaller_by_its_decoder_where_that_is_enough(size, expected, settings):
    copy = open_copy(working_copy(picture(size=size), settings))
    assert copy.size == expected
    plain = np.asarray(pattern(size).resize(expected, Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(np.asarray(copy).astype(int) - plain).mean() < 3


@pytest.mark.parametrize("size", [(48, 32), (900, 700)], ids=["small", "large"])
def test_nothing_but_pixels_is_left_in_the_copy(size, settings):
    copy = working_copy(picture(size=size, **with_gps()), settings)
    assert b"GPS" not in copy and b"at home" not in copy and b"Exif" not in copy
    assert not Image.open(BytesIO(copy)).getexif()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_words_in_other_formats_do_not_reach_the_copy(format, settings):
    options = {"comment": b"at home"} if format == "GIF" else {"exif": with_gps()["exif"]}
    copy = working_copy(picture(format, **options), settings)
    assert b"at home" not in copy and b"Exif" not in copy


def test_segments_that_pillow_does_not_know_do_not_reach_the_copy(settings):
    assert b"GPS" not in working_copy(hidden_segment(picture()), settings)


def test_bytes_behind_the_end_of_a_picture_do_not_reach_the_copy(settings):
    """Phones append a film or a second picture."""
    assert b"a film" not in working_copy(picture() + b"a film of my street", settings)


def test_the_copy_is_upright(settings):
    stored = pattern((900, 600)).transpose(Image.Transpose.ROTATE_90)
    copy = open_copy(working_copy(oriented(stored, 6), settings))
    assert copy.size == (450, 300)
    expected = np.asarray(pattern((450, 300))).astype(int)
    assert np.abs(np.asarray(copy).astype(int) - expected).mean() < 8


def test_the_same_file_gives_the_same_copy_on_any_thread(settings):
    files = [picture(size=(700, 500), seed=seed) for seed in range(6)]
    one_by_one = [working_copy(data, settings) for data in files]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda data: working_copy(data, settings), files)) == one_by_one


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_copy_of_a_copy_is_the_copy(format, settings):
    copy = working_copy(picture(format, size=(900, 700)), settings)
    assert working_copy(copy, settings) == copy


@pytest.mark.parametrize("size", [(48, 32), (320, 400), (900, 700), (4000, 90)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_the_pixels_of_a_copy_are_had_without_it(format, size, settings):
    for data in (
        picture(format, size=size),
        working_copy(picture(format, size=size), settings),
        oriented(pattern(size), 6, format),
        picture(format, "L", size),
    ):
        expected = np.asarray(open_copy(working_copy(data, settings)))
        assert np.array_equal(np.asarray(copied_pixels(data, settings)), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_facts_tell_the_size_of_the_upright_original(orientation, settings):
    upright = (48, 64) if orientation >= 5 else (64, 48)
    data = oriented(pattern((64, 48)), orientation)
    facts, _ = read_file(data, settings)
    assert (facts.width_px, facts.height_px) == upright


def test_content_decides_what_a_file_is_and_the_id_is_its_hash(settings):
    data = picture("PNG")
    facts, _ = read_file(data, settings)
    assert facts.suffix == ".png"
    assert facts.id == hashlib.sha256(data).hexdigest()


def test_a_file_that_is_no_picture_has_no_copy(settings):
    with pytest.raises(PictureError):
        read_file(b"text", settings)


def test_a_copy_is_read_back_as_rgb(workspace, settings):
    write_atomically(workspace.copy("a" * 64), working_copy(picture(mode="L"), settings))
    assert read_copy(workspace, "a" * 64).mode == "RGB"


@pytest.mark.parametrize("content", [None, b"", b"text", picture(size=(300, 200))[:900]])
def test_a_copy_that_is_gone_or_damaged_is_said_in_a_sentence(content, workspace):
    if content is not None:
        write_atomically(workspace.copy("b" * 64), content)
    with pytest.raises(WorkspaceError) as caught:
        read_copy(workspace, "b" * 64)
    assert "0x" not in caught.value.message


def test_a_picture_with_a_long_comment_is_read(settings):
    data = encode(pattern(), "GIF", comment=b"x" * 70_000)
    assert open_copy(working_copy(data, settings)).size == (48, 32)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((427, 320), (214, 160)),
        ((300, 225), (300, 225)),
        ((320, 2000), (160, 1000)),
        ((48, 32), (48, 32)),
    ],
)
def test_the_short_side_is_halved_while_it_stays_large_enough(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    small = Image.open(BytesIO(thumbnail(picture(size=size))))
    assert (small.format, small.size) == ("JPEG", expected)


@pytest.mark.parametrize("data", [b"", b"no picture", picture()[:200], picture("PNG")])
def test_what_cannot_be_read_comes_back_as_it_is(data: bytes) -> None:
    assert thumbnail(data) == data


@pytest.mark.parametrize("room", [0, 10_000, 10**9])
def test_what_is_read_is_the_working_copy_whatever_is_kept(context, monkeypatch, room):
    monkeypatch.setattr(module, "MAX_CACHE_BYTES", room)
    ids = [image.id for image in fill(context, {"a": 3})]
    copies = CopyCache(context.workspace)
    for image_id in (*ids, *ids):
        expected = np.asarray(read_copy(context.workspace, image_id))
        np.testing.assert_array_equal(np.asarray(copies.read(image_id)), expected)
    one = 4 * 48 * 32
    assert len(copies._images) == min(3, room // one)


def test_a_copy_that_is_gone_is_said(context):
    (image, *_) = fill(context, {"a": 2})
    context.workspace.copy(image.id).unlink()
    with pytest.raises(WorkspaceError, match="gone"):
        CopyCache(context.workspace).read(image.id)
