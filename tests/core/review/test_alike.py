"""Like pictures together."""

from __future__ import annotations

import numpy as np
import pytest

from core.review.alike import alike_together


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 17, 100])
def test_every_row_is_there_once(count):
    rows = np.random.default_rng(0).normal(0, 1, (count, 40)).astype(np.float32)
    assert sorted(alike_together(rows)) == list(range(count))


def test_groups_stay_together():
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(4), 16))
    rows = rng.normal(0, 5, (4, 40))[group] + rng.normal(0, 0.1, (64, 40))
    ordered = group[alike_together(rows.astype(np.float32))]
    assert (np.diff(ordered) != 0).sum() == 3


def test_equal_pictures_do_no_harm():
    assert sorted(alike_together(np.ones((9, 5), np.float32))) == list(range(9))
