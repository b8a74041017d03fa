"""What a picture asks for is told before it is decoded, and refused where it is too much."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.dataset import importing
from core.errors import PictureError
from core.images.allowance import ANYTHING, Allowance
from core.images.demand import MOST_SCANS, decoded_bytes, scans_of
from core.images.reading import FORMATS, open_picture, read_picture
from tests import attack_pictures as attack
from tests.builders import encode, oriented, pattern, picture

SIZE = (2000, 1500)

pytestmark = pytest.mark.filterwarnings("ignore::Warning:PIL")  # as outside of pytest
GREEDY = {
    "TIFF": attack.greedy_tiff,
    "JPEG": attack.greedy_jpeg,
    **{name: lambda name=name: attack.greedy(name) for name in ("PNG", "WEBP", "AVIF")},
    "fractions": attack.fractions_tiff,
}


def refusal(data: bytes, settings, allowance: Allowance = ANYTHING) -> str:
    with pytest.raises(PictureError) as caught:
        read_picture(data, settings, allowance=allowance)
    return caught.value.message


@pytest.mark.parametrize("make", [attack.many_scans, attack.many_scans_in_a_tiff])
def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(make, settings):
    assert read_picture(make(SIZE, MOST_SCANS - 10), settings).width_px == SIZE[0]
    assert refusal(make(SIZE, MOST_SCANS + 1), settings) == "a JPEG of more than 100 scans"


def test_a_very_large_picture_may_have_fewer_scans(settings):
    data = attack.many_scans((6000, 5000), 67)
    assert refusal(data, settings) == "a JPEG of more than 66 scans"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"progressive": True, "mode": "L"}])
def test_scans_are_those_of_the_picture_itself(options, settings):
    """Neither of a thumbnail nor of further pictures, nor what looks like one in a comment."""
    jpeg = picture(**options)
    scans = scans_of(jpeg)
    assert scans == (6 if options.get("mode") else 10) if options else scans == 1
    comment = encode(pattern(), comment=b"\xff\xda" * 500)
    assert scans_of(comment) == 1 and read_picture(comment, settings)
    with_thumbnail = oriented(pattern(), 1, **{k: v for k, v in options.items() if k != "mode"})
    assert scans_of(with_thumbnail + jpeg * 200) == scans_of(with_thumbnail)
    assert read_picture(with_thumbnail + jpeg * 200, settings)


@pytest.mark.parametrize("name", GREEDY)
def test_a_directory_cannot_ask_for_more_than_the_file_has(name, settings):
    """700 kB of entries that point to each other are 43 GB; the picture is as good without."""
    data = GREEDY[name]()
    tracemalloc.start()
    try:
        assert min(read_picture(data, settings).pixels.size) >= 16
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(data) + 20_000_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: attack.run_length_bmp(12_000_000, 8, b"\0\2\0\xff"), id="rows"),
        pytest.param(attack.wide_tile_tiff, id="a tile"),
        pytest.param(attack.wide_webp, id="a canvas"),
    ],
)
def test_more_pixels_than_are_decoded_at_once_are_refused(data, settings):
    assert "too many pixels" in refusal(data(), settings)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: attack.profiles_png(2000), id="colour profiles"),
        pytest.param(lambda: attack.deep_pnm(700), id="numbers one by one"),
        pytest.param(lambda: attack.run_length_bmp(65_000, 1500, b"\1\1"), id="a code"),
    ],
)
def test_what_takes_too_long_is_given_up(data, settings):
    data = data()
    assert refusal(data, settings, Allowance(work_s=0.1)) == "takes too long to decode"


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_is_begun_when_its_time_is_over(format, settings):
    late = Allowance(time.monotonic() - 1)
    assert refusal(picture(format), settings, late) == "takes too long to decode"


def test_a_jpeg_is_given_up_between_two_blocks(settings, monkeypatch):
    """By a clock that goes on by a second whenever somebody looks: once a block."""
    noise = np.random.default_rng(0).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    jpeg = encode(Image.fromarray(noise), quality=95)
    clock = itertools.count()
    monkeypatch.setattr("core.images.reading.time.monotonic", lambda: next(clock))
    read_picture(jpeg, settings)
    looks = next(clock)
    assert looks > 15
    clock = itertools.count()
    assert refusal(jpeg, settings, Allowance(looks - 8.0)) == "takes too long to decode"
    assert next(clock) < looks - 5


KINDS = {
    "float TIFF": lambda: encode(Image.new("F", SIZE), "TIFF", compression="tiff_deflate"),
    "whole numbers": lambda: encode(Image.new("I", SIZE), "TIFF", compression="tiff_deflate"),
    "RGBA": lambda: encode(pattern(SIZE, mode="RGBA"), "PNG", compress_level=1),
    "RGBA, turned": lambda: oriented(pattern(SIZE, mode="RGBA"), 6, "PNG", compress_level=1),
    "palette": lambda: encode(Image.new("P", SIZE), "PNG", transparency=0),
    "JPEG, turned": lambda: oriented(pattern(SIZE), 6),
    "progressive": lambda: encode(pattern(SIZE), progressive=True, subsampling=0),
    "CMYK": lambda: encode(pattern(SIZE, mode="CMYK"), progressive=True),
    "WebP": lambda: encode(pattern(SIZE, mode="RGBA"), "WEBP", method=0),
    "AVIF": lambda: encode(pattern(SIZE, mode="RGBA"), "AVIF", speed=10, subsampling="4:4:4"),
}
MEASURE = """
import json, os, sys
from pathlib import Path
from core.images.demand import decoded_bytes
from core.images.reading import decode_picture, open_picture
from core.settings import Settings

def peak_kb(work):  # of a process of its own
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    return os.wait4(child, 0)[2].ru_maxrss

def decode(file):
    decode_picture(open_picture(file.read_bytes(), Settings(home=".")))

small, *files = map(Path, sys.argv[1:])
decode(small)  # loads what is loaded late
empty = peak_kb(lambda: decode(small))
print(json.dumps([
    [1024 * (peak_kb(lambda: decode(file)) - empty),
     decoded_bytes(open_picture(file.read_bytes(), Settings(home=".")))]
    for file in files
]))
"""


def test_decoding_takes_no_more_memory_than_is_told_before(tmp_path):
    """In processes of their own, since Pillow's memory is not Python's."""
    (tmp_path / "small").write_bytes(picture())
    for number, make in enumerate(KINDS.values()):
        (tmp_path / f"{number}").write_bytes(make())
    files = [tmp_path / "small", *(tmp_path / f"{k}" for k in range(len(KINDS)))]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, *files],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    for name, (peak, demand) in zip(KINDS, json.loads(ran.stdout), strict=True):
        assert peak < 1.1 * demand + 8_000_000, (name, peak / demand)
        if name != "AVIF":  # or nobody else could decode meanwhile
            assert peak > demand / 4, (name, peak / demand)


def test_an_avif_that_lies_about_its_size_goes_alone(settings):
    lying = open_picture(attack.lying_avif((2000, 1500)), settings)
    assert lying.size == (64, 64)
    assert decoded_bytes(lying) > importing.DECODED_BYTES


def test_a_jpeg_that_is_made_smaller_takes_less(settings):
    jpeg = open_picture(picture(size=SIZE), settings)
    assert decoded_bytes(jpeg, near_px=180) * 64 == decoded_bytes(jpeg) == 8 * SIZE[0] * SIZE[1]
    assert decoded_bytes(jpeg, near_px=1499) == decoded_bytes(jpeg)
    in_scans = open_picture(picture(size=SIZE, progressive=True), settings)
    assert decoded_bytes(in_scans, near_px=180) >= 6 * SIZE[0] * SIZE[1]
