"""Times of photos, by camera."""

from __future__ import annotations

from core.catalog.shots import ShotRow
from tests.builders import stored


def test_a_time_of_one_camera_is_found_in_order(catalog):
    ids = stored(catalog, ["apple"] * 4)
    rows = [ShotRow(i, "one", t) for i, t in zip(ids[:3], (12.0, 10.0, 30.0))]
    catalog.shots.add([*rows, ShotRow(ids[3], "other", 11.0)])
    assert catalog.shots.between("one", 10.0, 12.0) == [rows[1], rows[0]]
    assert catalog.shots.between("none", 0.0, 99.0) == []


def test_a_time_is_stored_once(catalog):
    (image_id,) = stored(catalog, ["apple"])
    catalog.shots.add([ShotRow(image_id, "one", 1.0)])
    catalog.shots.add([ShotRow(image_id, "one", 2.0)])
    assert catalog.shots.between("one", 0.0, 9.0) == [ShotRow(image_id, "one", 1.0)]
