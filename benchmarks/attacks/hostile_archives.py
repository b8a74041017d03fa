"""Archives as somebody makes them who means harm, as (name, what writes the file)."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.attacks.ground import picture

Write = Callable[[Path], None]
PATHS = (
    "../../canary/red/000.jpg", "red/../../../sibling/x.jpg",
    "..\\..\\canary\\notes.txt", "C:\\Windows\\x.jpg", "\\\\host\\share\\x.jpg", "red/\x01\x02.jpg",
    "red/./../../x.jpg", "~/x.jpg", "red/con.jpg", "red/x.jpg:stream", "red/" + "a" * 300 + ".jpg",
    "/".join(["d"] * 200) + "/x.jpg", "red/\u202egpj.exe.jpg", "catalog.sqlite", "red/-rf.jpg",
)  # fmt: skip
GIGABYTE = 1 << 30


def hostile_archives(secret: Path) -> Iterator[tuple[str, Write]]:
    """Each archive holds good pictures as well, so that there is something to take in."""
    for path in (*PATHS, str(secret.with_name("escaped.jpg"))):
        yield f"zip {ascii(path)[:40]}", partial(_zip, {path: PICTURES["red/0.jpg"]})
        yield f"tar {ascii(path)[:40]}", partial(_tar, [_member(path)])
    yield from _links(secret)
    yield from _devices()
    yield from _bombs()
    yield from _odd()


def _links(secret: Path) -> Iterator[tuple[str, Write]]:
    for goal in (str(secret), "../../../canary/secret.jpg", "/etc/passwd", "/dev/zero", "1.jpg"):
        yield f"zip link to {goal[-20:]}", partial(_zip_link, goal)
        for kind, name in ((tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "hard link")):
            yield f"tar {name} to {goal[-20:]}", partial(_tar, [_special("red/x.jpg", kind, goal)])
    folder = [_special("red", tarfile.SYMTYPE, str(secret.parent)), _member("red/written.jpg")]
    yield "tar link to a folder, then a file in it", partial(_tar, folder)


def _devices() -> Iterator[tuple[str, Write]]:
    for kind, name in (
        (tarfile.CHRTYPE, "a character device"),
        (tarfile.BLKTYPE, "a block device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (b"Z", "an unknown type"),
    ):
        yield f"tar {name}", partial(_tar, [_special("red/x.jpg", kind, "")])


def _bombs() -> Iterator[tuple[str, Write]]:
    yield "zip of one gigabyte of nothing", partial(_zip_bomb, 1)
    yield "zip that unpacks to 30 GB", partial(_zip_claims, 30 * GIGABYTE)
    yield "zip that claims less than it holds", partial(_zip_claims, 10)
    yield "zip of 60,000 empty members", _many
    yield "zip whose members overlap", _overlapping
    yield "gzip of one gigabyte", partial(packed_tar, gzip.compress)
    yield "bzip2 of one gigabyte", partial(packed_tar, bz2.compress)
    yield "gzip in a gzip", lambda file: _put(file, gzip.compress(gzip.compress(bytes(1 << 24))))
    yield "tar that claims 8 EB", partial(_tar_size, b"\x80" + b"\x7f" * 11)
    yield "tar with a size below zero", partial(_tar_size, b"\xff" * 12)
    yield "tar that leads back to itself", partial(_tar_size, b"\xff" * 10 + b"\xfc\x00")


def _odd() -> Iterator[tuple[str, Write]]:
    yield "zip with names that are not UTF-8", _not_utf8
    yield "tar with names that are not UTF-8", partial(_tar, [_member("red/\udcff\udcfe.jpg")])
    yield "zip with two names alike", partial(_zip, {"red/A.jpg": b"x", "red/a.jpg": b"y"})
    yield "zip that is encrypted, it says", _encrypted
    yield "zip of an unknown method", _unknown_method
    yield "zip that is cut", lambda file: _cut(file, _zip, {})
    yield "tar that is cut", lambda file: _cut(file, _tar, [])
    yield "an empty file", lambda file: _put(file, b"")
    yield "an empty zip", lambda file: _put(file, b"PK\x05\x06" + bytes(18))
    yield "text", lambda file: _put(file, b"no archive at all\n" * 100)
    yield "a zip in a zip", lambda file: _zip({"red/inner.zip": _zipped(PICTURES)}, file)


PICTURES = {
    f"{label}/{number}.jpg": picture((80 + 100 * k, 90, 120), 500 + 10 * k + number)
    for k, label in enumerate(("red", "blue"))
    for number in range(2)
}


def _put(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _zip(members: Mapping[str, bytes], file: Path) -> None:
    file.write_bytes(_zipped({**PICTURES, **members}))


def _zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path, data in members.items():
            info = zipfile.ZipInfo("x")
            info.filename = path  # as it is: the constructor would tidy it
            archive.writestr(info, data)
    return buffer.getvalue()


def _zip_link(goal: str, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for path, data in PICTURES.items():
            archive.writestr(path, data)
        info = zipfile.ZipInfo("red/link.jpg")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, goal)


def _zip_bomb(gigabytes: int, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("red/bomb.jpg", "w", force_zip64=True) as member:
            for _ in range(gigabytes * 64):
                member.write(bytes(GIGABYTE // 64))
        for path, data in PICTURES.items():
            archive.writestr(path, data)


def _zip_claims(size: int, file: Path) -> None:
    """A member of 5 MB whose headers say another size (at most 4 GB each, so several)."""
    count, each = max(1, size // (4 * GIGABYTE - 2)), min(size, 4 * GIGABYTE - 2)
    members = {f"red/{n}.bin.jpg": bytes(5_000_000) if n == 0 else b"x" for n in range(count)}
    data = bytearray(_zipped({**PICTURES, **members}))
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        name = bytes(data[at + 46 : at + 46 + struct.unpack_from("<H", data, at + 28)[0]])
        if b".bin.jpg" in name:
            struct.pack_into("<I", data, at + 24, each)
    file.write_bytes(bytes(data))


def _many(file: Path) -> None:
    file.write_bytes(_zipped({**PICTURES, **{f"red/{n}.txt": b"" for n in range(60_000)}}))


def _overlapping(file: Path) -> None:
    """Many entries of the directory that name the same data, which unpack to 100 MB each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("red/0.jpg", bytes(90_000_000))
    data = buffer.getvalue()
    start, end = data.find(b"PK\x01\x02"), data.find(b"PK\x05\x06")
    entries = b"".join(
        data[start:end].replace(b"red/0.jpg", b"red/%c.jpg" % letter) for letter in range(97, 123)
    )
    size, count = len(entries), 26
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    file.write_bytes(data[:start] + entries + tail)


def packed_tar(pack: Callable[..., bytes], file: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in PICTURES.items():
            _add(archive, path, data)
        _add(archive, "red/bomb.jpg", bytes(GIGABYTE // 2))
    file.write_bytes(pack(buffer.getvalue()))


def _member(path: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(path)


def _special(path: str, kind: bytes, goal: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.devmajor, info.devminor = kind, goal, 1, 5
    return info


def _tar(members: list[tarfile.TarInfo], file: Path) -> None:
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for path, data in PICTURES.items():
            _add(archive, path, data)
        for info in members:
            data = PICTURES["red/0.jpg"] if info.isreg() else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def _add(archive: tarfile.TarFile, path: str, data: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _tar_size(field: bytes, file: Path) -> None:
    """The second header claims a size of its own."""
    _tar([], file)
    data = bytearray(file.read_bytes())
    at = 512 + -(-len(PICTURES["red/0.jpg"]) // 512) * 512
    data[at + 124 : at + 136] = field
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    file.write_bytes(bytes(data))


def _not_utf8(file: Path) -> None:
    data = _zipped({**PICTURES, "red/QQQQ.jpg": PICTURES["red/1.jpg"]})
    file.write_bytes(data.replace(b"QQQQ", b"\xff\xfe\x80\x81"))


def _encrypted(file: Path) -> None:
    data = bytearray(_zipped(PICTURES))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(bytes(data))


def _unknown_method(file: Path) -> None:
    data = bytearray(_zipped(PICTURES))
    data[8] = 97
    data[data.find(b"PK\x01\x02") + 10] = 97
    file.write_bytes(bytes(data))


def _cut(file: Path, write: Callable[..., None], members: object) -> None:
    write(members, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
