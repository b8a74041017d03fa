"""Labels from a regular expression."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset.by_pattern import MAX_PATTERN, by_pattern, extractor, preview
from core.dataset.new_pictures import FileTree
from core.errors import StudioError

PATHS = ("cat_001.jpg", "a/dog_2.png", "train/cat/7.jpg", "x", "")


def labels(pattern: str, *paths: str) -> dict[str, tuple[str, str | None]]:
    pictures, _ = by_pattern(FileTree("here", dict.fromkeys(paths, bytes)), pattern)
    return {item.path: (item.label, item.side) for item in pictures}


def test_the_first_group_is_the_label_unless_one_is_named():
    assert labels(r"([^/]+)_\d+", *PATHS) == {
        "cat_001.jpg": ("cat", None),
        "a/dog_2.png": ("dog", None),
    }
    assert labels(r"(\w+)/(?P<label>\w+)_", "a/dog_2.png") == {"a/dog_2.png": ("dog", None)}


def test_a_named_group_may_say_the_side():
    pattern = r"(?P<split>\w+)/(?P<label>\w+)/"
    sides = labels(pattern, "train/cat/1.jpg", "val/cat/2.jpg", "x/cat/3.jpg")
    assert list(sides.values()) == [("cat", "train"), ("cat", "valid"), ("cat", None)]
    assert labels(r"(?P<split>\w+)/(\w+)/", "test/cat/1.jpg") == {"test/cat/1.jpg": ("cat", "test")}


def test_without_a_validation_side_training_pictures_have_no_side_yet():
    assert labels(r"(?P<split>\w+)/(\w+)/", "train/cat/1.jpg") == {"train/cat/1.jpg": ("cat", None)}


def test_a_file_without_a_match_is_said_and_a_hidden_one_is_not_tried():
    tree = FileTree("here", dict.fromkeys(("cat_1.jpg", "dog.jpg", ".x_1.jpg"), bytes))
    _, skipped = by_pattern(tree, r"(\w+)_\d")
    assert {s.path: s.reason for s in skipped} == {
        "dog.jpg": "the regular expression finds no label in it",
        ".x_1.jpg": "hidden or system file",
    }


def test_a_name_of_bytes_that_are_no_letters_is_matched_as_it_is_shown():
    assert labels(r"(\w+)_", "cat_\udcff.jpg") == {"cat_?.jpg": ("cat", None)}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "1 to 1,000"),
        ("(a)" * MAX_PATTERN, "1 to 1,000"),
        (r"\w+", "no brackets"),
        (r"(?P<split>\w+)", "no brackets around a label"),
        ("(cat", "cannot be used"),
        (r"(?=cat)(x)", "Look-ahead"),
        (r"(a)\1", "back references"),
        (r"\\(?<!x)(a)", "Look-ahead"),
        (r"(?P<n>a)(?P=n)", "back references"),
        (r"\(?=(a", "Check its brackets"),
        (r"(a)\q", "backslashes"),
        (r"(a){2000}", "repetitions"),
        ("(\udcff)", "cannot be used"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_said_with_a_way_out(pattern, sentence):
    with pytest.raises(StudioError) as error:
        extractor(pattern)
    assert sentence in str(error.value)
    assert error.value.hint


def test_the_preview_shows_what_the_import_will_do():
    rows = preview(PATHS, r"([^/]+)_\d+")
    assert rows[:3] == [("cat_001.jpg", "cat"), ("a/dog_2.png", "dog"), ("train/cat/7.jpg", "")]


@given(
    pattern=st.sampled_from(
        [
            r"([a-c]+)_\d",
            r"^(\w+?)\d",
            r"/([^/]*)$",
            r"(a|ab)(c|bcd)*_",
            r"(?i)(CAT|DOG)",
            r"(a?b)+c",  # not one that repeats nothing: engines differ in what that leaves
        ]
    ),
    path=st.text("abcd_1/ CATdog.", max_size=30),
)
def test_it_finds_what_pythons_own_engine_finds(pattern, path):
    match = re.search(pattern, path)
    assert extractor(pattern)(path)[0] == ((match[1] or "").strip() if match else "")
