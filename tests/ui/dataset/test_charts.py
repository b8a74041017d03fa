"""The histogram of a measure."""

from __future__ import annotations

import pytest

from ui.charts import COLOURS
from ui.dataset.charts import measure_histogram
from ui.plots import rgba


@pytest.mark.parametrize("limit", [0.0, 0.1, 0.25, 0.5, 0.99, 1.0])
def test_what_is_below_the_limit_has_another_colour(limit):
    drawn = measure_histogram([4, 0, 9, 16], 1.0, limit)
    (bars,) = drawn.data
    assert bars.x == (0.125, 0.375, 0.625, 0.875)
    below = [colour == rgba(COLOURS[1], 0.6) for colour in bars.marker.color]
    assert below == [x < limit for x in bars.x]
    assert drawn.layout.shapes[0].x0 == limit


def test_heights_are_square_roots_of_counts():
    (bars,) = measure_histogram([4, 0, 9, 16], 1.0, 0.0).data
    assert bars.y == (2, 0, 3, 4) and bars.customdata == (4, 0, 9, 16)
