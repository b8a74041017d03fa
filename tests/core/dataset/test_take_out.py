"""The dataset as plain files: what is written, and that it comes back the same."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from pyarrow import csv as arrow_csv

from core.catalog import open_catalog
from core.dataset.new_pictures import NewPicture, clean_label
from core.dataset.take_out import COLUMNS, dataset_path, entries_of, safe_name, take_out
from core.dataset.ways_in import bring_in
from core.errors import StudioError
from core.owned import MARK
from core.workspace import open_workspace
from tests.builders import a_context, a_record, fill, picture, run_import

HOSTILE = (
    "a/b", "a\\b", "../up", "con", "A", "a", "cat; dog", "cat|dog", "cat, dog", "cat", "dog",
    "cat dog", '=cmd("x")', "'=cmd", "+1", "-2", "@sum", "''@", "'cat",
    "日本", ".hidden", "train", "x" * 100, "é" * 100, "__MACOSX", "?", "*",
)  # fmt: skip


def run(steps) -> None:
    for _ in steps:
        pass


def brought_in(context, name, **args):
    """A new workspace with what was taken out."""
    workspace = open_workspace(context.workspace.folder.parent, name)
    other = a_context(workspace, open_catalog(workspace))
    run(bring_in(other, args))
    return other.catalog


def facts(catalog) -> dict[str, tuple]:
    return {i.id: (i.label, i.side, i.url, i.suffix, i.width_px) for i in catalog.images.all()}


@pytest.fixture
def hostile(context):
    """Pictures of all sides and kinds whose classes have all sorts of names."""
    pictures = [
        NewPicture(
            f"some where/{k % 2}.jpg", clean_label(label), side, lambda data=data: data,
            "https://example.org/a,b.jpg" if k % 2 else "",
        )
        for k, label in enumerate(HOSTILE)
        for n, side in enumerate(("train", "valid", "test"))
        for data in [picture("PNG" if n else "JPEG", seed=10 * k + n)]
    ]  # fmt: skip
    run_import(context, (pictures, []))
    return context


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_is_taken_out_comes_back_the_same(hostile, form):
    run(take_out(hostile, form))
    path = str(dataset_path(hostile.workspace, form))
    back = brought_in(hostile, f"back from {form}", way="folder", path=path)
    assert facts(back) == facts(hostile.catalog)
    assert len(facts(back)) == 3 * len(HOSTILE)
    assert back.images.skipped(1) == []


def test_folders_alone_say_the_side_and_the_class(context):
    images = fill(context, {"cat": 12, "dog": 12})
    run(take_out(context, "folder"))
    folder = dataset_path(context.workspace, "folder")
    (folder / "metadata.csv").unlink()
    back = brought_in(context, "back", way="folder", path=str(folder))
    assert facts(back) == facts(context.catalog)
    assert {p.name for p in folder.iterdir()} == {"train", "validation", MARK}
    sides = Counter(image.side for image in images)
    assert len(list(folder.glob("validation/*/*.jpg"))) == sides["valid"]


def test_other_tools_read_the_table(context):
    images = fill(context, {"cat": 4, "dog": 4})
    context.catalog.journal.keep(images[0].id)
    context.catalog.journal.quarantine(images[1].id)
    run(take_out(context, "folder"))
    folder = dataset_path(context.workspace, "folder")
    table = pd.read_csv(folder / "metadata.csv")
    assert tuple(table.columns) == COLUMNS and len(table) == 7
    assert table.reviewed.dtype == bool and table.reviewed.sum() == 1
    assert set(table.journal) == {2}
    assert all((folder / name).is_file() for name in table.file_name)
    split = {"train": "train", "valid": "validation"}
    assert Counter(table.split) == Counter(split[i.side] for i in context.catalog.images.all())
    arrow = arrow_csv.read_csv(folder / "metadata.csv")
    assert str(arrow.schema.field("reviewed").type) == "bool"
    assert arrow.column("label").to_pylist() == table.label.tolist()


def test_todays_names_are_written(context):
    fill(context, {"cat": 3, "dog": 3})
    context.catalog.classes.rename("cat", "big/cat")
    run(take_out(context, "zip"))
    with zipfile.ZipFile(dataset_path(context.workspace, "zip")) as archive:
        assert archive.testzip() is None
        assert any(name.startswith("train/big_cat/") for name in archive.namelist())
        assert b",big/cat," in archive.read("metadata.csv")


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_stopping_leaves_what_was_taken_out_before(context, form):
    fill(context, {"cat": 3, "dog": 3})
    run(take_out(context, form))
    target = dataset_path(context.workspace, form)
    before = sorted((p.name, p.stat().st_size) for p in [target, *target.rglob("*")])
    fill(context, {"cat": 5, "dog": 5}, seed=500)
    stopped = iter([False, False, True])
    run(take_out(replace(context, stop_requested=lambda: next(stopped, True)), form))
    assert sorted((p.name, p.stat().st_size) for p in [target, *target.rglob("*")]) == before
    assert [p.name for p in context.workspace.folder.iterdir() if ".part" in p.name] == []
    run(take_out(context, form))
    assert sorted((p.name, p.stat().st_size) for p in [target, *target.rglob("*")]) != before


def damage_one_byte(file) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_originals_that_are_not_as_they_came_in_are_named_and_nothing_is_left(form, context):
    gone, empty, other, whole = images = fill(context, {"cat": 4})
    files = [context.workspace.original(image.id, image.suffix) for image in images]
    files[0].unlink()
    files[1].write_bytes(b"")
    damage_one_byte(files[2])
    with pytest.raises(StudioError, match="1 gone and 2 damaged") as error:
        run(take_out(context, form))
    assert all(image.source_path in error.value.message for image in (gone, empty, other))
    assert whole.source_path not in error.value.message
    assert not dataset_path(context.workspace, form).exists()
    assert [p.name for p in context.workspace.folder.iterdir() if ".part" in p.name] == []


def test_a_folder_that_the_studio_did_not_make_is_kept(context):
    fill(context, {"cat": 3})
    own = dataset_path(context.workspace, "folder")
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    for _ in range(2):
        run(take_out(context, "folder"))
    folders = [p for p in own.parent.iterdir() if (p / "thesis.txt").exists()]
    assert len(folders) == 1 and folders[0].name.startswith("dataset (kept ")
    assert len(list(own.rglob("*.jpg"))) == 3


def test_of_many_damaged_originals_the_first_are_named(context):
    for image in fill(context, {"cat": 25}):
        context.workspace.original(image.id, image.suffix).write_bytes(b"")
    with pytest.raises(StudioError, match=r"25 damaged .*, \.\.\.\)") as error:
        run(take_out(context, "folder"))
    assert error.value.message.count("cat/") == 20


def test_a_spreadsheet_runs_nothing_of_the_table(hostile):
    run(take_out(hostile, "folder"))
    table = pd.read_csv(dataset_path(hostile.workspace, "folder") / "metadata.csv", dtype=str)
    for column in table:
        assert not table[column].fillna("").str.match(r"[=+\-@\t\r]").any(), column


def test_an_empty_workspace_has_nothing_to_take_out(context):
    with pytest.raises(StudioError, match="no pictures"):
        run(take_out(context, "zip"))


def test_no_two_paths_are_equal_on_any_system():
    labels = ("cat", "CAT", "Cat ", "c?t", "c*t")
    images = [
        replace(a_record(10 * k + n, label), source_path=f"{n % 2}/same.JPG")
        for k, label in enumerate(labels)
        for n in range(4)
    ]
    paths = [path for path, _ in entries_of(images)]
    assert len({path.casefold() for path in paths}) == len(images)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cat", "cat"), ("a/b", "a_b"), ("..", "_"), ("", "_"), ("nul", "_nul"),
        ("NUL.x", "_NUL.x"), ("x" * 101, "x" * 100),
        (".git", "git"), ("end. ", "end"), ("a\x00\n\u202eb", "a___b"), ("Thumbs.db", "_Thumbs.db"),
    ],
)  # fmt: skip
def test_names_that_systems_would_refuse(text, name):
    assert safe_name(text) == name


def test_names_fit_every_file_system():
    assert len(safe_name("é" * 300).encode()) <= 100
