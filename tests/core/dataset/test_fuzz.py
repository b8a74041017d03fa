"""Damaged files, tables, archives and expressions: each ends in a reason, none in a crash.

Every case follows from its number, so a failure can be had again by that number alone.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.context import Context
from core.dataset.by_pattern import extractor, preview
from core.dataset.by_table import rows_of
from core.dataset.from_files import archive_way_in, scratch
from core.dataset.named_files import join
from core.dataset.new_pictures import FileTree
from core.dataset.parquet_pictures import find_in_parquet
from core.dataset.table import read_table
from core.dataset.ways_in import bring_in
from core.errors import PictureError, StudioError
from tests.builders import image_folder, image_zip, picture, pictures_of
from tests.core.dataset.test_hub_dataset import rows_of as parquet_rows
from tests.core.dataset.test_hub_dataset import table as parquet_table

FILES = pictures_of({"cat": 2, "dog": 1})
LIMIT = 3_000_000
TABLE = (
    "file_name;label;split\n" + "\n".join(f"{path};{path[:3]};train" for path in FILES)
).encode()
LINES = b'{"file_name": "cat/000.jpg", "label": "cat"}\n{"file_name": "dog/000.jpg", "label": 1e9}'
JUNK = (b"\x00", b"\xff" * 9, b'"', b";" * 99, b"\r\n\r", b"{" * 2000, b"\xef\xbb\xbf", b"PAR1")
CASES = {"archives": 405, "tables": 450, "parquet": 240, "pictures": 300, "expressions": 600}


def batches(kind: str, size: int) -> pytest.MarkDecorator:
    """The numbers of the cases of a kind, in batches."""
    numbers = [range(start, start + size) for start in range(0, CASES[kind], size)]
    return pytest.mark.parametrize("cases", numbers, ids=lambda n: f"{n.start}-{n.stop - 1}")


def damaged(data: bytes, number: int) -> bytes:
    """The data with up to eight wounds, which follow from the number."""
    chance = random.Random(number)
    broken = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(broken) + 1)
        kind = chance.randrange(6)
        if kind == 0:
            broken[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            broken[at : at + chance.randint(1, 40)] = b""
        elif kind == 2:
            broken[at:at] = chance.choice(JUNK)
        elif kind == 3:
            broken[at : at + 8] = bytes(chance.choices((0, 0x7F, 0x80, 0xFF), k=8))
        elif kind == 4 and chance.random() < 0.3:
            del broken[at:]
        else:
            other = chance.randrange(len(broken) + 1)
            broken[at:at] = broken[other : other + 60]
    return bytes(broken)


@pytest.fixture
def guarded(context: Context, tmp_path: Path) -> Iterator[Context]:
    """A context with small limits; at its end nothing lies outside the workspace that was not
    there before.
    """
    image_folder(tmp_path / "around", {"evil.txt": b"untouched"})
    before = around(tmp_path, context)
    limits = replace(context.settings, max_archive_bytes=LIMIT, max_file_bytes=1_000_000)
    yield replace(context, settings=limits)
    assert around(tmp_path, context) == before


def around(tmp_path: Path, context: Context) -> dict[Path, bytes]:
    workspace = context.workspace.folder
    files = (p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(workspace))
    return {path: path.read_bytes() for path in files}


def a_zip(folder: Path) -> bytes:
    return image_zip(folder / "made.zip", FILES).read_bytes()


def a_tar(packing: Callable[[bytes], bytes], format: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        for path, data in {**FILES, "cat/ü" * 40: b"long name"}.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packing(buffer.getvalue())


def archives(folder: Path) -> list[bytes]:
    packings: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, bz2.compress, lzma.compress]
    formats = (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)
    return [a_zip(folder), *(a_tar(pack, form) for pack in packings for form in formats)]


@pytest.mark.timeout(60)
@batches("archives", 135)
def test_archives(cases, guarded):
    uploads = guarded.workspace.uploads
    uploads.mkdir()
    kinds = archives(uploads)
    read = refused = 0
    for number in cases:
        (uploads / "up").write_bytes(damaged(kinds[number % len(kinds)], number))
        try:
            events = archive_way_in(guarded, {"upload": "up", "name": "a"})
            listing = ended(events)
        except StudioError as error:
            assert error.hint, number
            refused += 1
            continue
        finally:
            shutil.rmtree(scratch(guarded), ignore_errors=True)
        for item in listing.pictures:
            assert ".." not in item.path.split("/"), number
            read += has_reason(item.read)
        assert all(skip.reason for skip in listing.skipped), number
    assert read > 0
    assert refused > 0


def ended(events):
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def has_reason(read: Callable[[], bytes]) -> bool:
    """Whether it could be read; if not, it says why."""
    try:
        return len(read()) <= LIMIT
    except PictureError as error:
        assert error.message
        return False


@pytest.mark.timeout(60)
@batches("tables", 150)
def test_tables(cases, guarded):
    tree = FileTree("a folder", {path: (lambda data=data: data) for path, data in FILES.items()})
    tables = {"a.csv": TABLE, "a.jsonl": LINES, "a.parquet": parquet_table(parquet_rows(FILES))}
    fine = 0
    for number in cases:
        name = list(tables)[number % 3]
        try:
            table = read_table(damaged(tables[name], number), name)
            columns = {"file_column": table.columns[0], "label_column": table.columns[-1]}
            pictures, skipped = join(tree, rows_of(table, columns))
        except StudioError as error:
            assert error.hint, number
            continue
        fine += 1
        assert {f.path for f in pictures} <= set(FILES), number
        assert all(skip.reason for skip in skipped), number
    assert 0 < fine < len(cases)


@pytest.mark.timeout(60)
@batches("parquet", 80)
def test_pictures_in_parquet(cases, guarded):
    file = guarded.workspace.folder / "train.parquet"
    whole = parquet_table(parquet_rows(FILES), ["cat", "dog"])
    for number in cases:
        file.write_bytes(damaged(whole, number))
        pictures, skipped = find_in_parquet([("train.parquet", file)], guarded.settings)
        assert pictures or skipped, number
        for item in pictures:
            has_reason(item.read)


@pytest.mark.timeout(60)
@batches("pictures", 100)
def test_pictures(cases, guarded):
    kinds = [picture(format, seed=k) for k, format in enumerate(("JPEG", "PNG", "WEBP", "GIF"))]
    files = {
        f"cat/{number:04d}.jpg": damaged(kinds[number % len(kinds)], number) for number in cases
    }
    folder = image_folder(guarded.workspace.folder / "in", files)
    for _ in bring_in(guarded, {"way": "folder", "path": str(folder)}):
        pass
    images = guarded.catalog.images
    (done,) = images.imports()
    assert done.added + done.skipped == len(files)
    assert 0 < done.added < len(files)
    assert all(skip.reason for skip in images.skipped(done.id))


CATASTROPHES = (
    "(a+)+$",
    "([a-zA-Z]+)*$",
    "(a|aa)+$",
    "(a|a?)+$",
    "(.*a){12}$",
    "(.*)*(.*)*(.*)*b",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "((a*)*)*b",
    "(x+x+)+y",
    r"(\w+\s?)*$",
    "(a?){30}a{30}",
    "(?P<label>(a*)*)b",
)
LONG = "a" * 3000 + "!"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_expressions_that_hang_elsewhere(pattern):
    """Python's own engine needs 2**n steps for some of these, n the length of the path."""
    assert len(preview([f"{LONG}/{k}.jpg" for k in range(5)], pattern)) == 5


SIGNS = [
    *"ab01/_.-[](){}^$*+?|\\,",
    *("(?P<label>", "(?:", r"\d", r"\w", "{2,9}", "(?i)", "é", "\udcff"),
]


@pytest.mark.timeout(60)
@batches("expressions", 300)
def test_expressions(cases):
    fine = 0
    for number in cases:
        chance = random.Random(number)
        pattern = "".join(chance.choices(SIGNS, k=chance.randint(1, 30)))
        try:
            extract = extractor(pattern)
        except StudioError as error:
            assert error.hint, number
            continue
        fine += 1
        for path in (LONG, "cat/001.jpg", "", "a" * 40 + "\n", "é/日本_1.png"):
            label, split = extract(path)
            assert isinstance(label, str), number
            assert isinstance(split, str), number
    assert 0 < fine < len(cases)


def test_there_are_enough_cases():
    assert sum(CASES.values()) >= 1500
