"""Images, classes and imports."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from core.errors import Conflict
from core.records import PictureFilter, Skipped
from tests.builders import a_record, stored


def test_images_come_back_as_they_were_stored(catalog):
    images = [a_record(1), replace(a_record(2, "pear", "valid"), reviewed=True)]
    catalog.images.add("a folder", images, [], 0)
    assert catalog.images.all() == sorted(images, key=lambda image: image.id)
    assert catalog.images.get(images[1].id) == images[1]
    assert catalog.images.get("nothing") is None
    assert catalog.images.known_ids() == {image.id for image in images}


def test_images_are_listed_by_side_and_status(catalog):
    sides = [a_record(k, side=side) for k, side in enumerate(("train", "valid", "test", "train"))]
    catalog.images.add("a folder", sides, [], 0)
    assert {i.id for i in catalog.images.all(sides=["valid", "test"])} == {
        sides[1].id,
        sides[2].id,
    }
    catalog.journal.quarantine(sides[0].id)
    assert [i.id for i in catalog.images.all("quarantined")] == [sides[0].id]
    assert catalog.images.quarantined_count() == 1
    assert len(catalog.images.all()) == 3


def test_counts_are_per_class_and_side_and_name_empty_classes(catalog):
    images = [a_record(1), a_record(2, side="valid"), a_record(3, "pear", "test")]
    catalog.images.add("a folder", images, [], 0)
    catalog.journal.quarantine(images[2].id)
    assert catalog.images.counts() == {
        "apple": {"train": 1, "valid": 1, "test": 0},
        "pear": {"train": 0, "valid": 0, "test": 0},
    }


def test_a_sample_begins_where_asked_and_goes_round(catalog):
    ids = sorted(stored(catalog, ["apple"] * 5))
    assert [image.id for image in catalog.images.sample(3, start=ids[3])] == [*ids[3:], ids[0]]
    assert [image.id for image in catalog.images.sample(9)] == ids
    catalog.journal.quarantine(ids[0])
    assert [image.id for image in catalog.images.sample(1)] == [ids[1]]


def test_imports_are_remembered_with_what_was_skipped(catalog):
    skipped = [
        Skipped("b.txt", "not a picture", "no picture"),
        Skipped("a.txt", "the file is empty", "empty"),
    ]
    first = catalog.images.add("a folder", [a_record(1)], skipped, 0)
    second = catalog.images.add("a zip", [], [], 7, "archive")
    newest, oldest = catalog.images.imports()
    assert (newest.id, newest.source, newest.skipped) == (second, "a zip", 0)
    assert (newest.added, newest.known, newest.way, oldest.way) == (0, 7, "archive", "")
    assert (oldest.id, oldest.added, oldest.skipped) == (first, 1, 2)
    assert catalog.images.skipped(first) == sorted(skipped, key=lambda skip: skip.path)


def test_an_import_that_cannot_be_stored_whole_leaves_nothing(catalog):
    catalog.images.add("a folder", [a_record(1)], [], 0)
    with pytest.raises(Conflict):
        catalog.images.add("again", [a_record(2, "pear"), a_record(1)], [], 0)
    assert [image.label for image in catalog.images.all()] == ["apple"]
    assert catalog.images.classes() == ["apple"]
    assert len(catalog.images.imports()) == 1


def test_the_catalog_itself_refuses_to_move_a_side(catalog, workspace):
    (image_id,) = stored(catalog, ["apple"])
    raw = sqlite3.connect(workspace.catalog_file)
    with pytest.raises(sqlite3.IntegrityError, match="never moves"):
        raw.execute("UPDATE images SET side = 'valid' WHERE id = ?", [image_id])
    raw.execute("UPDATE images SET side = 'train', reviewed = 1 WHERE id = ?", [image_id])
    raw.close()


@pytest.mark.parametrize(("column", "value"), [("side", "left"), ("status", "lost")])
def test_the_catalog_itself_refuses_words_it_does_not_know(column, value, catalog):
    with pytest.raises(Conflict):
        catalog.images.add("a folder", [replace(a_record(1), **{column: value})], [], 0)
    assert catalog.images.all() == []


def test_what_all_imports_skipped_is_found_by_its_kind(catalog):
    catalog.images.add("a folder", [], [Skipped("a.txt", "the file is empty", "empty")], 0)
    catalog.images.add(
        "a zip", [], [Skipped("c.jpg", "the same picture as b.jpg", "same picture")], 0
    )
    assert [s.path for s in catalog.images.skipped_ever(10)] == ["c.jpg", "a.txt"]
    assert [s.path for s in catalog.images.skipped_ever(10, "empty")] == ["a.txt"]
    assert catalog.images.skipped_ever(1, "truncated") == []
    assert catalog.images.skipped_count() == 2
    assert catalog.images.skipped_count("same picture") == 1
    assert catalog.images.skipped_kinds() == {"empty": 1, "same picture": 1}


def gallery_ids(catalog, start: int = 0, limit: int = 99, **filters) -> set[str]:
    """What a gallery shows, after a look at the count."""
    picture_filter = PictureFilter(**filters)
    images = catalog.images.gallery(picture_filter, limit, start)
    assert [image.id for image in images] == sorted(image.id for image in images)
    if not start and limit == 99:
        assert catalog.images.gallery_count(picture_filter) == len(images)
    return {image.id for image in images}


def test_the_gallery_filters_by_class_side_source_status_and_name(catalog):
    first = [a_record(1), a_record(2, side="valid"), a_record(3, "pear", "test")]
    second = [replace(a_record(4, "pear"), source_path="Trip/50%_off.jpg"), a_record(5)]
    catalog.images.add("one", first, [], 0)
    number = catalog.images.add("two", second, [], 0)
    catalog.journal.quarantine(second[1].id)
    ids = {k: record.id for k, record in enumerate([*first, *second], 1)}
    assert gallery_ids(catalog) == {ids[k] for k in (1, 2, 3, 4)}
    assert gallery_ids(catalog, label="pear") == {ids[3], ids[4]}
    assert gallery_ids(catalog, label="pear", side="test") == {ids[3]}
    assert gallery_ids(catalog, import_id=number) == {ids[4]}
    assert gallery_ids(catalog, status="quarantined") == {ids[5]}
    assert gallery_ids(catalog, status="quarantined", import_id=number, text="005") == {ids[5]}
    assert gallery_ids(catalog, text="APPLE/00") == {ids[1], ids[2]}
    assert gallery_ids(catalog, text="50%_OFF") == {ids[4]}
    assert gallery_ids(catalog, text="5%o") == gallery_ids(catalog, text="\\") == set()
    assert gallery_ids(catalog, label="'; --") == set()


def test_pages_of_the_gallery_hold_each_picture_once(catalog):
    ids = set(stored(catalog, ["apple"] * 10))
    pages = [gallery_ids(catalog, start, 4) for start in (0, 4, 8, 12)]
    assert [len(page) for page in pages] == [4, 4, 2, 0]
    assert set.union(*pages) == ids


def test_the_gallery_and_the_counts_read_indexes_only(catalog):
    """100,000 pictures are looked through in some hundredths of a second that way."""
    seen = []
    rows = catalog.images._db.rows
    catalog.images._db.rows = lambda sql, values=(): seen.append((sql, values)) or rows(sql, values)
    for picture_filter in (PictureFilter(), PictureFilter("apple", "valid", 1, "in use", "x")):
        catalog.images.gallery(picture_filter, 48, 96)
        catalog.images.gallery_count(picture_filter)
    catalog.images.counts()
    catalog.images.quarantined_count()
    plans = [
        str(step["detail"])
        for sql, values in seen
        if "FROM images" in sql and "IN ()" not in sql
        for step in rows(f"EXPLAIN QUERY PLAN {sql}", values)
    ]
    reads = [plan for plan in plans if "images" in plan and "images WHERE id" not in plan]
    assert reads and all("COVERING INDEX" in p or "(id=?)" in p for p in reads), reads
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in plans)
