"""Camera and time of a photo, from EXIF that nobody vouches for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.images.camera import Shot, camera_of, read_shot
from core.images.reading import read_picture
from tests.builders import encode, pattern, picture


def photo(time: object, model: object = "Phone 3", **more: object) -> bytes:
    """A photo that says when it was taken, and by what."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = model
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = time
    for name, value in more.items():
        details[ExifTags.Base[name]] = value
    return encode(pattern(), exif=exif)


def test_a_photo_says_when_and_by_what_it_was_taken(settings):
    data = photo("2024:05:01 10:00:00", SubsecTimeOriginal="25", BodySerialNumber="77")
    shot = read_picture(data, settings).shot
    assert shot == Shot("Phone 3 77", datetime(2024, 5, 1, 10, tzinfo=UTC).timestamp() + 0.25)


@pytest.mark.parametrize("time", ["", "0000:00:00 00:00:00", "yesterday", "2024:13:01 10:00:00"])
def test_a_time_that_makes_no_sense_is_no_time(time, settings):
    assert read_picture(photo(time), settings).shot is None


def test_a_time_without_a_camera_says_nothing(settings):
    assert read_picture(photo("2024:05:01 10:00:00", model=""), settings).shot is None
    assert read_picture(picture(), settings).shot is None


def test_the_order_of_bytes_is_read_from_the_block():
    exif = Image.Exif()
    exif.endian = ">"
    exif[ExifTags.Base.Make] = "Lens & Co"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1999:12:31 23:59:58"
    block = exif.tobytes()
    assert b"MM" in block[:10]
    assert read_shot(block) == Shot(
        "Lens & Co", datetime(1999, 12, 31, 23, 59, 58, tzinfo=UTC).timestamp()
    )


@given(st.data())
def test_damage_anywhere_in_the_block_never_leaks(data):
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Phone 3"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:01 10:00:00"
    block = bytearray(exif.tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    shot = read_shot(bytes(block[: data.draw(st.integers(0, len(block)))]))
    assert shot is None or shot.camera


@pytest.mark.parametrize("block", [None, b"", b"Exif", b"II*", 7, "text"])
def test_what_is_no_block_says_nothing(block):
    assert read_shot(block) is None


def test_the_camera_is_what_the_file_says(tmp_path):
    exif = Image.Exif()
    exif[271], exif[272] = "Acme\0", "Pocket 3"
    file = tmp_path / "a.jpg"
    file.write_bytes(encode(pattern(), exif=exif))
    assert camera_of(file) == "Acme Pocket 3"
    for data in (picture(), picture("PNG"), b"", b"no picture", file.read_bytes()[:30]):
        file.write_bytes(data)
        assert camera_of(file) == ""
    assert camera_of(tmp_path / "gone.jpg") == ""
