"""The numbers in the plots are the numbers of the run."""

from __future__ import annotations

import json

import pytest

from core.events import BatchEnded, EpochEnded
from core.metrics import Share
from core.training.config import TrainConfig
from core.training.schedule import schedule_of
from ui.charts import COLOURS, Option
from ui.training.charts import (
    MAX_POINTS,
    error_curve,
    loss_curve,
    rate_curve,
    schedule_plot,
    sweep_plot,
)
from ui.training.growth import growth_plot


def batches(count: int) -> list[BatchEnded]:
    return [
        BatchEnded(k, count, "all", 1.0 / k, 1e-3 * k, images_per_s=50.0)
        for k in range(1, count + 1)
    ]


EPOCHS = [
    EpochEnded(0, 0, "all", valid_loss=0.9, error_rate=0.5, valid_images=10),
    EpochEnded(8, 1, "all", valid_loss=0.4, error_rate=0.1, valid_images=10),
]


def test_the_loss_starts_at_the_first_batch_and_is_smoothed() -> None:
    train, valid = loss_curve(batches(20), EPOCHS, 0.9)["series"]
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


def test_without_smoothing_every_loss_is_itself() -> None:
    train = loss_curve(batches(20), EPOCHS, 0.0)["series"][0]
    assert [loss for _, loss in train["data"]] == [round(1 / k, 4) for k in range(1, 21)]


def test_the_schedule_marks_each_stage_with_its_size() -> None:
    config = TrainConfig(frozen_epochs=1, epochs=2, smaller_first=(96, 128), batch_size=10)
    points = schedule_of(config, 40)
    (line,) = schedule_plot(points)["series"]
    assert line["data"] == [[p.step, p.rate] for p in points]
    names = [start["name"] for start, _ in line["markArea"]["data"]]
    sizes = ["head · 96 px"] + [f"whole network · {size} px" for size in (96, 128, 224)]
    assert names == sizes
    spans = [(start["xAxis"], end["xAxis"]) for start, end in line["markArea"]["data"]]
    assert spans == [(1, 4), (5, 12), (13, 20), (21, 28)]


def a_sweep(narrow: bool) -> dict:
    band = {"low": 1e-3, "rate": 2e-3, "high": 5e-3, "is_narrow": narrow}
    losses = [[1.0, 0.5, 0.6], [2.0, 0.7]]
    return {"rates": [1e-4, 1e-3, 1e-2], "losses": losses, "steep": band, "valley": band}


def test_a_sweep_shows_the_mean_of_the_seeds_that_got_so_far_and_their_band() -> None:
    line, valley, steep, low, reach = sweep_plot(a_sweep(True))["series"]
    assert line["data"] == [[1e-4, 1.5], [1e-3, 0.6], [1e-2, 0.6]]
    assert [y for _, y in low["data"]] == [1.0, 0.5, 0.6]
    assert [y for _, y in reach["data"]] == pytest.approx([1.0, 0.2, 0.0])
    assert (valley["name"], steep["name"]) == ("valley", "steep")
    assert [x for x, _ in valley["data"] + steep["data"]] == [2e-3] * 4


def test_no_rate_is_marked_where_the_seeds_do_not_agree() -> None:
    names = [series["name"] for series in sweep_plot(a_sweep(False))["series"]]
    assert not {"valley", "steep"} & set(names)


def test_the_growth_of_the_data_ends_at_twice_as_many() -> None:
    curve = {
        "error": [0.3, 0.2, 0.15, 0.1],
        "low": [0.2, 0.1, 0.1, 0.1],
        "high": [0.4, 0.3, 0.2, 0.1],
        "gain": {"value": 0.03, "low": 0.01, "high": 0.05},
    }
    measured_band, later_band, measured, later = growth_plot([10, 20, 30, 40], curve).data
    assert measured.x == (10, 20, 30, 40) and measured.y == (30.0, 20.0, 15.0, 10.0)
    assert later.x == (40, 80) and later.y == (10.0, pytest.approx(7.0))
    assert measured_band.y[:4] == (40.0, 30.0, 20.0, 10.0)
    assert measured_band.y[4:] == (10.0, 10.0, 10.0, 20.0)
    assert later_band.y == (10.0, pytest.approx(9.0), pytest.approx(5.0), 10.0)
    assert later.line.color == COLOURS[1]


@pytest.mark.parametrize("option", [loss_curve([], [], 0.9), error_curve([]), schedule_plot([])])
def test_nothing_yet_is_still_a_plot(option: Option) -> None:
    assert json.dumps(option)
