"""How long a run will take, from runs whose speed is known."""

from __future__ import annotations

import pytest

from core.events import BatchEnded
from core.training.config import TrainConfig
from core.training.forecast import forecast
from core.training.schedule import WHOLE_COST

CONFIG = TrainConfig(frozen_epochs=1, epochs=3, size_px=128)


def a_run(catalog, config=CONFIG, head=100.0, whole=100.0 / WHOLE_COST):
    """A run with ten batches of each stage, at those images a second."""
    run = catalog.runs.create("fine-tune", config.to_dict(), ["a", "b"])
    for step in range(1, 21):
        stage, speed = ("head", head) if step <= 10 else ("whole network", whole)
        catalog.runs.record(run.id, BatchEnded(step, 20, stage, 1.0, 1e-4, speed))
    return run


def test_the_same_run_again_takes_as_long(catalog) -> None:
    run = a_run(catalog)
    expected = forecast(catalog, CONFIG, 200)
    assert expected.seconds == pytest.approx(200 / 100 + 3 * 200 * WHOLE_COST / 100)
    assert expected.run == run.name


def test_larger_pictures_take_longer_by_their_pixels(catalog) -> None:
    a_run(catalog)
    larger = TrainConfig.from_dict({**CONFIG.to_dict(), "size_px": 256})
    ratio = forecast(catalog, larger, 200).seconds / forecast(catalog, CONFIG, 200).seconds
    assert ratio == pytest.approx(4)


def test_smaller_sizes_first_come_on_top(catalog) -> None:
    a_run(catalog)
    config = TrainConfig.from_dict({**CONFIG.to_dict(), "smaller_first": [64]})
    expected = (200 / 4 + 3 * 200 * WHOLE_COST * (1 + 1 / 4)) / 100
    assert forecast(catalog, config, 200).seconds == pytest.approx(expected)


def test_the_newest_run_of_the_same_network_counts(catalog) -> None:
    a_run(catalog, head=10.0, whole=2.0)
    a_run(catalog)
    catalog.runs.create("fine-tune", CONFIG.to_dict(), ["a", "b"])  # it has not begun to learn
    assert forecast(catalog, CONFIG, 200).seconds == pytest.approx(2 + 6 * WHOLE_COST)


def test_nothing_is_told_from_another_network_or_from_none(catalog) -> None:
    assert forecast(catalog, CONFIG, 200) is None
    a_run(catalog, TrainConfig.from_dict({**CONFIG.to_dict(), "architecture": "resnet18"}))
    assert forecast(catalog, CONFIG, 200) is None
