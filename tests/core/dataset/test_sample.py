"""Way in: the photos that come with the studio."""

from __future__ import annotations

from collections import Counter

import pytest

from core import sample_photos
from core.dataset.sample import DESCRIPTION, find_in_sample
from core.errors import StudioError
from core.images.working_copy import read_file


def test_the_sample_is_what_its_description_says(settings):
    pictures, skipped = find_in_sample()
    labels = Counter(item.label for item in pictures)
    assert f"{len(pictures):,} phone photos of {len(labels)} kinds" in DESCRIPTION
    assert min(labels.values()) >= 2
    assert (
        len({item.path for item in pictures})
        == len({item.read() for item in pictures})
        == len(pictures)
    )
    assert {item.side for item in pictures} == {None}
    assert skipped == []
    facts, _ = read_file(pictures[0].read(), settings)
    assert facts.suffix == ".jpg"


def test_a_missing_sample_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sample_photos.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudioError, match="not installed"):
        find_in_sample()
