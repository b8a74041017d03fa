"""Reading pictures that nobody vouches for."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import PictureError
from core.images.reading import FORMATS, SUFFIXES, read_picture
from core.settings import Settings
from tests.builders import ORIENTATION, encode, oriented, pattern, picture

pytestmark = pytest.mark.filterwarnings("ignore::Warning:PIL")  # as outside of pytest
LOSSLESS = ("PNG", "BMP", "TIFF", "PPM")


def picture_format(data: bytes) -> tuple[str, int, int]:
    """Suffix, width and height that are read."""
    read = read_picture(data, Settings(home="."))
    return read.suffix, read.width_px, read.height_px


def refusal(data: bytes, settings: Settings) -> str:
    with pytest.raises(PictureError) as caught:
        read_picture(data, settings)
    return caught.value.message


def pixels(data: bytes, settings: Settings) -> np.ndarray:
    """(height, width, 3) of the picture as it is read."""
    image = read_picture(data, settings).pixels
    assert image.mode == "RGB"
    return np.asarray(image)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read_as_the_picture_it_holds(format, settings):
    data = picture(format)
    difference = pixels(data, settings).astype(int) - np.asarray(pattern()).astype(int)
    assert np.abs(difference).mean() < (1e-9 if format in LOSSLESS else 12)
    assert picture_format(data) == (SUFFIXES[format], 48, 32)


def test_a_jpeg_with_several_pictures_inside_gives_the_first(settings):
    data = picture("MPO", save_all=True, append_images=[pattern(seed=1)])
    assert picture_format(data) == (".jpg", 48, 32)
    difference = pixels(data, settings).astype(int) - np.asarray(pattern()).astype(int)
    assert np.abs(difference).mean() < 12


def test_an_empty_file_is_refused(settings):
    assert refusal(b"", settings) == "the file is empty"


@pytest.mark.parametrize(
    "data",
    [b"hello, this is text", b"\xff\xd8\xff\xe0 only the first signs of a JPEG", b"\x00" * 500],
    ids=["text", "jpeg head", "zeros"],
)
def test_what_is_not_a_picture_is_refused(data, settings):
    assert refusal(data, settings) == "not a picture that can be opened"
    with pytest.raises(PictureError):
        picture_format(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_half_a_file_is_refused(format, settings):
    data = picture(format, size=(300, 200))
    assert refusal(data[: len(data) // 2], settings)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_truncated_file_is_called_truncated(format, settings):
    data = picture(format, size=(300, 200))
    assert refusal(data[: len(data) // 2], settings).startswith("truncated")


@given(st.sampled_from(FORMATS), st.data())
@hypothesis_settings(max_examples=150, deadline=None)
def test_damage_anywhere_is_refused_or_read_but_never_leaks(format, data):
    limits = Settings(home=".")
    file = bytearray(picture(format))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    del file[data.draw(st.integers(len(file) // 3, len(file))) :]
    try:
        read_picture(bytes(file), limits)
    except PictureError as error:
        assert error.hint


def test_the_format_of_half_a_png_does_not_leak():
    data = picture("PNG", size=(300, 200))
    with pytest.raises(PictureError):
        picture_format(data[: len(data) // 2])


@pytest.mark.parametrize("size", [(1, 1), (7, 300)])
def test_a_picture_too_small_to_learn_from_is_refused(size, settings):
    assert "too small" in refusal(picture("PNG", size=size), settings)


def test_a_file_over_the_limit_is_refused(settings):
    small = replace(settings, max_file_bytes=2_000_000)
    assert refusal(b"\xff" * 2_000_001, small) == "larger than 2 MB"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_by_hand(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG that says what it is told to say."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has that many pixels."""
    return png_by_hand(width, height, bits=1, colour_type=0, rows=b"\x00" * 1000)


@pytest.mark.parametrize("side_px", [10_001, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side_px, settings):
    assert "too many pixels" in refusal(bomb(side_px, side_px), settings)


def test_the_limit_on_pixels_can_be_raised_above_the_one_of_pillow(settings, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    data = picture("PNG", size=(100, 90))
    assert read_picture(data, replace(settings, max_pixels=9000)).pixels.size == (100, 90)
    assert "too many pixels" in refusal(data, replace(settings, max_pixels=8999))


def test_cmyk_comes_out_as_the_same_colours(settings):
    data = picture("JPEG", mode="CMYK", quality=95)
    difference = pixels(data, settings).astype(int) - np.asarray(pattern()).astype(int)
    assert np.abs(difference).mean() < 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_modes_of_png_come_out_as_the_same_picture(mode, settings):
    expected = pattern(mode=mode).convert("RGB")
    assert np.array_equal(pixels(picture("PNG", mode=mode), settings), np.asarray(expected))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_scaled_not_clipped(format, settings):
    ramp_u16 = np.tile((np.arange(256) * 256 + 17).astype(np.uint16), (16, 1))
    read = pixels(encode(Image.fromarray(ramp_u16), format), settings)
    assert np.abs(read[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_transparency_comes_out_on_white(settings):
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 8, 16))
    read = pixels(encode(image, "PNG"), settings)
    assert read[0, 0].tolist() == [0, 0, 255]
    assert read[0, 15].tolist() == [255, 255, 255]


def test_half_transparency_is_mixed_with_white(settings):
    read = pixels(encode(Image.new("RGBA", (16, 16), (0, 0, 0, 128)), "PNG"), settings)
    assert 125 <= read[0, 0, 0] <= 129


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_comes_out_white(format, settings):
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(0, (0, 0, 8, 16))
    read = pixels(encode(image, format, transparency=0), settings)
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[0, 15].tolist() == [255, 0, 0]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_frame_of_an_animation_is_read(format, settings):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "green", "blue")]
    data = encode(frames[0], format, save_all=True, append_images=frames[1:])
    assert pixels(data, settings)[8, 8].tolist() == pytest.approx([255, 0, 0], abs=3)


def float_tiff(values: np.ndarray) -> bytes:
    return encode(Image.fromarray(values.astype(np.float32)), "TIFF")


def test_a_float_tiff_is_stretched_to_its_own_range(settings):
    read = pixels(float_tiff(np.tile(np.linspace(-2.0, 6.0, 256), (16, 1))), settings)
    assert np.abs(read[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_values_that_are_not_finite_do_not_spoil_a_float_tiff(settings):
    values = np.tile(np.linspace(0.0, 1.0, 256), (16, 1))
    values[0, :3] = [np.nan, np.inf, -np.inf]
    read = pixels(float_tiff(values), settings)
    assert read[0, :3, 0].tolist() == [0, 255, 0]
    assert np.abs(read[1, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_a_float_tiff_of_one_value_is_black(value, settings):
    assert pixels(float_tiff(np.full((16, 16), value)), settings).max() == 0


# Oracle: what the camera did to the upright picture before it stored it.
CAMERA = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270),
    8: (Image.Transpose.ROTATE_270,),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", CAMERA)
def test_pictures_come_out_upright_whatever_way_the_camera_was_held(orientation, format, settings):
    upright = pattern((64, 48))
    stored = upright
    for turn in CAMERA[orientation]:
        stored = stored.transpose(turn)
    options = {"quality": 95} if format == "JPEG" else {}
    data = oriented(stored, orientation, format, **options)
    read = pixels(data, settings).astype(int)
    assert read.shape == (48, 64, 3)
    assert np.abs(read - np.asarray(upright).astype(int)).mean() < 8
    assert picture_format(data)[1:] == (64, 48)


@pytest.mark.parametrize("orientation", [0, 9, 400])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation, settings):
    data = oriented(pattern(), orientation)
    assert read_picture(data, settings).pixels.size == (48, 32)
    assert picture_format(data)[1:] == (48, 32)


def test_exif_behind_the_pixels_of_a_png_counts_too(settings):
    exif = Image.Exif()
    exif[0x0112] = 6
    end = chunk(b"IEND", b"")
    whole = picture("PNG")
    data = whole.removesuffix(end) + chunk(b"eXIf", exif.tobytes()[6:]) + end
    assert read_picture(data, settings).pixels.size == (32, 48)
    assert picture_format(data)[1:] == (32, 48)


@given(st.data())
@hypothesis_settings(max_examples=100, deadline=None)
def test_odd_exif_never_refuses_a_good_picture(data):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 5.0)}
    block = bytearray(exif.tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(6, len(block) - 1))] = data.draw(st.integers(0, 255))
    file = encode(pattern(), "JPEG", exif=bytes(block))
    assert sorted(read_picture(file, Settings(home=".")).pixels.size) == [32, 48]


def test_exif_that_cannot_be_written_again_does_not_refuse_a_picture(settings):
    """A text field that holds numbers: read_picture needs the orientation only."""
    block = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00"
    block += struct.pack("<HHII", 0x010F, 3, 1, 7)  # the maker of the camera, as a number
    block += struct.pack("<HHII", ORIENTATION, 3, 1, 6) + b"\x00" * 4
    assert read_picture(encode(pattern(), "JPEG", exif=block), settings).pixels.size == (32, 48)


def test_a_jpeg_decoded_at_a_reduced_scale_stays_large_enough(settings):
    data = picture("JPEG", size=(2000, 1500))
    image = read_picture(data, settings, near_px=640).pixels
    assert 640 <= min(image.size) < 1500
    assert abs(image.width / image.height - 4 / 3) < 0.01


def test_reading_needs_no_other_part_of_pillow_to_be_loaded_first(tmp_path):
    """In a fresh process: a PNG is read although nothing else has opened a picture before."""
    file = tmp_path / "a.png"
    file.write_bytes(picture("PNG"))
    script = (
        "import sys, pathlib; from core.images.reading import read_picture;"
        "from core.settings import Settings;"
        "read = read_picture(pathlib.Path(sys.argv[1]).read_bytes(), Settings(home='.'));"
        "print((read.suffix, read.width_px, read.height_px))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "('.png', 48, 32)"


def test_16_bit_colour_is_scaled_not_clipped(settings):
    row = b"\x00" + struct.pack(">HHH", 65535, 32768, 0) * 16
    data = png_by_hand(16, 16, bits=16, colour_type=2, rows=row * 16)
    assert pixels(data, settings)[0, 0].tolist() == pytest.approx([255, 128, 0], abs=1)
