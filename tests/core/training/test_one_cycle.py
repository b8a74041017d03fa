"""The schedule against values worked out by hand and by the reference."""

from __future__ import annotations

import pytest

from core.training.one_cycle import OneCycle


@pytest.mark.parametrize(
    ("progress", "rate"),
    [(0, 4e-5), (0.125, 5.2e-4), (0.25, 1e-3), (0.5, 7.5e-4), (0.75, 2.5e-4), (1, 1e-8)],
)
def test_rates_of_the_reference(progress, rate):
    assert OneCycle(1e-3).rate(progress) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize(
    ("progress", "momentum"), [(0, 0.95), (0.25, 0.85), (0.5, 0.875), (0.75, 0.925), (1, 0.95)]
)
def test_momentum_goes_the_other_way(progress, momentum):
    assert OneCycle(1e-3).momentum(progress) == pytest.approx(momentum)


def test_rise_and_divisors_are_the_callers():
    schedule = OneCycle(2.0, rise=0.5, start_divisor=4.0, end_divisor=100.0)
    rates = [schedule.rate(progress) for progress in (0, 0.25, 0.5, 0.75, 1)]
    assert rates == pytest.approx([0.5, 1.25, 2.0, 1.01, 0.02])
