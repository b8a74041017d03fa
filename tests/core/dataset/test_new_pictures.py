"""What the place of a file says of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset.new_pictures import by_folder, clean_label


def labels(*paths: str) -> dict[str, tuple[str, str | None]]:
    """Path -> label and side."""
    pictures, _ = by_folder(paths, lambda path: lambda: b"")
    return {item.path: (item.label, item.side) for item in pictures}


def reasons(*paths: str) -> dict[str, str]:
    _, skipped = by_folder(paths, lambda path: lambda: b"")
    return {skip.path: skip.reason for skip in skipped}


def test_the_folder_is_the_class():
    assert labels("cat/1.jpg", "dog/2.jpg") == {
        "cat/1.jpg": ("cat", None),
        "dog/2.jpg": ("dog", None),
    }


@pytest.mark.parametrize("wrapper", ["data", "data/v2/images", "My pictures"])
def test_folders_that_only_wrap_are_looked_through(wrapper):
    pairs = labels(f"{wrapper}/cat/1.jpg", f"{wrapper}/dog/2.jpg")
    assert set(pairs.values()) == {("cat", None), ("dog", None)}


def test_a_note_beside_the_classes_does_not_make_the_wrapper_a_class():
    paths = ("data/README.md", "LICENSE", "data/cat/1.jpg", "data/dog/2.JPG", "data/dog/notes.txt")
    pairs = labels(*paths)
    assert pairs["data/cat/1.jpg"] == ("cat", None)
    assert pairs["data/dog/2.JPG"] == ("dog", None)
    assert reasons(*paths) == {
        "data/README.md": "not in a class folder",
        "LICENSE": "not in a class folder",
    }


def test_files_without_a_suffix_are_labelled_too():
    assert set(labels("data/0/a", "data/1/b").values()) == {("0", None), ("1", None)}


def test_nested_folders_belong_to_their_class():
    pairs = labels("cat/indoors/2020/1.jpg", "cat/2.jpg", "dog/3.jpg")
    assert {label for label, _ in pairs.values()} == {"cat", "dog"}
    assert pairs["cat/indoors/2020/1.jpg"] == ("cat", None)


@pytest.mark.parametrize("valid", ["valid", "val", "Validation", "VAL"])
@pytest.mark.parametrize("train", ["train", "Training", "TRAIN"])
def test_split_levels_are_respected_in_any_case(train, valid):
    pairs = labels(f"x/{train}/cat/1.jpg", f"x/{valid}/cat/2.jpg", "x/Test/cat/3.jpg")
    assert sorted(pairs.values()) == [("cat", "test"), ("cat", "train"), ("cat", "valid")]


def test_without_a_validation_folder_training_images_have_no_side_yet():
    pairs = labels("train/cat/1.jpg", "test/cat/2.jpg")
    assert pairs == {"train/cat/1.jpg": ("cat", None), "test/cat/2.jpg": ("cat", "test")}


def test_a_single_level_is_a_level_and_no_wrapper():
    assert labels("data/valid/cat/1.jpg", "data/valid/dog/2.jpg") == {
        "data/valid/cat/1.jpg": ("cat", "valid"),
        "data/valid/dog/2.jpg": ("dog", "valid"),
    }


def test_pictures_without_a_label_in_a_level_make_no_class():
    paths = ("train/cat/1.jpg", "train/dog/2.jpg", "test/3.jpg")
    assert {label for label, _ in labels(*paths).values()} == {"cat", "dog"}
    assert reasons(*paths) == {"test/3.jpg": "not in a class folder"}


def test_without_levels_a_class_may_be_called_test():
    assert set(labels("test/1.jpg", "other/2.jpg").values()) == {("test", None), ("other", None)}


@pytest.mark.parametrize(
    "path",
    [
        "cat/.DS_Store",
        "__MACOSX/cat/1.jpg",
        "cat/Thumbs.db",
        "cat/desktop.ini",
        ".hidden/1.jpg",
        "cat/.1.jpg.part",
        "data/.git/cat/1.jpg",
    ],
)
def test_hidden_and_system_files_are_said_and_left_out(path):
    assert set(labels(path, "cat/1.jpg", "dog/2.jpg")) == {"cat/1.jpg", "dog/2.jpg"}
    assert reasons(path, "cat/1.jpg", "dog/2.jpg") == {path: "hidden or system file"}


def test_hidden_files_do_not_hide_a_wrapper():
    assert labels(".DS_Store", "data/.DS_Store", "data/cat/1.jpg", "data/dog/2.jpg")[
        "data/cat/1.jpg"
    ] == ("cat", None)


def test_files_outside_of_class_folders_are_said():
    assert reasons("1.jpg", "cat/2.jpg") == {"1.jpg": "not in a class folder"}


def test_two_ways_to_write_the_same_letters_are_one_class():
    composed, decomposed = (unicodedata.normalize(form, "Äpfel") for form in ("NFC", "NFD"))
    assert composed != decomposed
    pairs = labels(f"{composed}/1.jpg", f"{decomposed}/2.jpg", "Birnen/3.jpg")
    assert {label for label, _ in pairs.values()} == {composed, "Birnen"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("golden  retriever ", "golden retriever"),
        ("a\u00a0b", "a b"),
        ("a\nb\x00", "a b"),
        ("\u202eevil", "evil"),
        ("\x07", "unnamed"),
        ("\udcff\udcfe", "unnamed"),
        ("🐻", "🐻"),
        ("\U0001fae8", "\U0001fae8"),
        ("x" * 300, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_class_names_are_cleaned(name, label):
    assert clean_label(name) == label


@given(st.text())
def test_a_cleaned_name_is_clean_and_stays_as_it_is(name):
    label = clean_label(name)
    assert 1 <= len(label) <= 100
    assert label.encode()
    assert clean_label(label) == label


def test_names_that_are_no_text_are_shown_as_text():
    (path,) = labels("cat/\udcff.jpg")
    assert path == "cat/?.jpg"


SEGMENTS = st.sampled_from(
    ["a", "b", "train", "Test", "val", ".x", "1.jpg", "n.txt", "Thumbs.db", "é", "\udcff"]
)


@given(st.lists(st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join), unique=True))
def test_every_file_is_either_found_or_said_to_be_skipped(paths):
    pictures, skipped = by_folder(
        paths, lambda path: lambda: path.encode("utf-8", "surrogateescape")
    )
    assert len(pictures) + len(skipped) == len(paths)
    assert all(item.label and skip.reason for item in pictures for skip in skipped)
    assert len({item.read() for item in pictures}) == len(pictures)
