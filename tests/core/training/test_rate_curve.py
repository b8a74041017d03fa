"""The rates that a sweep suggests, against fastai's own loops and by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from core.training.rate_curve import Band, Smoother, Sweep, kept, rates_of


def longest_decreasing(losses) -> tuple[int, int]:
    """End and length of the longest strictly decreasing subsequence, by trying all of them; the
    earliest end when there are several.
    """
    best = (0, 1)
    for length in range(2, len(losses) + 1):
        for rows in itertools.combinations(range(len(losses)), length):
            falls = all(losses[a] > losses[b] for a, b in itertools.pairwise(rows))
            if falls and (length > best[1] or (length == best[1] and rows[-1] < best[0])):
                best = (rows[-1], length)
    return best


def test_rates_grow_by_the_same_factor_from_tiny_to_huge() -> None:
    rates = rates_of(100)
    assert (rates[0], rates[-1], len(rates)) == (pytest.approx(1e-7), pytest.approx(10), 100)
    np.testing.assert_allclose(rates[1:] / rates[:-1], 10 ** (8 / 99))


@pytest.mark.parametrize("seed", range(12))
def test_the_valley_is_the_longest_decreasing_subsequence(seed: int) -> None:
    losses = np.random.default_rng(seed).normal(size=11).round(1)  # rounded, so that some are equal
    end, length = longest_decreasing(losses)
    index = max(0, end - length + int(length / 3) + int(length / 6))
    rates = np.geomspace(1e-5, 1, 11)
    assert Sweep(rates, losses).valley == rates[index]


def test_the_steep_slope_is_by_the_logarithm_of_the_rate() -> None:
    rates = np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert Sweep(rates, np.array([1.0, 0.9, 0.5, 0.4, 0.8])).steep == 1e-3
    # The same fall in loss counts more over a shorter way.
    assert Sweep(np.array([1e-3, 1e-2, 2e-2]), np.array([1.0, 0.5, 0.2])).steep == 1e-2


def test_losses_are_smoothed_without_a_pull_to_zero() -> None:
    smoother = Smoother()
    for loss in (2.0, 2.0, 3.0):
        assert smoother.takes(loss)
    weights = np.array([0.98**2, 0.98, 1.0])
    assert smoother.losses[:2] == pytest.approx([2.0, 2.0])
    assert smoother.losses[2] == pytest.approx(np.average([2.0, 2.0, 3.0], weights=weights))


@pytest.mark.parametrize("last", [math.nan, math.inf])
def test_a_sweep_ends_when_the_loss_is_no_number(last: float) -> None:
    smoother = Smoother()
    assert smoother.takes(1.0)
    assert not smoother.takes(last)
    assert smoother.losses == [1.0]


def test_a_sweep_ends_when_the_smoothed_loss_is_four_times_its_best() -> None:
    smoother = Smoother()
    assert smoother.takes(1.0)
    assert smoother.takes(6.9)  # smoothed 3.98
    assert not smoother.takes(100.0)


def test_the_first_tenth_and_the_last_five_are_left_out() -> None:
    rates = rates_of(100)
    sweep = kept(rates, list(range(80)), 100)
    np.testing.assert_array_equal(sweep.rates_n, rates[10:75])
    np.testing.assert_array_equal(sweep.losses_n, np.arange(10, 75))


@pytest.mark.parametrize("reached", [12, 14, 17])
def test_a_sweep_that_ended_early_still_has_a_slope(reached: int) -> None:
    sweep = kept(rates_of(100), list(np.linspace(2, 1, reached)), 100)
    assert len(sweep.rates_n) == 2
    assert sweep.steep in sweep.rates_n and sweep.valley in sweep.rates_n


def test_seeds_agree_within_a_decade() -> None:
    assert Band.of([1e-3, 1e-2, 3e-3]) == Band(1e-3, pytest.approx(3e-3), 1e-2)
    assert Band.of([1e-3, 1e-2]).is_narrow
    assert not Band.of([9e-4, 1e-2]).is_narrow
    assert Band.of([2e-3]).is_narrow
