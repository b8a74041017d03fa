"""Way in: the photos that come with the studio."""

from __future__ import annotations

from collections import Counter

import pytest

from core import sample_photos
from core.dataset.sample import DESCRIPTION, find_in_sample
from core.errors import StudioError
from core.images.working_copy import read_file


def test_the_sample_is_what_its_description_says(settings):
    found, skipped = find_in_sample()
    labels = Counter(item.label for item in found)
    assert f"{len(found):,} phone photos of {len(labels)} kinds" in DESCRIPTION
    assert min(labels.values()) >= 2
    assert len({item.path for item in found}) == len({item.read() for item in found}) == len(found)
    assert {item.side for item in found} == {None}
    assert skipped == []
    facts, _ = read_file(found[0].read(), settings)
    assert facts.suffix == ".jpg"


def test_a_missing_sample_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sample_photos.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudioError, match="not installed"):
        find_in_sample()
