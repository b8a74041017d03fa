"""Fingerprints, pairs and kept sets, stored."""

from __future__ import annotations

import pytest

from core.catalog.lookalikes import NearPair, PrintRow
from core.errors import Conflict
from core.records import Side
from tests.builders import a_record, stored


@pytest.fixture
def ids(catalog):
    return stored(catalog, ["apple", "pear", "apple", "pear"])


def test_fingerprints_are_kept_once_in_the_order_of_arrival(catalog, ids):
    lookalikes = catalog.lookalikes
    assert lookalikes.without_fingerprint() == ids
    rows = [PrintRow(image_id, bytes([k]) * 1024, "") for k, image_id in enumerate(ids)]
    lookalikes.add_fingerprints(rows[:0:-1])
    assert lookalikes.without_fingerprint() == ids[:1]
    lookalikes.add_fingerprints([*rows[:1], rows[1]._replace(blank="other")])
    assert lookalikes.without_fingerprint() == []
    assert lookalikes.fingerprints() == rows
    assert sorted(ids, key=lookalikes.arrival().__getitem__) == ids


def test_a_search_replaces_the_last_one(catalog, ids):
    lookalikes = catalog.lookalikes
    assert (lookalikes.searched_with(), lookalikes.pairs()) == (None, [])
    lookalikes.replace_pairs([NearPair(ids[0], ids[1], 0.7)], "")
    found = [NearPair(ids[0], ids[2], 0.8), NearPair(ids[1], ids[2], 0.9)]
    lookalikes.replace_pairs(found, "features")
    assert lookalikes.searched_with() == "features"
    assert lookalikes.pairs() == found[::-1]
    assert lookalikes.count() == 2


def test_a_search_that_cannot_be_stored_leaves_the_last_one(catalog, ids):
    found = [NearPair(ids[0], ids[1], 0.7)]
    catalog.lookalikes.replace_pairs(found, "")
    with pytest.raises(Conflict):
        catalog.lookalikes.replace_pairs([NearPair(ids[0], "f" * 64, 0.7)], "features")
    assert catalog.lookalikes.pairs() == found
    assert catalog.lookalikes.searched_with() == ""


def test_open_pairs_are_told_apart_by_labels_and_sides(catalog):
    sides: list[Side] = ["train", "train", "valid", "train"]
    labels = ["apple", "apple", "apple", "pear"]
    images = [a_record(k, label, side) for k, (label, side) in enumerate(zip(labels, sides))]
    catalog.images.add("a test", images, [], 0)
    a, b, c, d = (image.id for image in images)
    found = [NearPair(a, b, 0.7), NearPair(a, c, 0.9), NearPair(a, d, 0.8), NearPair(c, d, 0.6)]
    catalog.lookalikes.replace_pairs(found, "")
    assert catalog.lookalikes.open_counts() == {"two labels": 2, "both sides": 2, "copies": 1}
    assert catalog.lookalikes.open_pairs("copies") == [found[0]]
    assert catalog.lookalikes.open_pairs("both sides") == [found[1], found[3]]
    assert catalog.lookalikes.open_pairs("two labels", count=1, start=1) == [found[3]]


def test_pairs_that_are_settled_are_not_open(catalog, ids):
    found = [NearPair(ids[0], ids[2], 0.9), NearPair(ids[1], ids[3], 0.8)]
    catalog.lookalikes.replace_pairs(found, "")
    catalog.journal.keep_all([ids[0], ids[2]])
    catalog.journal.keep_all([ids[1], ids[2]])
    assert catalog.lookalikes.open_pairs("copies") == [found[1]]
    catalog.journal.quarantine(ids[3])
    assert catalog.lookalikes.open_counts()["copies"] == 0
    catalog.journal.undo()
    catalog.journal.undo()
    catalog.journal.undo()
    assert catalog.lookalikes.open_pairs("copies") == found


def test_nothing_is_open_before_the_first_search(catalog, ids):
    assert catalog.lookalikes.open_counts() == {"two labels": 0, "both sides": 0, "copies": 0}


def test_fingerprints_come_in_blocks_each_once(catalog, ids):
    rows = [PrintRow(image_id, bytes(1024), "") for image_id in ids]
    catalog.lookalikes.add_fingerprints(rows)
    for count in (1, 3, 4, 9):
        blocks = list(catalog.lookalikes.in_blocks(count))
        assert [row for block in blocks for row in block] == sorted(rows)
        assert max(map(len, blocks)) <= count
