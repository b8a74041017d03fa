"""Way in: a zip file."""

from __future__ import annotations

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.dataset.archive import find_in_zip
from core.errors import PictureError, StudioError
from core.settings import Settings
from tests.builders import image_zip, pictures_of

FILES = pictures_of({"cat": 2, "dog": 1})
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"  # how the records of a zip begin


@pytest.fixture
def good(tmp_path) -> Path:
    return image_zip(tmp_path / "good.zip", FILES)


def read_one(file: Path, name: str, settings: Settings) -> bytes:
    (item,) = (i for i in find_in_zip(file, settings)[0] if i.path == name)
    return item.read()


def test_members_are_listed_by_path_and_read_as_they_are(good, settings):
    pictures, skipped = find_in_zip(good, settings)
    assert {item.path: item.read() for item in pictures} == FILES
    assert [item.label for item in pictures] == ["cat", "cat", "dog"]
    assert skipped == []


def test_members_are_read_by_many_threads(tmp_path, settings):
    files = pictures_of({"cat": 60})
    pictures, _ = find_in_zip(image_zip(tmp_path / "many.zip", files), settings)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda item: item.read(), pictures)) == list(files.values())


@pytest.mark.parametrize(
    "path",
    ["/etc/1.jpg", "../1.jpg", "cat/../../1.jpg", "C:/cat/1.jpg", "C:\\cat\\1.jpg", "..\\a\\1.jpg"],
)
def test_paths_that_lead_out_are_said_and_never_read(path, tmp_path, settings):
    file = image_zip(tmp_path / "bad.zip", {path: FILES["cat/000.jpg"], **FILES})
    pictures, skipped = find_in_zip(file, settings)
    assert [item.path for item in pictures] == sorted(FILES)
    assert [(skip.path, skip.reason) for skip in skipped] == [
        (path.replace("\\", "/"), "its path leads out of the archive")
    ]


def test_paths_of_windows_are_understood(tmp_path, settings):
    members = {"in\\": b"", "in\\cat\\": b"", "in\\cat\\1.jpg": b"a", "in\\dog\\2.jpg": b"b"}
    pictures, skipped = find_in_zip(image_zip(tmp_path / "windows.zip", members), settings)
    assert [(item.path, item.label) for item in pictures] == [
        ("in/cat/1.jpg", "cat"),
        ("in/dog/2.jpg", "dog"),
    ]
    assert skipped == []


def test_a_colon_within_a_name_is_no_drive(tmp_path, settings):
    name = "cat/Photo 10:30.jpg"
    assert read_one(image_zip(tmp_path / "a.zip", {name: b"abc"}), name, settings) == b"abc"


def test_a_member_without_a_name_is_left_out(tmp_path, settings):
    file = image_zip(tmp_path / "a.zip", {"cat/1.jpg": b"abc", "X": b""})
    data = file.read_bytes()
    at = data.rindex(CENTRAL)
    unnamed = data[at : at + 28] + b"\x00\x00" + data[at + 30 :].replace(b"X", b"", 1)
    end = data.index(b"PK\x05\x06") - 1
    unnamed = bytearray(data[:at] + unnamed)
    unnamed[end + 12 : end + 16] = (end - data.index(CENTRAL)).to_bytes(4, "little")
    file.write_bytes(unnamed)
    assert "" in zipfile.ZipFile(file).namelist()
    assert [item.path for item in find_in_zip(file, settings)[0]] == ["cat/1.jpg"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 only the first signs", None])
def test_what_is_not_a_zip_is_said_in_a_sentence(content, tmp_path, settings):
    file = tmp_path / "bad.zip"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StudioError, match="is not a zip file"):
        find_in_zip(file, settings)


def test_a_truncated_zip_is_said_in_a_sentence(good, settings):
    good.write_bytes(good.read_bytes()[:-40])
    with pytest.raises(StudioError, match="is not a zip file"):
        find_in_zip(good, settings)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_a_folder_or_a_pipe_is_no_zip(make, tmp_path, settings):
    make(tmp_path / "bad.zip")
    with pytest.raises(StudioError, match="is not a zip file"):
        find_in_zip(tmp_path / "bad.zip", settings)


def test_a_zip_without_class_folders_is_said_in_a_sentence(tmp_path, settings):
    file = image_zip(tmp_path / "flat.zip", {"1.jpg": b"a", "__MACOSX/cat/1.jpg": b"a"})
    with pytest.raises(StudioError, match="no pictures in class folders"):
        find_in_zip(file, settings)


def patched(file: Path, record: bytes, offset: int, value: bytes) -> Path:
    """Overwrite a field of the first local (PK34) or central (PK12) record."""
    data = bytearray(file.read_bytes())
    start = data.index(record) + offset
    data[start : start + len(value)] = value
    file.write_bytes(data)
    return file


def test_an_encrypted_member_is_said_in_a_sentence(good, settings):
    patched(patched(good, CENTRAL, 8, b"\x01\x00"), LOCAL, 6, b"\x01\x00")
    with pytest.raises(PictureError, match=r"cannot be unpacked .*(encrypted|password)"):
        read_one(good, "cat/000.jpg", settings)
    assert read_one(good, "cat/001.jpg", settings) == FILES["cat/001.jpg"]


def test_a_member_with_a_wrong_checksum_is_said_in_a_sentence(good, settings):
    patched(good, CENTRAL, 16, b"\x00\x01\x02\x03")
    with pytest.raises(PictureError, match="cannot be unpacked"):
        read_one(good, "cat/000.jpg", settings)


def test_a_member_packed_in_an_unknown_way_is_said_in_a_sentence(good, settings):
    patched(good, CENTRAL, 10, b"\x63\x00")
    with pytest.raises(PictureError, match="cannot be unpacked"):
        read_one(good, "cat/000.jpg", settings)


def packed(tmp_path: Path, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    file = tmp_path / "packed.zip"
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("cat/000.jpg", data)
    return file


def test_a_bomb_is_refused_by_its_stated_size(tmp_path, settings):
    file = packed(tmp_path, b"\x00" * 3_000_000)
    assert file.stat().st_size < 10_000
    with pytest.raises(StudioError, match=r"unpack to 3\.0 MB; the limit is 2\.0 MB"):
        find_in_zip(file, replace(settings, max_archive_bytes=2_000_000))


def test_a_member_over_the_limit_for_one_file_is_said_in_a_sentence(tmp_path, settings):
    file = packed(tmp_path, b"\x00" * 3_000_000)
    with pytest.raises(PictureError, match="larger than 1 MB"):
        read_one(file, "cat/000.jpg", replace(settings, max_file_bytes=1_000_000))


def test_a_member_that_unpacks_to_more_than_it_says_is_refused(tmp_path, settings):
    file = patched(packed(tmp_path, b"\x00" * 3_000_000), CENTRAL, 24, (1000).to_bytes(4, "little"))
    limits = replace(settings, max_archive_bytes=2_000_000)
    with pytest.raises(PictureError, match="cannot be unpacked"):
        read_one(file, "cat/000.jpg", limits)


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@given(method=st.sampled_from(METHODS), data=st.data())
@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_anywhere_is_refused_or_read_but_never_leaks(method, data, tmp_path):
    limits = Settings(home=tmp_path, max_archive_bytes=10_000_000)
    file = packed(tmp_path, FILES["cat/000.jpg"], method)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    try:
        for item in find_in_zip(file, limits)[0]:
            item.read()
    except StudioError as error:
        assert error.hint
