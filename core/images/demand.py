"""What decoding a picture that was opened asks for: pixels, memory, and work, told before it.

A JPEG's decoder works through the whole picture for each of its scans, and a scan that changes
nothing is a few bytes: 349 kB with 800 of them took 13 s. A normal file has 1, a progressive one
about 10.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import ImageFile
from PIL.TiffImagePlugin import (
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    TILEBYTECOUNTS,
    TILEOFFSETS,
    TiffImageFile,
)

TILEWIDTH, TILELENGTH = 322, 323
SCAN = b"\xff\xda"
END, TEMPORARY, START = 0xD9, 0x01, 0xD8
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""A marker; none are stuffed zeros, fill bytes and the restarts within a scan."""
MOST_SCANS = 100
"""libtiff has the same limit."""
SCANNED_PIXELS = 2_000_000_000
FEW_SCANS = 20
"""In all scans together, 2 s of decoding; but so few scans are never too many."""
JPEGS = ("JPEG", "MPO")
BYTES_PER_PIXEL = {"WEBP": 20, "AVIF": 20}
"""At the peak of decoding, measured; of all others 12: two whole pictures and their upright RGB."""
AVIF_BYTES = 1_300_000_000
"""What is in an AVIF may be larger than the file says, up to 16,384 x 16,384 pixels, and is scaled
then: measured for 3 kB. So these go alone; their decoder computes on all cores anyway."""


def decoded_bytes(image: ImageFile.ImageFile, near_px: int | None = None) -> int:
    """What decoding an opened picture takes in memory at its peak, in bytes: its pixels, what the
    decoder holds beside them, and the upright RGB that is made of them.

    Args:
        near_px: as for `decode_picture`.
    """
    pixels = pixels_at_once(image)
    if image.format == "AVIF":
        return max(AVIF_BYTES, pixels * BYTES_PER_PIXEL["AVIF"])
    if image.format not in JPEGS:
        return pixels * BYTES_PER_PIXEL.get(str(image.format), 12)
    shrunk = pixels // _reduction(image, near_px) ** 2
    converted = shrunk * (8 if image.mode in ("RGB", "L") else 12)
    if isinstance(image.fp, io.BytesIO) and image.fp.getvalue().count(SCAN) > 1:
        return max(converted, shrunk * 4 + pixels * 2 * len(image.getbands()))  # coefficients
    return converted


def pixels_at_once(image: ImageFile.ImageFile) -> int:
    """How many are decoded at least at once: of a TIFF perhaps one tile with more than the picture
    has.
    """
    pixels = image.width * image.height
    if not isinstance(image, TiffImageFile):
        return pixels
    sides = (image.tag_v2.get(tag, 0) for tag in (TILEWIDTH, TILELENGTH))
    return max(pixels, math.prod(side for side in sides if isinstance(side, int)))


def _reduction(jpeg: ImageFile.ImageFile, near_px: int | None) -> int:
    """By how much its decoder makes a JPEG smaller, as Pillow's `draft` decides it."""
    fits = min(jpeg.size) // near_px if near_px and jpeg.format == "JPEG" else 1
    return next((n for n in (8, 4, 2) if n <= fits), 1)


def most_scans(image: ImageFile.ImageFile) -> int:
    """How many scans a picture of this size may have."""
    return min(MOST_SCANS, max(FEW_SCANS, SCANNED_PIXELS // (image.width * image.height)))


def has_more_scans(image: ImageFile.ImageFile, data: bytes) -> bool:
    """Whether a file has more of them; nearly always told by counting two bytes."""
    limit = most_scans(image)
    if data.count(SCAN) <= limit:
        return False
    if image.format in JPEGS:
        return scans_of(data) > limit
    if isinstance(image, TiffImageFile) and image.info.get("compression") == "jpeg":
        return any(scans_of(jpeg) > limit for jpeg in _parts(image.tag_v2, data))
    return False


def scans_of(jpeg: bytes) -> int:
    """The scans of the first picture: not those of a thumbnail within a segment, nor those of
    further pictures behind it.
    """
    scans, at = 0, 0
    while marker := MARKER.search(jpeg, at):
        (kind,), at = marker[1], marker.end()
        if kind == END:
            break
        scans += kind == SCAN[1]
        if kind >= 0xC0 and kind != START:
            at += int.from_bytes(jpeg[at : at + 2], "big")  # the segment, with these two bytes
    return scans


def _parts(tags: Mapping[int, Any], data: bytes) -> Iterator[bytes]:
    """The strips and tiles of a TIFF; no more of them than fit into the file side by side."""
    remaining = len(data)
    for starts, sizes in ((STRIPOFFSETS, STRIPBYTECOUNTS), (TILEOFFSETS, TILEBYTECOUNTS)):
        for start, size in zip(tags.get(starts, ()), tags.get(sizes, ())):
            remaining -= size
            if remaining < 0:
                raise ValueError("its parts overlap")
            yield data[start : start + size]
