"""Smaller pictures for the grid."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from core.images.thumbnail import thumbnail
from tests.builders import picture


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
    small = Image.open(io.BytesIO(thumbnail(picture(size=size))))
    assert (small.format, small.size) == ("JPEG", expected)


@pytest.mark.parametrize("data", [b"", b"no picture", picture()[:200], picture("PNG")])
def test_what_cannot_be_read_comes_back_as_it_is(data: bytes) -> None:
    assert thumbnail(data) == data
