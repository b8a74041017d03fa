"""The numbers in the plots are the numbers of the run."""

from __future__ import annotations

import json

import pytest

from core.metrics import Share
from ui.charts import (
    MOST_CLASSES,
    accuracies,
    class_counts,
)


def test_counts_are_stacked_by_side_with_the_largest_class_on_top() -> None:
    option = class_counts(
        {"ant": {"train": 3, "valid": 1, "test": 0}, "bee": {"train": 9, "valid": 2, "test": 0}}
    )
    assert option["yAxis"]["data"] == ["ant", "bee"]  # a category axis grows upwards
    assert [(s["name"], s["data"]) for s in option["series"]] == [
        ("training", [3, 9]),
        ("validation", [1, 2]),
    ]


def test_of_very_many_classes_the_largest_and_the_smallest_are_drawn() -> None:
    counts = {f"class {n}": {"train": n, "valid": 1, "test": 0} for n in range(1, 201)}
    names = class_counts(counts)["yAxis"]["data"]
    assert len(names) == MOST_CLASSES
    assert (names[0], names[29], names[30], names[-1]) == (
        "class 1", "class 30", "class 171", "class 200",
    )  # fmt: skip


def test_each_run_has_its_dot_and_interval_the_first_on_top() -> None:
    option = accuracies(["new", "old"], [Share(9, 10), Share(5, 10)])
    low, reach, dots = (series["data"] for series in option["series"])
    assert option["yAxis"]["data"] == ["old", "new"]
    assert dots == [[50.0, 0], [90.0, 1]]
    assert low[1] + reach[1] == pytest.approx(100 * Share(9, 10).high)


@pytest.mark.parametrize("option", [accuracies([], [])])
def test_nothing_yet_is_still_a_plot(option: dict) -> None:
    assert json.dumps(option)
