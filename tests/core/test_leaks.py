"""Copies in training of what a model is checked on: the facts, and the one sentence on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.catalog.lookalikes import NearPair
from core.leaks import find_leak, leak_sentence
from core.metrics import Share
from tests.builders import a_record


@pytest.fixture
def paired(context):
    """Ids of three training pictures, two validation pictures and a test picture, by hand."""
    sides = ["train", "train", "train", "valid", "valid", "test"]
    records = [replace(a_record(k, side=side), label="ab"[k % 2]) for k, side in enumerate(sides)]
    context.catalog.images.add("here", records, [], 0)
    return [record.id for record in records]


def search(context, *pairs: tuple[str, str]) -> None:
    near = [NearPair(first, second, 0.9) for first, second in pairs]
    context.catalog.lookalikes.replace_pairs(near, "features")


def test_a_copy_in_training_counts_whatever_the_labels(context, paired):
    search(context, (paired[0], paired[3]), (paired[1], paired[3]), (paired[4], paired[5]))
    leak = find_leak(context.catalog, "valid", paired[3:5], np.array([True, False]))
    assert (leak.copied, leak.every, leak.clean) == (1, Share(1, 2), Share(0, 1))
    assert leak_sentence(leak) == (
        "1 of 2 validation pictures has a copy in training: on the other 1 the model is right 0.0% "
        "of the time (95 % interval 0.0% to 79.3%), not 50.0%."
    )
    test = find_leak(context.catalog, "test", paired[5:], np.array([True]))
    assert test.copied == 0
    assert leak_sentence(test) == ("The last search found no copy of the test picture in training.")


def test_a_number_that_means_nothing_is_called_so(context, paired):
    search(context, (paired[0], paired[3]), (paired[2], paired[4]))
    leak = find_leak(context.catalog, "valid", paired[3:5], np.array([True, True]))
    assert leak_sentence(leak) == (
        "2 of 2 validation pictures have a copy in training: this number means nothing."
    )


def test_a_leak_that_is_closed_is_none(context, paired):
    search(context, (paired[0], paired[3]), (paired[1], paired[4]))
    context.catalog.journal.quarantine([paired[0]])
    context.catalog.journal.keep_all([paired[1], paired[4]])
    assert find_leak(context.catalog, "valid", paired[3:5], np.ones(2, bool)).copied == 0


def test_what_nobody_looked_for_is_not_called_absent(context, paired):
    leak = find_leak(context.catalog, "valid", paired[3:5], np.ones(2, bool))
    assert leak_sentence(leak) == (
        "Nobody has looked yet whether the validation pictures have copies in training."
    )
    search(context)
    context.catalog.images.add("there", [a_record(7)], [], 0)
    leak = find_leak(context.catalog, "valid", paired[3:5], np.ones(2, bool))
    assert leak_sentence(leak) == (
        "The last search found no copy of the validation pictures in training; 1 picture came "
        "after it."
    )
