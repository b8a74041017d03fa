"""The chance that a label is wrong: the first guess, what answers teach, and honest intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from core.review.chance_wrong import FIRST_GUESS, SPREAD, calibrate

NOTHING = np.zeros(0)


def simulated(offset: float, slope: float, count: int, seed: int = 0):
    """Model probabilities, and answers that follow sigmoid(offset + slope * logit)."""
    rng = np.random.default_rng(seed)
    wrong_n = rng.beta(0.3, 1.0, count).clip(1e-3, 1 - 1e-3)
    chances_n = 1 / (1 + np.exp(-offset - slope * np.log(wrong_n / (1 - wrong_n))))
    return wrong_n, rng.random(count) < chances_n


def test_without_answers_it_is_the_first_guess():
    chance_wrong = calibrate(NOTHING, NOTHING.astype(bool))
    np.testing.assert_allclose(chance_wrong.coefficients, FIRST_GUESS)
    np.testing.assert_allclose(chance_wrong.covariance, np.diag(SPREAD**2))
    assert chance_wrong.chances(np.array([0.5]))[0] == pytest.approx(1 / (1 + np.exp(-0.6)))


@pytest.mark.parametrize("contradicted", [False, True])
def test_it_is_the_most_probable_one(contradicted):
    wrong_n, answers_n = simulated(-1.0, 0.7, 60)
    if contradicted:  # what seems most wrong is right two times in three
        wrong_n, answers_n = np.full(30, 0.99), np.arange(30) % 3 == 0
    logit_n = np.log(wrong_n / (1 - wrong_n))

    def surprise(theta):
        z = theta[0] + theta[1] * logit_n
        own = np.where(answers_n, np.logaddexp(0, -z), np.logaddexp(0, z)).sum()
        return own + ((theta - FIRST_GUESS) ** 2 / (2 * SPREAD**2)).sum()

    def slope_of(k: int):
        return lambda theta: approx_fprime(theta, surprise, 1e-5)[k]

    expected = minimize(surprise, FIRST_GUESS, method="BFGS", options={"gtol": 1e-8})
    ours = calibrate(wrong_n, answers_n)
    np.testing.assert_allclose(ours.coefficients, expected.x, atol=1e-4)
    exact = np.linalg.inv([approx_fprime(expected.x, slope_of(k), 1e-5) for k in range(2)])
    np.testing.assert_allclose(ours.covariance, exact, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize(("offset", "slope"), [(0.6, 0.8), (-1.5, 0.8), (1.5, 1.0)])
def test_after_a_hundred_answers_the_truth_is_inside_the_interval(offset, slope):
    inside = 0
    for seed in range(40):
        wrong_n, truth_n = simulated(offset, slope, 1000, seed)
        answered_rows = np.argsort(-wrong_n)[:100]
        rest = np.setdiff1d(np.arange(1000), answered_rows)
        count = calibrate(wrong_n[answered_rows], truth_n[answered_rows]).count(wrong_n[rest])
        inside += count.low <= truth_n[rest].sum() <= count.high
    assert inside >= 32


def test_a_hundred_times_right_lowers_the_estimate():
    wrong_n, _ = simulated(0, 1, 500)
    before = calibrate(NOTHING, NOTHING.astype(bool)).count(wrong_n)
    after = calibrate(np.full(100, 0.5), np.zeros(100, bool)).count(wrong_n)
    assert after.expected < before.expected / 2
    assert after.high - after.low < before.high - before.low


@pytest.mark.parametrize("answers", [[True] * 3, [False] * 3], ids=str)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_extreme_probabilities_stay_finite(value, answers):
    chance_wrong = calibrate(np.full(3, value), np.array(answers))
    count = chance_wrong.count(np.full(10, value))
    assert 0 <= count.low <= count.expected <= count.high <= count.total == 10


def test_nothing_left_is_none_wrong():
    count = calibrate(NOTHING, NOTHING.astype(bool)).count(NOTHING)
    assert (count.expected, count.low, count.high, count.total) == (0, 0, 0, 0)
