"""When a photo was taken, and by which camera, from its EXIF block.

Pillow turns every value of the block into numbers, which takes longer than decoding a small
picture; five of them are wanted. The block is a TIFF header: TIFF 6.0, section 2, and Exif 2.32,
section 4.6.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

MAKE, MODEL, DETAILS = 0x010F, 0x0110, 0x8769
TAKEN, FRACTION, SERIAL = 0x9003, 0x9291, 0xA431
WANTED = {MAKE, MODEL, DETAILS, TAKEN, FRACTION, SERIAL}
TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
LONGEST_CAMERA = 200
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
        return _shot(block.removeprefix(_PREFIX))
    except (struct.error, ValueError, OverflowError):  # damaged; a picture is as good without
        return None


def _shot(tiff: bytes) -> Shot | None:
    order = "<" if tiff[:2] == b"II" else ">"
    values = _values(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
    details = values.get(DETAILS)
    if isinstance(details, int):
        values |= _values(tiff, order, details)
    camera = " ".join(str(values[tag]) for tag in (MAKE, MODEL, SERIAL) if values.get(tag))
    time = TIME.fullmatch(str(values.get(TAKEN)))
    if not camera or not time:
        return None
    year, month, day, hour, minute, second = map(int, time.groups())
    taken = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    fraction = str(values.get(FRACTION, ""))
    part_s = float(f"0.{fraction}") if fraction.isdecimal() else 0.0
    return Shot(camera[:LONGEST_CAMERA], taken + part_s)


def _values(tiff: bytes, order: str, start: int) -> dict[int, str | int]:
    """Texts and numbers of the wanted tags of one directory: its entries have 12 bytes each."""
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    entries = tiff[start + 2 : start + 2 + 12 * count]
    values: dict[int, str | int] = {}
    for tag, kind, length, place in struct.iter_unpack(f"{order}HHII", entries):
        if tag not in WANTED:
            continue
        if kind == _NUMBER:
            values[tag] = place
        elif kind == _TEXT:
            within = struct.pack(f"{order}I", place)[:length]  # short texts stand here themselves
            text = within if length <= 4 else tiff[place : place + min(length, LONGEST_CAMERA)]
            values[tag] = text.split(b"\0")[0].decode("latin-1").strip()
    return values
