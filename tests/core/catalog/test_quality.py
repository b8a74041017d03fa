"""Measures in the catalog: what is flagged, what is not, and how they are spread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.catalog import Catalog
from core.catalog.quality import QualityRow
from tests.builders import a_record, stored

SIZES = {0: (640, 480), 1: (50, 200), 2: (1000, 100)}


def measured(catalog: Catalog, *dark: float) -> list[str]:
    """Store an image for each value of the measure "dark"; their ids."""
    ids = stored(catalog, ["apple"] * len(dark))
    catalog.quality.add(QualityRow(i, value, 0.5, 0.5, 0.5) for i, value in zip(ids, dark))
    return ids


def test_images_are_unchecked_until_they_are_measured(catalog):
    ids = stored(catalog, ["apple", "pear", "pear"])
    assert catalog.quality.unchecked() == ids
    catalog.quality.add([QualityRow(ids[1], 0, 0, 0, 0)])
    assert catalog.quality.unchecked() == [ids[0], ids[2]]
    assert (catalog.quality.unchecked_count(), catalog.quality.checked_count()) == (2, 1)
    catalog.journal.quarantine(ids)
    assert (catalog.quality.unchecked_count(), catalog.quality.checked_count()) == (0, 1)


def test_flagged_is_what_is_below_the_limit_the_worst_first(catalog):
    ids = measured(catalog, 0.3, 0.9, 0.1, 0.32)
    assert catalog.quality.flagged("dark", 0.32) == [(ids[2], 0.1), (ids[0], 0.3)]
    assert catalog.quality.flagged("dark", 0.32, count=1, start=1) == [(ids[0], 0.3)]
    assert catalog.quality.flagged_counts({"dark": 0.32, "blur": 0.6, "bright": 0.5}) == {
        "dark": 2,
        "blur": 4,
        "bright": 0,
    }


@pytest.mark.parametrize("verb", ["keep", "quarantine"])
def test_what_was_kept_or_set_aside_is_flagged_no_more_until_undone(catalog, verb):
    ids = measured(catalog, 0.1, 0.2)
    getattr(catalog.journal, verb)(ids[0])
    assert [i for i, _ in catalog.quality.flagged("dark", 0.5)] == [ids[1]]
    catalog.journal.undo()
    assert catalog.quality.flagged_counts({"dark": 0.5}) == {"dark": 2}


def test_size_and_shape_are_measures_too(catalog):
    images = [
        replace(a_record(k), width_px=width, height_px=height)
        for k, (width, height) in SIZES.items()
    ]
    catalog.images.add("a test", images, [], 0)
    catalog.quality.add(QualityRow(image.id, 1, 1, 1, 1) for image in images)
    assert catalog.quality.flagged("side", 64) == [(images[1].id, 50)]
    assert catalog.quality.flagged("shape", 0.35) == [(images[2].id, 0.1), (images[1].id, 0.25)]


def test_the_histogram_counts_all_that_are_in_use(catalog):
    ids = measured(catalog, 0.0, 0.19, 0.2, 0.99, 1.0, 1.7, 0.5)
    catalog.journal.quarantine(ids[-1])
    assert catalog.quality.histogram("dark", 1.0, 5) == [2, 1, 0, 0, 3]


def test_an_empty_catalog_has_nothing_to_say(catalog):
    assert catalog.quality.flagged_counts({"dark": 0.5}) == {"dark": 0}
    assert catalog.quality.histogram("side", 640, 2) == [0, 0]
    assert catalog.quality.unchecked() == catalog.quality.flagged("dark", 0.5) == []
