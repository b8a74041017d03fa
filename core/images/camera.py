"""What a camera wrote into the file of a photo: which one it is, and when it took it.

Pillow turns every value of an EXIF block into numbers, which takes longer than decoding a small
picture; five of them are wanted. The block is a TIFF header: TIFF 6.0, section 2, and Exif 2.32,
section 4.6.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from core.images.directories import limit_directories

limit_directories()

FORMATS = ("JPEG", "TIFF", "MPO")
MAKE, MODEL, DETAILS = 0x010F, 0x0110, 0x8769
MOMENT, FRACTION, SERIAL = 0x9003, 0x9291, 0xA431
TAGS = {MAKE, MODEL, DETAILS, MOMENT, FRACTION, SERIAL}
TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
LONGEST_MODEL, LONGEST_CAMERA = 60, 200
_TEXT, _NUMBER = 2, 4
_PREFIX = b"Exif\0\0"


@dataclass(frozen=True)
class Shot:
    """When a picture was taken, in seconds by the clock of the camera, and by which camera."""

    camera: str
    taken_s: float


def read_shot(block: object) -> Shot | None:
    """What an EXIF block says; None where time or camera is missing, or makes no sense."""
    if not isinstance(block, bytes):
        return None
    try:
        return _shot(_values(block))
    except (struct.error, ValueError, OverflowError):  # damaged; a picture is as good without
        return None


def camera_of(file: Path) -> str:
    """Maker and model of the camera; "" where the file says nothing, or is gone or damaged."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            block = image.info.get("exif")
            # A TIFF has no block: it is one itself, which Pillow has read to open it.
            tags = _values(block, details=False) if isinstance(block, bytes) else image.getexif()
            return _camera(tags, MAKE, MODEL)[:LONGEST_MODEL]
    except Exception:  # noqa: BLE001 - Pillow raises nearly everything on damaged headers
        return ""


def _shot(values: Mapping[int, object]) -> Shot | None:
    camera = _camera(values, MAKE, MODEL, SERIAL)
    time = TIME.fullmatch(str(values.get(MOMENT)))
    if not camera or not time:
        return None
    year, month, day, hour, minute, second = map(int, time.groups())
    moment_s = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    fraction = str(values.get(FRACTION, ""))
    part_s = float(f"0.{fraction}") if fraction.isdecimal() else 0.0
    return Shot(camera[:LONGEST_CAMERA], moment_s + part_s)


def _camera(values: Mapping[int, object], *tags: int) -> str:
    return " ".join(str(values[tag]).strip("\0 ") for tag in tags if values.get(tag))


def _values(block: bytes, *, details: bool = True) -> dict[int, str | int]:
    """Texts and numbers in the first directory of an EXIF block, and in the one with details."""
    tiff = block.removeprefix(_PREFIX)
    order = "<" if tiff[:2] == b"II" else ">"
    values = _directory(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
    start = values.get(DETAILS)
    if details and isinstance(start, int):
        values |= _directory(tiff, order, start)
    return values


def _directory(tiff: bytes, order: str, start: int) -> dict[int, str | int]:
    """Texts and numbers of the tags of one directory: its entries have 12 bytes each."""
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    entries = tiff[start + 2 : start + 2 + 12 * count]
    values: dict[int, str | int] = {}
    for tag, kind, length, value in struct.iter_unpack(f"{order}HHII", entries):
        if tag not in TAGS:
            continue
        if kind == _NUMBER:
            values[tag] = value
        elif kind == _TEXT:
            within = struct.pack(f"{order}I", value)[:length]  # short texts stand here themselves
            text = within if length <= 4 else tiff[value : value + min(length, LONGEST_CAMERA)]
            values[tag] = text.split(b"\0")[0].decode("latin-1").strip()
    return values
