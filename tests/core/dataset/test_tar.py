"""Tar files: what is in them, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.dataset.from_files import archive_way_in, folder_way_in, glance, scratch
from core.dataset.new_pictures import Listing
from core.errors import PictureError, StudioError
from core.owned import MARK
from tests.builders import image_zip, pictures_of

FILES = pictures_of({"cat": 2, "dog": 1})
PACKINGS = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}
ODD = {
    "cat/link.jpg": (tarfile.SYMTYPE, "a link"),
    "cat/hard.jpg": (tarfile.LNKTYPE, "a link"),
    "cat/pipe.jpg": (tarfile.FIFOTYPE, "a device or a pipe"),
    "cat/disk.jpg": (tarfile.CHRTYPE, "a device or a pipe"),
    "cat/block.jpg": (tarfile.BLKTYPE, "a device or a pipe"),
}


def a_tar(files: dict[str, bytes], odd: dict[str, tuple[bytes, str]] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for path, (kind, _) in (odd or {}).items():
            info = tarfile.TarInfo(path)
            info.type, info.linkname = kind, "../../../etc/passwd"
            tar.addfile(info)
    return buffer.getvalue()


def listed(context, data: bytes, name: str = "a.tar") -> Listing:
    context.workspace.uploads.mkdir(exist_ok=True)
    (context.workspace.uploads / "up").write_bytes(data)
    events = archive_way_in(context, {"upload": "up", "name": name})
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("packing", PACKINGS)
def test_members_are_read_as_they_are_by_many_threads(packing, context):
    listing = listed(context, PACKINGS[packing](a_tar({f"./{p}": d for p, d in FILES.items()})))
    with ThreadPoolExecutor(8) as pool:
        data = list(pool.map(lambda item: item.read(), listing.pictures))
    assert dict(zip([f.path for f in listing.pictures], data)) == FILES
    assert list(listing.skipped) == []


def test_links_and_devices_are_refused_with_a_reason(context):
    listing = listed(context, a_tar(FILES, ODD))
    assert [f.path for f in listing.pictures] == sorted(FILES)
    reasons = {skip.path: skip.reason for skip in listing.skipped}
    assert set(reasons) == set(ODD)
    assert all(reasons[path].startswith(start) for path, (_, start) in ODD.items())


def test_a_link_in_a_zip_is_refused_too(context, tmp_path):
    import zipfile

    file = image_zip(tmp_path / "a.zip", FILES)
    info = zipfile.ZipInfo("cat/link.jpg")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    listing = listed(context, file.read_bytes(), "a.zip")
    assert [(s.path, s.reason) for s in listing.skipped] == [
        ("cat/link.jpg", "a link: not followed")
    ]


def test_two_members_of_one_name_are_said(context):
    data = a_tar(FILES)
    end = data.rstrip(b"\0")
    end = end + bytes(-len(end) % 512)
    listing = listed(context, end + a_tar({"cat/000.jpg": b"another"}))
    assert [s.reason for s in listing.skipped] == [
        "there is another file of this name in the archive"
    ]
    assert listing.pictures[0].read() == FILES["cat/000.jpg"]


def test_an_entry_that_leads_back_does_not_go_on_forever(context):
    """A size below zero sends Python's own module back to what it read already."""
    data = bytearray(a_tar(FILES))
    data[124:136] = b"\xff" * 11 + b"\x00"  # minus 256, in the binary form of a size
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    with pytest.raises(StudioError, match="damaged"):
        listed(context, bytes(data))


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_bomb_is_refused(packing, context):
    small = replace(context, settings=replace(context.settings, max_archive_bytes=1_000_000))
    with pytest.raises(StudioError, match="the limit is 1"):
        listed(small, PACKINGS[packing](a_tar({"cat/1.jpg": bytes(3_000_000)})))


@pytest.mark.parametrize("packing", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb_is_unpacked_in_pieces(packing, context):
    """It is refused once it is too large, so what it would be is never in memory."""
    data = PACKINGS[packing](bytes(100_000_000))
    small = replace(context, settings=replace(context.settings, max_archive_bytes=10_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(StudioError, match="the limit is 10"):
            listed(small, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000


def test_a_member_that_is_too_large_or_cut_off_is_said(context):
    small = replace(context, settings=replace(context.settings, max_file_bytes=1_000_000))
    (item,) = listed(small, a_tar({"cat/1.jpg": bytes(1_000_001)})).pictures
    with pytest.raises(PictureError, match="larger than 1 MB"):
        item.read()


@pytest.mark.parametrize("packing", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_packed_tar_that_is_cut_off_is_said(packing, context):
    data = PACKINGS[packing](a_tar(FILES))
    with pytest.raises(StudioError, match="damaged"):
        listed(context, data[: len(data) // 2])


def test_an_archive_on_this_machine_is_found_by_its_path(context, tmp_path):
    file = tmp_path / "pets.tar.gz"
    file.write_bytes(gzip.compress(a_tar(FILES)))
    events = folder_way_in(context, {"path": str(file)})
    with pytest.raises(StopIteration) as end:
        while True:
            next(events)
    assert len(end.value.value.pictures) == 3
    assert file.exists()
    assert sorted(p.name for p in scratch(context).iterdir()) == [MARK, "plain.tar"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_glance_reads_an_archive_in_memory(packing, context):
    stream = io.BytesIO(PACKINGS[packing](a_tar(FILES)))
    tree = glance(stream, "a", context.settings)
    assert {path: read() for path, read in tree.readers.items()} == FILES


def test_a_glance_at_a_zip_and_at_nothing(context, tmp_path):
    data = image_zip(tmp_path / "a.zip", FILES).read_bytes()
    assert set(glance(io.BytesIO(data), "a", context.settings).readers) == set(FILES)
    with pytest.raises(StudioError, match="not a zip"):
        glance(io.BytesIO(b"nothing"), "a", context.settings)


def test_uploads_are_files_of_the_uploads_folder_only(context, tmp_path):
    image_zip(tmp_path / "secret.zip", FILES)
    outside = Path("..") / ".." / ".." / "secret.zip"
    with pytest.raises(StudioError):
        list(archive_way_in(context, {"upload": str(outside), "name": "x"}))
