"""When to stop: the last answers, the next pictures, and the pace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.review.stopping import NEXT, outlook
from tests.core.review.conftest import scores_of


def look(catalog, ids, later: timedelta = timedelta()):
    return outlook(catalog, scores_of(catalog), ids, datetime.now(UTC) + later)


def test_a_fresh_queue_has_no_pace_and_no_reason_to_stop(catalog, score):
    ids = score(*[("apple", 0.99)] * 30)
    now = look(catalog, ids)
    assert now.per_minute is None and not now.looks_alright
    assert (now.progress.images, now.progress.reviewed, now.progress.wrong) == (30, 0, 0)
    assert now.ahead.total == NEXT


def test_a_page_that_looked_alright_is_a_reason_to_stop(catalog, score):
    ids = score(*[("apple", 0.999)] * 60)
    for image_id in ids[:NEXT]:
        catalog.journal.keep(image_id)
    assert look(catalog, ids[NEXT:]).looks_alright
    assert not look(catalog, []).looks_alright
    for image_id in ids[:3]:
        catalog.journal.relabel(image_id, "apple")
        catalog.journal.quarantine(image_id)
    assert not look(catalog, ids[NEXT:]).looks_alright


def test_suspicious_pictures_ahead_are_a_reason_to_go_on(catalog, score):
    ids = score(*[("apple", 0.999)] * 40, *[("pear", 0.999)] * 10)
    for image_id in ids[:NEXT]:
        catalog.journal.keep(image_id)
    now = look(catalog, ids[40:])
    assert now.last_wrong == 0 and now.ahead.expected > 5
    assert not now.looks_alright


def test_wrong_ones_are_counted_once_and_undo_takes_them_back(catalog, score):
    ids = score(("pear", 0.9), ("apple", 0.8), ("apple", 0.7), ("pear", 0.1))
    catalog.journal.relabel(ids[0], "apple")
    catalog.journal.relabel(ids[0], "pear")  # as it came: it was right after all
    catalog.journal.quarantine(ids[1])
    catalog.journal.keep(ids[2])
    progress = look(catalog, ids).progress
    assert (progress.reviewed, progress.wrong, progress.deleted) == (3, 0, 1)
    for _ in range(3):
        catalog.journal.undo()
    progress = look(catalog, ids).progress
    assert (progress.reviewed, progress.wrong, progress.deleted) == (1, 1, 0)


def test_the_pace_is_of_the_last_minutes(catalog, score):
    ids = score(*[("apple", 0.9)] * 12)
    for image_id in ids[:6]:
        catalog.journal.keep(image_id)
    assert look(catalog, ids).per_minute > 6
    assert look(catalog, ids, timedelta(hours=1)).per_minute is None
