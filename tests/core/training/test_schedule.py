"""What a run will do, before it starts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.config import TrainConfig
from core.training.one_cycle import OneCycle
from core.training.schedule import HEAD, batches_in_epoch, left_of, schedule_of, stages, steps_of


def test_one_cycle_is_the_reference_at_the_points_it_states():
    """field.md: lr_max 1e-3, div 25, div_final 1e5, pct_start 0.25, momentum 0.95/0.85/0.95."""
    cycle = OneCycle(1e-3)
    rates = [cycle.rate(p) for p in (0, 0.125, 0.25, 0.5, 0.75, 1)]
    assert rates == pytest.approx([4e-5, 5.2e-4, 1e-3, 7.5e-4, 2.5e-4, 1e-8], rel=1e-3)
    momenta = [cycle.momentum(p) for p in (0, 0.25, 0.5, 1)]
    assert momenta == pytest.approx([0.95, 0.85, 0.875, 0.95])


def test_stages_are_those_of_fine_tune():
    """Frozen: div 25, the peak at 0.99. Then half the rate, div 5, the peak at 0.3."""
    head, whole = stages(TrainConfig(rate=2e-3, frozen_epochs=1))
    assert (head.frozen, whole.frozen) == (True, False)
    assert head.schedule == OneCycle(2e-3, rise=0.99, start_divisor=25.0, end_divisor=1e5)
    assert whole.schedule == OneCycle(1e-3, rise=0.3, start_divisor=5.0, end_divisor=1e5)


def test_smaller_sizes_come_first_and_the_head_learns_at_the_smallest():
    config = TrainConfig(size_px=96, smaller_first=(32, 64), frozen_epochs=1, epochs=2)
    assert [(s.name, s.size_px, s.epochs) for s in stages(config)] == [
        (HEAD, 32, 1),
        ("whole network, 32 px", 32, 2),
        ("whole network, 64 px", 64, 2),
        ("whole network", 96, 2),
    ]


def test_every_step_has_its_point():
    config = TrainConfig(batch_size=4, frozen_epochs=1, epochs=2)
    points = schedule_of(config, 10)
    assert [p.step for p in points] == list(range(1, 10))
    assert [p.stage for p in points] == ["head"] * 3 + ["whole network"] * 6
    whole = stages(config)[1]
    assert points[0].rate == pytest.approx(config.rate / 25)
    assert points[3].rate == pytest.approx(config.rate / 2 / 5)
    assert points[-1].rate == pytest.approx(whole.schedule.rate(1.0))
    assert max(p.rate for p in points[3:]) <= whole.schedule.peak


@given(images=st.integers(1, 500), batch=st.integers(1, 1024), epochs=st.integers(1, 3))
def test_there_is_always_a_batch_and_none_is_larger_than_asked(images, batch, epochs):
    config = TrainConfig(batch_size=batch, epochs=epochs)
    batches = batches_in_epoch(config, images)
    assert batches >= 1
    assert math.ceil(images / batches) <= batch
    assert steps_of(config, images) == len(schedule_of(config, images))


def test_what_is_left_counts_dearer_stages():
    config = TrainConfig(batch_size=1, frozen_epochs=1, epochs=1)
    assert left_of(config, 10, step=20, batch_s=3.0) == 0.0
    assert left_of(config, 10, step=15, batch_s=3.0) == pytest.approx(15.0)
    assert left_of(config, 10, step=5, batch_s=1.0) == pytest.approx(5 + 4 * 10)
