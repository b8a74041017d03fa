"""Values from outside."""

from __future__ import annotations

import numpy as np
import pytest

from core.playground.parameters import Choice, Numbers, Slider, Switch

RATE = Slider("rate", "Rate", 0.001, 2.0, 0.1, log=True)
STEPS = Slider("steps", "Steps", 1, 60, 20, 1)
DRAWN = Numbers("drawn", "The curve", -1.0, 1.0, (0.0, 0.5), least=2, most=6, columns=2)


def test_a_number_outside_is_moved_to_the_end_and_this_is_said() -> None:
    assert RATE.read("7") == (2.0, "Rate cannot be 7: it is 2.")
    assert RATE.read(-1) == (0.001, "Rate cannot be -1: it is 0.001.")
    assert RATE.read("0.3") == (0.3, "")


def test_a_whole_number_stays_whole() -> None:
    value, complaint = STEPS.read("12.6")
    assert value == 13 and isinstance(value, int) and not complaint
    assert all(isinstance(STEPS.draw(np.random.default_rng(k)), int) for k in range(20))


def test_true_is_no_number_and_one_is_on() -> None:
    assert STEPS.read(True)[0] == 20
    assert Switch("on", "On").read("1") == (True, "")
    assert Switch("on", "On", True).read("maybe")[0] is True
    assert Choice("c", "C", ("a", "b"), "a").read(["b"])[0] == "a"


@pytest.mark.parametrize("raw", ["0.1,-0.5,1,0", [0.1, -0.5, 1, 0]])
def test_numbers_come_from_an_address_or_a_browser(raw: object) -> None:
    assert DRAWN.read(raw) == ((0.1, -0.5, 1.0, 0.0), "")


@pytest.mark.parametrize("raw", ["", "1", "1,2,3", "1,nan", "1,,", [None, 1], "1,2,3,4,5,6,7,8"])
def test_numbers_that_are_none_too_few_or_too_many_are_refused(raw: object) -> None:
    values, complaint = DRAWN.read(raw)
    assert values == DRAWN.default and complaint


def test_numbers_that_are_too_large_are_cut() -> None:
    assert DRAWN.read("3,-3") == ((1.0, -1.0), "The curve: numbers too large were cut.")
    numbers = DRAWN.draw(np.random.default_rng(0))
    assert DRAWN.read(DRAWN.write(numbers))[0] == pytest.approx(numbers, abs=1e-3)
