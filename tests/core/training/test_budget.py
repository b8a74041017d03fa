"""What minutes become: epochs that fit, enough steps, a rate that so many steps can bear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.budget import (
    BATCH,
    MOST_EPOCHS,
    RATE,
    ROOM,
    SMALL_BATCH,
    STEPS,
    fitting_epochs,
    planned,
)
from core.training.config import TrainConfig

GIVEN = TrainConfig(minutes=3, epochs=99, frozen_epochs=5, smaller_first=(64,), seed=7)


def test_many_pictures_are_seen_as_often_as_fits():
    assert fitting_epochs(images=3000, images_per_s=60, seconds=150) == 3
    config = planned(GIVEN, images=3000, images_per_s=60, seconds=150)
    assert (config.epochs, config.batch_size, config.rate) == (4, BATCH, RATE)


def test_few_pictures_are_not_learned_by_heart():
    config = planned(GIVEN, images=200, images_per_s=60, seconds=1800)
    assert (config.epochs, config.batch_size, config.rate) == (MOST_EPOCHS, BATCH, RATE)


def test_few_steps_are_taken_in_smaller_batches_and_more_carefully():
    config = planned(GIVEN, images=200, images_per_s=60, seconds=10)
    assert (config.epochs, config.batch_size) == (4, SMALL_BATCH)  # three fit
    assert config.rate == pytest.approx(RATE * 37.5 / STEPS, rel=0.05)


def test_what_is_not_about_time_stays():
    config = planned(GIVEN, images=200, images_per_s=60, seconds=10)
    assert (config.seed, config.minutes, config.frozen_epochs) == (7, 3, 0)
    assert config.smaller_first == ()


@given(
    st.integers(0, 10**6), st.floats(1e-3, 1e5), st.floats(-1e4, 1e5), st.sampled_from([32, 224])
)
def test_any_time_makes_a_run_that_fits(images, per_s, seconds, size_px):
    config = planned(TrainConfig(minutes=3, size_px=size_px), images, per_s, seconds)
    assert 1 <= config.epochs <= MOST_EPOCHS
    fitting = fitting_epochs(images, per_s, seconds)
    assert fitting <= config.epochs <= max(1, ROOM * fitting + 1)
    assert 0 < config.rate <= RATE
