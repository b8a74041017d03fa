"""The numbers in the plots are the numbers of the run."""

from __future__ import annotations

import json

import pytest

from core.metrics import Share
from ui.charts import (
    MAX_POINTS,
    MOST_CLASSES,
    accuracies,
    class_counts,
    error_curve,
    loss_curve,
    rate_curve,
)


def batches(count: int) -> list[dict]:
    return [
        {"step": k, "train_loss": 1.0 / k, "learning_rate": 1e-3 * k} for k in range(1, count + 1)
    ]


EPOCHS = [
    {"step": 0, "valid_loss": 0.9, "error_rate": 0.5, "valid_images": 10},
    {"step": 8, "valid_loss": 0.4, "error_rate": 0.1, "valid_images": 10},
]


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


def test_the_loss_starts_at_the_first_batch_and_is_smoothed() -> None:
    train, valid = loss_curve(batches(20), EPOCHS)["series"]
    assert train["data"][0] == [1, 1.0]
    assert train["data"][1][1] == pytest.approx((0.9 * 1.0 + 0.5) / 1.9, abs=1e-4)
    assert valid["data"] == [[0, 0.9], [8, 0.4]]


def test_the_error_rate_is_drawn_with_its_interval() -> None:
    error, low, reach = error_curve(EPOCHS)["series"]
    share = Share(1, 10)
    assert error["data"] == [[0, 50.0], [8, 10.0]]
    assert low["data"][1][1] == pytest.approx(100 * share.low, abs=0.01)
    assert low["data"][1][1] + reach["data"][1][1] == pytest.approx(100 * share.high, abs=0.02)


@pytest.mark.parametrize("count", [1, 1000, 1001, 1999, 30_000])
def test_a_long_run_is_thinned_for_the_browser(count: int) -> None:
    points = rate_curve(batches(count))["series"][0]["data"]
    assert min(count, MAX_POINTS / 2) <= len(points) <= MAX_POINTS
    assert points[0][0] == 1


def test_each_run_has_its_dot_and_interval_the_first_on_top() -> None:
    option = accuracies(["new", "old"], [Share(9, 10), Share(5, 10)])
    low, reach, dots = (series["data"] for series in option["series"])
    assert option["yAxis"]["data"] == ["old", "new"]
    assert dots == [[50.0, 0], [90.0, 1]]
    assert low[1] + reach[1] == pytest.approx(100 * Share(9, 10).high)


@pytest.mark.parametrize("option", [loss_curve([], []), error_curve([]), accuracies([], [])])
def test_nothing_yet_is_still_a_plot(option: dict) -> None:
    assert json.dumps(option)
