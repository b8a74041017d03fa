"""Way in: a dataset of the hub, from a server on this machine that speaks its addresses."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pyarrow as pa
import pytest
from huggingface_hub import constants
from pyarrow import parquet

from core.context import Context
from core.dataset import hub_dataset
from core.dataset.new_pictures import Listing
from core.errors import PictureError, StudioError
from core.jobs import start_job, wait_for
from core.settings import Settings
from tests.browser import free_port
from tests.builders import a_context, pictures_of
from tests.core.dataset.hub_server import COMMIT, hub

FILES = pictures_of({"cat": 2, "dog": 2})
NAME = "somebody/pets"


def brought(context: Context, repository: str = NAME) -> Listing:
    events = hub_dataset.way_in(context, {"repository": repository})
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def table(rows: list[tuple[object, object]], names: list[str] | None = None) -> bytes:
    """A Parquet file as the library `datasets` writes it."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    label = {"_type": "ClassLabel", "names": names} if names else {"_type": "Value"}
    features = {"info": {"features": {"image": {"_type": "Image"}, "label": label}}}
    made = pa.table(
        {"image": pa.array([i for i, _ in rows], kind), "label": [label for _, label in rows]}
    ).replace_schema_metadata({"huggingface": json.dumps(features)})
    buffer = io.BytesIO()
    parquet.write_table(made, buffer, row_group_size=2)
    return buffer.getvalue()


def rows_of(files: dict[str, bytes]) -> list[tuple[object, object]]:
    return [
        ({"bytes": data, "path": None}, int(path.startswith("dog"))) for path, data in files.items()
    ]


def test_folders_of_pictures_come_at_one_commit(context, monkeypatch):
    files = {f"train/{path}": data for path, data in FILES.items()}
    programs = {"pets.py": b"import os", "README.md": b"#", ".gitattributes": b""}
    with hub(monkeypatch, {NAME: {**files, **programs}}) as asked:
        listing = brought(context)
    assert {f.path: (f.label, f.read()) for f in listing.pictures} == {
        path: (path.split("/")[1], data) for path, data in files.items()
    }
    assert {skip.path: skip.reason for skip in listing.skipped} == {
        "pets.py": "a program: never run",
        "README.md": "neither a picture nor a table",
    }
    assert COMMIT[:8] in listing.source
    assert all(COMMIT in path for path in asked if "resolve" in path)
    assert not any("pets.py" in path or "agent" in path for path in asked)


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        f" {NAME}@main ",
        f"datasets/{NAME}",
        f"https://huggingface.co/datasets/{NAME}",
        f"https://huggingface.co/datasets/{NAME}/tree/main/",
    ],
)
def test_a_name_may_be_pasted_as_an_address(text, context, monkeypatch):
    with hub(monkeypatch, {NAME: FILES}):
        assert len(brought(context, text).pictures) == 4


@pytest.mark.parametrize(
    "text", ["", "..", "../x", "a/b/c/d", "a b", "x" * 500, "/etc", "http://x/y"]
)
def test_what_is_no_name_is_said(text, context):
    with pytest.raises(StudioError, match="no name of a dataset"):
        brought(context, text)


def test_parquet_with_class_labels_and_sides(context, monkeypatch):
    rows = rows_of(FILES)
    parts = {
        "data/train-00000-of-00001.parquet": table(rows[:3], ["cat", "dog"]),
        "data/validation-00000-of-00001.parquet": table(rows[3:], ["cat", "dog"]),
        "other/train-00000-of-00001.parquet": table(rows, ["cat", "dog"]),
    }
    with hub(monkeypatch, {NAME: parts}) as asked:
        listing = brought(context)
        read = [f.read() for f in listing.pictures]
    assert [(f.label, f.side) for f in listing.pictures] == [
        ("cat", "train"),
        ("cat", "train"),
        ("dog", "train"),
        ("dog", "valid"),
    ]
    assert read == list(FILES.values())
    assert [s.reason for s in listing.skipped] == ["of another configuration"]
    assert not any("/other/" in path for path in asked)


def test_parquet_with_labels_as_text_and_rows_without_a_picture(context, monkeypatch):
    rows = [({"bytes": None, "path": "/etc/passwd"}, "cat"), (None, "dog"), ({}, None)]
    with hub(monkeypatch, {NAME: {"train.parquet": table(rows)}}):
        listing = brought(context)
        assert [f.label for f in listing.pictures] == ["cat", "dog"]
        for item in listing.pictures:
            with pytest.raises(PictureError, match="holds no picture"):
                item.read()
    assert [s.reason for s in listing.skipped] == ["the table has no label for it"]


def test_metadata_beside_the_pictures(context, monkeypatch):
    files = {f"{k}.jpg": data for k, data in enumerate(FILES.values())}
    lines = [
        "file_name,label,source",
        "0.jpg,cat,https://example.org/0",
        "1.jpg,dog,",
        "2.jpg,dog,",
    ]
    with hub(monkeypatch, {NAME: {**files, "metadata.csv": "\n".join(lines).encode()}}):
        listing = brought(context)
    assert [(f.path, f.label, f.url) for f in listing.pictures] == [
        ("0.jpg", "cat", "https://example.org/0"),
        ("1.jpg", "dog", ""),
        ("2.jpg", "dog", ""),
    ]


def test_paths_that_lead_out_are_not_downloaded(context, monkeypatch, tmp_path):
    files = {"../../evil.jpg": b"x", "/evil.jpg": b"x", "C:\\evil.jpg": b"x", **FILES}
    with hub(monkeypatch, {NAME: files}) as asked:
        listing = brought(context)
    assert len(listing.pictures) == 4
    assert not any("evil" in path for path in asked)
    assert not list(tmp_path.rglob("*evil*"))


def test_nobody_there_is_said_at_once(context, monkeypatch):
    tries = []
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("time.sleep", tries.append)
    with pytest.raises(StudioError, match="cannot be reached"):
        brought(context)
    assert tries == []


def test_an_unknown_dataset_and_one_that_is_too_large(context, monkeypatch):
    with hub(monkeypatch, {NAME: FILES}):
        with pytest.raises(StudioError, match="no open dataset"):
            brought(context, "somebody/else")
        small = Settings(context.settings.home, max_archive_bytes=1000)
        with pytest.raises(StudioError, match="the limit is"):
            brought(replace(context, settings=small))


def test_an_answer_that_is_none_is_said(context, monkeypatch):
    monkeypatch.setattr("tests.core.dataset.hub_server._listing", lambda *_: b"<html>")
    with hub(monkeypatch, {NAME: FILES}), pytest.raises(StudioError, match="cannot be reached"):
        brought(context)


def test_a_stop_ends_the_download(workspace, catalog, settings, monkeypatch):
    context = a_context(workspace, catalog, settings, stop_requested=lambda: True)
    with hub(monkeypatch, {NAME: FILES}):
        assert brought(context).pictures == []


@pytest.mark.slow
def test_a_worker_asks_the_hub_that_the_environment_names(workspace, catalog, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with hub(monkeypatch, {NAME: FILES}) as asked:
        job = start_job(workspace, catalog, "import", {"way": "hub", "repository": NAME})
        assert wait_for(workspace, catalog, job.id, 60).state == "done"
    assert asked
    assert len(catalog.images.all()) == len(FILES)
    assert list(workspace.uploads.iterdir()) == []


@pytest.mark.slow
def test_a_worker_without_a_network_says_so_at_once(workspace, catalog, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    job = start_job(workspace, catalog, "import", {"way": "hub", "repository": NAME})
    ended = wait_for(workspace, catalog, job.id, 40)
    assert ended.state == "failed"
    assert "cannot be reached" in ended.message
