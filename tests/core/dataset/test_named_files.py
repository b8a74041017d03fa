"""Rows that name a file and its label, and metadata beside the pictures."""

from __future__ import annotations

import pytest

from core.dataset.metadata import by_metadata
from core.dataset.named_files import Row, join, refuse_several_labels
from core.dataset.new_pictures import FileTree
from core.errors import StudioError


def tree_of(*paths: str, **files: bytes) -> FileTree:
    return FileTree("here", {**dict.fromkeys(paths, bytes), **files})


def joined(paths: list[str], *rows: Row) -> tuple[dict[str, str], dict[str, str]]:
    pictures, skipped = join(tree_of(*paths), rows)
    return {f.path: f.label for f in pictures}, {s.path: s.reason for s in skipped}


@pytest.mark.parametrize(
    "name", ["b/cat.jpg", "./b/cat.jpg", "b\\cat.jpg", "cat.jpg", "cat", "b/cat"]
)
def test_a_file_is_found_by_its_path_the_end_of_it_or_without_its_suffix(name):
    labels, skipped = joined(["a/b/cat.jpg", "a/b/dog.jpg"], Row(name, "x"))
    assert labels == {"a/b/cat.jpg": "x"}
    assert skipped == {"a/b/dog.jpg": "not in the table"}


def test_the_folder_of_the_table_comes_first():
    labels, _ = joined(["1.jpg", "train/1.jpg"], Row("1.jpg", "cat", near="train"))
    assert labels == {"train/1.jpg": "cat"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row("at.jpg", "x"), "it is gone"),
        (Row("1.jpg", "x"), "several files have this name"),
        (Row("1", "x"), "several files have this name"),
        (Row("../a/1.jpg", "x"), "leads out"),
        (Row("/a/1.jpg", "x"), "leads out"),
        (Row("a/1.jpg", ""), "no label"),
        (Row("", "x"), "it is gone"),
    ],
)
def test_what_does_not_fit_is_said(row, reason):
    labels, skipped = joined(["a/1.jpg", "b/1.jpg", "cat.jpg"], row)
    assert labels == {}
    assert reason in skipped[row.file or "a row"]


def test_the_order_of_the_rows_does_not_matter():
    rows = [Row("1.jpg", "cat"), Row("2.jpg", "dog"), Row("1.jpg", "bear")]
    one, two = join(tree_of("1.jpg", "2.jpg"), rows), join(tree_of("2.jpg", "1.jpg"), rows[::-1])
    assert [(f.path, f.label) for f in one[0]] == [(f.path, f.label) for f in two[0]]
    assert [f.label for f in one[0]] == ["bear", "cat", "dog"]


@pytest.mark.parametrize(
    "labels", [["cat|dog"], ["cat;dog"], ["cat", "dog", "cat,dog"], ["cat", "dog", "dog cat"]]
)
def test_several_labels_are_refused(labels):
    with pytest.raises(StudioError, match="several labels") as error:
        refuse_several_labels(labels)
    assert "one in each row" in error.value.hint


@pytest.mark.parametrize(
    "labels", [["polar bear", "bear"], ["Smith, John", "Smith"], ["cat|"], ["a-b", "a", "b"]]
)
def test_one_label_with_a_space_or_a_comma_is_one_label(labels):
    refuse_several_labels(labels)


def in_place(metadata: bytes, *paths: str, name: str = "metadata.csv"):
    tree = tree_of(*paths)
    pictures, skipped = by_metadata(FileTree("here", {**tree.readers, name: lambda: metadata}))
    return {f.path: (f.label, f.side, f.url) for f in pictures}, {s.path: s.reason for s in skipped}


def test_metadata_says_label_split_and_source():
    data = b"file_name,label,split,source\n1.jpg,cat,train,https://a.org/1\na/2.jpg,dog,val,me\n"
    labels, skipped = in_place(data, "1.jpg", "a/2.jpg", "a/3.jpg")
    assert labels == {
        "1.jpg": ("cat", "train", "https://a.org/1"),
        "a/2.jpg": ("dog", "valid", ""),
    }
    assert skipped == {"a/3.jpg": "not in the table"}


def test_metadata_of_each_split_in_its_folder():
    lines = b'{"file_name": "1.jpg", "label": "cat"}'
    here = FileTree(
        "here",
        {
            **dict.fromkeys(["data/train/1.jpg", "data/validation/1.jpg"], bytes),
            **{f"data/{side}/metadata.jsonl": lambda: lines for side in ("train", "validation")},
        },
    )
    assert [(f.path, f.side) for f in by_metadata(here)[0]] == [
        ("data/train/1.jpg", "train"),
        ("data/validation/1.jpg", "valid"),
    ]


def test_metadata_without_labels_adds_addresses_to_the_folders():
    data = b"file_name,source\ncat/1.jpg,https://a.org/1\ncat/2.jpg,a friend"
    labels, _ = in_place(data, "cat/1.jpg", "cat/2.jpg", "dog/3.jpg")
    assert labels == {
        "cat/1.jpg": ("cat", None, "https://a.org/1"),
        "cat/2.jpg": ("cat", None, ""),
        "dog/3.jpg": ("dog", None, ""),
    }


def test_metadata_that_is_none_does_not_get_in_the_way():
    labels, skipped = in_place(b"PAR1 no", "cat/1.jpg", "dog/2.jpg", name="metadata.parquet")
    assert set(labels) == {"cat/1.jpg", "dog/2.jpg"}
    assert "no table that can be read" in skipped["metadata.parquet"]
    labels, skipped = in_place(b"date,weather\n1,sun", "cat/1.jpg", "dog/2.jpg")
    assert set(labels) == {"cat/1.jpg", "dog/2.jpg"}
    assert skipped == {}
