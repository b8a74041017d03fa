"""The histogram of a measure."""

from __future__ import annotations

import pytest

from ui.dataset.charts import measure_histogram


@pytest.mark.parametrize("limit", [0.0, 0.1, 0.25, 0.5, 0.99, 1.0])
def test_what_is_below_the_limit_ends_where_the_rest_begins(limit):
    below, above = measure_histogram([4, 0, 9, 16], 1.0, limit)["series"]
    assert below["data"][-1][0] == above["data"][0][0] == limit
    assert below["data"][0][0] == 0 and above["data"][-1][0] == 1.0
    assert below["color"] != above["color"]
    assert above["markLine"]["data"] == [{"xAxis": limit}]


def test_heights_are_square_roots_of_counts():
    _, above = measure_histogram([4, 0, 9, 16], 1.0, 0.0)["series"]
    assert [y for _, y in above["data"]] == [2, 0, 3, 4, 4]
