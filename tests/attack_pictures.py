"""Pictures made to hurt whoever opens them: small files that ask for much time or memory."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from core.images.demand import scans_of

MANY = 60_000  # entries of a directory
ENTRIES_AT, ENTRY = 8, 12


def _coded(size: tuple[int, int], format: str = "JPEG", mode: str = "RGB", **how: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 0 if mode == "L" else "grey").save(buffer, format, **how)
    return buffer.getvalue()


def many_scans(size: tuple[int, int], scans: int) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    jpeg = _coded(size, progressive=True, subsampling=2)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * (scans - scans_of(jpeg)) + jpeg[-2:]


def many_scans_in_a_tiff(size: tuple[int, int], scans: int) -> bytes:
    """The same as the one strip of a TIFF."""
    jpeg = many_scans(size, scans)
    tags = [
        (256, 4, 1, size[0]),
        (257, 4, 1, size[1]),
        (258, 3, 3, 8 + 2 + 12 * 9 + 4 + len(jpeg)),
        (259, 3, 1, 7),
        (262, 3, 1, 6),
        (273, 4, 1, 8 + 2 + 12 * 9 + 4),
        (277, 3, 1, 3),
        (278, 4, 1, size[1]),
        (279, 4, 1, len(jpeg)),
    ]
    return _directory(tags) + jpeg + struct.pack("<3H", 8, 8, 8)


def _directory(tags: Sequence[tuple[int, int, int, int]]) -> bytes:
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def overlapping_directory(needed: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """A TIFF or EXIF block whose entries all point to all of it: 700 kB that are 43 GB."""
    numbers = range(1000, 1000 + MANY)
    size = 8 + 2 + ENTRY * (len(needed) + MANY) + 4
    return _directory([*needed, *((number, 7, size - 8, 8) for number in numbers)])


def greedy_tiff() -> bytes:
    tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (262, 3, 1, 1)]
    return overlapping_directory([*tags, (273, 4, 1, 8), (278, 4, 1, 16), (279, 4, 1, 256)])


def greedy_jpeg() -> bytes:
    """EXIF in as many segments as it takes: Pillow joins them."""
    block, jpeg = overlapping_directory(), _coded((48, 32))
    parts = [b"Exif\0\0" + block[k : k + 65_000] for k in range(0, len(block), 65_000)]
    segments = (b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts)
    return jpeg[:2] + b"".join(segments) + jpeg[20:]  # without JFIF: Pillow looks up the dpi


def greedy(format: str) -> bytes:
    """The same in a PNG, WebP or AVIF."""
    return _coded((48, 32), format, exif=b"Exif\0\0" + overlapping_directory())


def fractions_tiff(count: int = 3_000_000) -> bytes:
    """A resolution of so many fractions, each of which becomes objects of Python."""
    tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8)]
    tags += [(278, 4, 1, 16), (279, 4, 1, 256), (282, 5, count, 200)]
    return _directory(tags) + bytes(8 * count + 100)


def run_length_bmp(width: int, height: int, code: bytes) -> bytes:
    """A BMP in run-length code (BI_RLE8): this code, again and again, for 1 MB."""
    codes = code * (1_000_000 // len(code))
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(codes), 0, 0, 2, 2)
    at = 14 + len(head) + 8
    return b"BM" + struct.pack("<IHHI", at + len(codes), 0, 0, at) + head + bytes(8) + codes


def profiles_png(count: int = 20_000) -> bytes:
    """A PNG with so many colour profiles, each of which unpacks to 1 MB."""
    png = _coded((48, 32), "PNG")
    packed = zlib.compress(bytes(1_000_000), 9)
    return png[:33] + _chunk(b"iCCP", b"a\0\0" + packed) * count + png[33:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def deep_pnm(side_px: int) -> bytes:
    """A PPM of numbers that are no bytes: Pillow reads them one after another."""
    return b"P6 %d %d 1000\n" % (side_px, side_px) + bytes(6 * side_px**2)


def wide_tile_tiff(tile_px: int = 32_768) -> bytes:
    """A small picture in one tile of a gigapixel."""
    packed = zlib.compress(bytes(1 << 20), 9)
    tags = [
        (256, 4, 1, 64),
        (257, 4, 1, 64),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, tile_px),
        (323, 4, 1, tile_px),
        (324, 4, 1, 8 + 2 + 12 * 10 + 4),
        (325, 4, 1, len(packed)),
    ]
    return _directory(tags) + packed


def wide_webp() -> bytes:
    """A WebP that says it has 16,383 x 16,383 pixels."""
    webp = _coded((48, 32), "WEBP", lossless=True)
    body = b"\0\0\0\0" + (16_382).to_bytes(3, "little") * 2
    frame = webp[12:]
    chunks = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([2]) + body[1:] + _animation(frame)
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def _animation(frame: bytes) -> bytes:
    head = bytes(6) + (47).to_bytes(3, "little") + (31).to_bytes(3, "little") + bytes(4)
    anim = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return anim + b"ANMF" + struct.pack("<I", len(head) + len(frame)) + head + frame


def lying_avif(size: tuple[int, int]) -> bytes:
    """An AVIF of that size that says it has 64 x 64 pixels."""
    avif = _coded(size, "AVIF", speed=10)
    true, lie = struct.pack(">II", *size), struct.pack(">II", 64, 64)
    return re.sub(b"(ispe\0{4})" + re.escape(true), rb"\g<1>" + lie, avif)
