"""One contract for all ways in: whatever brings pictures, the same holds.

A new way in joins by a builder: given files, as `label/name` -> bytes, it makes the input of the
way and returns the arguments of the import.
"""

from __future__ import annotations

import io
import json
import tarfile
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.catalog import open_catalog
from core.context import Context
from core.dataset import image_search
from core.dataset.new_pictures import Listing, clean_label
from core.dataset.uploads import pack
from core.dataset.url_list import keep_list
from core.dataset.ways_in import WAYS_IN, bring_in
from core.errors import PictureError, StudioError
from core.records import ImageRecord
from core.settings import Settings
from core.workspace import open_workspace
from tests.builders import image_folder, image_zip, picture, pictures_of
from tests.core.dataset.hub_server import hub
from tests.core.dataset.test_hub_dataset import table as parquet_table
from tests.picture_web import Web, serve

Files = Mapping[str, bytes]
Args = dict[str, Any]


@dataclass
class World:
    """Where a builder may put things: a folder outside the workspace, the uploads, a web server."""

    context: Context
    outside: Path
    web: Web
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack

    def upload(self, name: str) -> Path:
        self.context.workspace.uploads.mkdir(exist_ok=True)
        return self.context.workspace.uploads / name


def label_of(path: str) -> str:
    return path.split("/", maxsplit=1)[0]


def folder(world: World, files: Files) -> Args:
    return {"path": str(image_folder(world.outside, files))}


def folder_by_pattern(world: World, files: Files) -> Args:
    flat = {f"{path.replace('/', '_', 1)}": data for path, data in files.items()}
    args = folder(world, flat)
    return {**args, "labels": "pattern", "pattern": r"^(?P<label>[^_]+)_"}


def rows(files: Files, columns: str, address: Callable[[str], str]) -> bytes:
    lines = [f'"{address(path)}","{label_of(path)}"' for path in files]
    return "\n".join([columns, *lines]).encode()


def flat_name(files: Files, path: str) -> str:
    return f"{sorted(files).index(path)}.jpg"


def flat(files: Files) -> dict[str, bytes]:
    return {flat_name(files, path): data for path, data in files.items()}


def folder_with_table(world: World, files: Files) -> Args:
    made = {**flat(files), "all.csv": rows(files, "name,kind", lambda p: flat_name(files, p))}
    columns = {"file_column": "name", "label_column": "kind"}
    return {**folder(world, made), "labels": "table", "table": "all.csv", **columns}


def folder_with_metadata(world: World, files: Files) -> Args:
    lines = [
        json.dumps({"file_name": flat_name(files, path), "label": label_of(path)}) for path in files
    ]
    made = {f"train/{name}": data for name, data in flat(files).items()}
    return folder(world, {**made, "train/metadata.jsonl": "\n".join(lines).encode()})


def archive(world: World, files: Files) -> Args:
    image_zip(world.upload("up"), files)
    return {"upload": "up", "name": "pictures.zip"}


def archive_tar(world: World, files: Files) -> Args:
    with tarfile.open(world.upload("up"), "w:gz") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return {"upload": "up", "name": "pictures.tar.gz"}


def serve_all(world: World, files: Files) -> dict[str, str]:
    return {path: world.web.at(f"/{k}.jpg", files[path]) for k, path in enumerate(sorted(files))}


def table(world: World, files: Files) -> Args:
    addresses = serve_all(world, files)
    world.upload("up").write_bytes(rows(files, "url,label", addresses.__getitem__))
    columns = {"file_column": "url", "label_column": "label"}
    return {"upload": "up", "name": "addresses.csv", **columns}


def uploaded_files(world: World, files: Files) -> Args:
    pack(
        ((path.split("/")[1], io.BytesIO(data)) for path, data in files.items()), world.upload("u")
    )
    return {"upload": "u", "label": label_of(next(iter(files), "cat")), "name": "2 files"}


def camera(world: World, files: Files) -> Args:
    path, data = next(iter(files.items()), ("cat/none", None))
    if data is not None:
        world.upload("shot").write_bytes(data)
    return {"upload": "shot", "label": label_of(path), "group": "burst 1"}


def urls(world: World, files: Files) -> Args:
    addresses = serve_all(world, files)
    data = rows(files, "url,label", addresses.__getitem__)
    return {"list": keep_list(world.context.workspace, data), "name": "a list", "label": ""}


def search(world: World, files: Files) -> Args:
    addresses = serve_all(world, files)
    by_label: dict[str, list[str]] = {}
    for path, address in addresses.items():
        by_label.setdefault(clean_label(label_of(path)), []).append(address)
    world.monkeypatch.setattr(image_search, "search_web", lambda words, n: by_label.get(words, []))
    return {"labels": sorted(by_label) or ["cat"], "words": "", "count": 10}


def hub_folders(world: World, files: Files) -> Args:
    world.stack.enter_context(hub(world.monkeypatch, {"a/b": dict(files)}))
    return {"repository": "a/b"}


def hub_parquet(world: World, files: Files) -> Args:
    made = [({"bytes": data, "path": None}, label_of(path)) for path, data in files.items()]
    parts = {"data/train-00000.parquet": parquet_table(made)} if made else {}
    world.stack.enter_context(hub(world.monkeypatch, {"a/b": parts}))
    return {"repository": "a/b"}


BUILDERS: dict[str, Callable[[World, Files], Args]] = {
    "folder": folder,
    "folder, pattern": folder_by_pattern,
    "folder, table": folder_with_table,
    "folder, metadata": folder_with_metadata,
    "archive": archive,
    "archive, tar": archive_tar,
    "table": table,
    "files": uploaded_files,
    "camera": camera,
    "urls": urls,
    "search": search,
    "hub": hub_folders,
    "hub, parquet": hub_parquet,
}
"""Name of a way in, perhaps with a variant of it -> what makes its input."""
ONE_CLASS = ("files", "camera")
FIXED = {"sample"}  # brings its own pictures; see test_sample.py
NAMES = pytest.mark.parametrize("name", BUILDERS)
CATS = pictures_of({"cat": 2})
PETS = pictures_of({"cat": 3, "dog": 3})


@pytest.fixture
def world(context: Context, tmp_path: Path, monkeypatch) -> Iterator[World]:
    settings = replace(context.settings, open_hosts=frozenset({"127.0.0.1"}))
    with ExitStack() as stack:
        web = stack.enter_context(serve())
        opened = replace(context, settings=settings)
        yield World(opened, tmp_path / "in", web, monkeypatch, stack)


def files_for(name: str) -> Files:
    if name == "camera":
        return {"cat/000.jpg": CATS["cat/000.jpg"]}
    return CATS if name in ONE_CLASS else PETS


def build(world: World, name: str, files: Files) -> Args:
    return {"way": name.split(",", maxsplit=1)[0], **BUILDERS[name](world, files)}


def listed(context: Context, args: Args) -> Listing:
    events = WAYS_IN[args["way"]](context, args)
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def bring(world: World, name: str, files: Files, **more: object) -> list[ImageRecord]:
    for _ in bring_in(world.context, {**build(world, name, files), **more}):
        pass
    return world.context.catalog.images.all()


def all_skipped(world: World) -> list[tuple[str, str]]:
    images = world.context.catalog.images
    return [(s.path, s.reason) for done in images.imports() for s in images.skipped(done.id)]


def test_every_way_in_keeps_the_contract():
    assert {name.split(",")[0] for name in BUILDERS} | FIXED == set(WAYS_IN)


@NAMES
def test_good_files_are_listed_read_and_labelled(name, world):
    files = files_for(name)
    listing = listed(world.context, build(world, name, files))
    assert listing.source
    assert sorted((f.label, f.read()) for f in listing.pictures) == sorted(
        (label_of(path), data) for path, data in files.items()
    )


@NAMES
def test_labels_are_cleaned(name, world):
    files = {" big\u200b  cat <b>/0'0.jpg": CATS["cat/000.jpg"]}
    (image,) = bring(world, name, files)
    assert image.label == "big cat <b>"


@NAMES
def test_nothing_to_bring_is_said_with_a_way_out(name, world):
    world.outside.mkdir()
    with pytest.raises(StudioError) as error:
        bring(world, name, {})
    assert error.value.message
    assert error.value.hint
    assert world.context.catalog.images.imports() == []


@NAMES
def test_a_file_that_cannot_be_read_is_skipped_with_a_reason(name, world):
    files = {"cat/bad.jpg": b"<html>no picture</html>", **({} if name == "camera" else CATS)}
    assert len(bring(world, name, files)) == len(files) - 1
    ((_, reason),) = all_skipped(world)
    assert "not a picture" in reason


@NAMES
def test_the_same_bytes_under_two_labels_are_said_with_both(name, world):
    data = CATS["cat/000.jpg"]
    bring(world, name, {"cat/1.jpg": data})
    images = bring(world, name, {"dog/2.jpg": data})
    assert [image.label for image in images] == ["cat"]
    ((_, reason),) = [s for s in all_skipped(world) if "already there" in s[1]]
    assert "'cat'" in reason
    assert "'dog'" in reason


@pytest.mark.parametrize("name", [name for name in BUILDERS if name not in ONE_CLASS])
def test_the_same_bytes_twice_in_one_import_are_said_with_both(name, world):
    data = CATS["cat/000.jpg"]
    (image,) = bring(world, name, {"cat/1.jpg": data, "dog/2.jpg": data})
    ((_, reason),) = all_skipped(world)
    assert image.label in reason
    assert "'cat'" in reason
    assert "'dog'" in reason


@NAMES
def test_the_field_test_set_is_for_testing_only(name, world):
    images = bring(world, name, files_for(name), field_test=True)
    assert {(image.side, image.side_reason) for image in images} == {("test", "field test")}


@NAMES
def test_a_stop_ends_it_at_once_and_stores_nothing(name, world):
    stopped = replace(world.context, stop_requested=lambda: True)
    for _ in bring_in(stopped, build(world, name, files_for(name))):
        pass
    assert world.context.catalog.images.all() == []


@NAMES
def test_all_is_stored_nothing_is_left_and_nothing_lies_outside_the_workspace(
    name, world, tmp_path
):
    files = files_for(name)
    args = build(world, name, files)
    workspace = world.context.workspace

    def outside() -> dict[Path, bytes]:
        return {
            path: path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file() and not path.is_relative_to(workspace.folder)
        }

    before = outside()
    for _ in bring_in(world.context, args):
        pass
    assert outside() == before
    assert len(world.context.catalog.images.all()) == len(files)
    assert not workspace.uploads.exists() or not list(workspace.uploads.iterdir())


@pytest.mark.parametrize("name", [name for name in BUILDERS if name != "camera"])
def test_the_order_of_the_files_does_not_matter(name, world, tmp_path):
    files = files_for(name)
    first = {(i.id, i.label, i.side) for i in bring(world, name, files)}
    workspace = open_workspace(world.context.settings.home, "another")
    catalog = open_catalog(workspace)
    other = replace(world.context, workspace=workspace, catalog=catalog)
    again = replace(world, context=other, outside=tmp_path / "again")
    turned = dict(reversed(files.items()))
    assert {(i.id, i.label, i.side) for i in bring(again, name, turned)} == first
    catalog.close()


ESCAPES = (
    "../evil.jpg",
    "cat/../../evil.jpg",
    "/tmp/evil.jpg",
    "C:\\evil.jpg",
    "\\\\host\\evil.jpg",
)


@pytest.mark.parametrize("name", ["archive", "archive, tar", "hub", "folder, table"])
def test_paths_that_lead_out_are_said_and_never_followed(name, world, tmp_path):
    if name == "folder, table":
        (tmp_path / "evil.jpg").write_bytes(picture())
        (tmp_path / "in").mkdir()
        lines = ["file,label", *(f"{path},cat" for path in ESCAPES), "1.jpg,cat"]
        args = folder(world, {"all.csv": "\n".join(lines).encode(), "1.jpg": CATS["cat/000.jpg"]})
        columns = {"file_column": "file", "label_column": "label"}
        args = {"way": "folder", **args, "labels": "table", "table": "all.csv", **columns}
    else:
        args = build(world, name, {**dict.fromkeys(ESCAPES, picture()), **CATS})
    listing = listed(world.context, args)
    assert not any("evil" in f.path for f in listing.pictures)
    assert sum("leads out" in s.reason for s in listing.skipped) == len(ESCAPES)


def test_a_way_in_that_is_not_there_is_said(context):
    with pytest.raises(StudioError, match="no such way in"):
        list(bring_in(context, {"way": "magic"}))


@pytest.mark.parametrize("upload", ["..", "../../secret", "/etc/passwd", ".", "x" * 300, "catalog"])
def test_only_uploads_are_read_and_only_they_are_deleted(upload, world, tmp_path):
    (tmp_path / "secret").write_bytes(b"keep me")
    for way in ("archive", "files", "camera", "table"):
        args = {"way": way, "upload": upload, "name": "x", "label": "cat", "group": "g"}
        with pytest.raises(StudioError):
            list(bring_in(world.context, args))
    assert (tmp_path / "secret").exists()
    assert world.context.workspace.catalog_file.exists()


def test_a_reader_says_what_is_wrong_later(world):
    """What was listed may be gone when its turn comes."""
    listing = listed(world.context, build(world, "folder", PETS))
    (world.outside / "cat/000.jpg").unlink()
    with pytest.raises(PictureError, match="cannot be read"):
        listing.pictures[0].read()


@pytest.mark.parametrize("name", ["folder", "archive", "files", "hub"])
def test_a_sound_comes_in_as_well(name, world):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(0).bytes(16_000))
    (image,) = bring(world, name, {"zero/0.wav": buffer.getvalue()})
    assert (image.label, image.suffix) == ("zero", ".wav")


def test_limits_hold_for_all_archives(world):
    small = Settings(world.context.settings.home, max_archive_bytes=2000)
    for name in ("archive", "archive, tar"):
        with pytest.raises(StudioError, match="the limit is"):
            listed(replace(world.context, settings=small), build(world, name, PETS))
