"""The sentence above all runs says what their answers say, and no more."""

from __future__ import annotations

import numpy as np

from core.interpretation.comparison import RunResult
from core.metrics import Share
from core.records import Run
from ui.runs.verdict import verdict_of

IDS = tuple(map(str, range(100)))


def result(number: int, right: int, missing: int = 0, first: int = 0) -> RunResult:
    """A run that is right on so many of 100 pictures, beginning with the one numbered `first`."""
    run = Run(number, f"run_{number}", "quick", {}, ("a", "b"), "2026-01-01", "completed", None)
    right_n = np.roll(np.arange(100) < right, first)
    return RunResult(run, Share(right, 100), IDS, right_n, missing)


def test_one_run_is_said_with_its_interval() -> None:
    said = verdict_of([result(1, 90)], "validation")
    assert said.startswith("**run\\_1 is right: 90.0 %** of the validation pictures")
    assert "82.6 to 94.5 %" in said and "chance" not in said


def test_a_real_difference_is_to_be_taken() -> None:
    said = verdict_of([result(2, 70), result(1, 95)], "test")
    assert said.startswith("**run\\_1 is right most often: 95.0 %** of the test pictures")
    assert said.endswith("It is really better than run\\_2, the next best: take it.")


def test_a_difference_that_can_be_chance_says_so() -> None:
    said = verdict_of([result(2, 91), result(1, 90)], "validation")
    assert said.endswith("That it is ahead of run\\_1 can be chance: either will do.")


def test_as_often_on_other_pictures_is_as_often() -> None:
    said = verdict_of([result(2, 90), result(1, 90, first=5)], "validation")
    assert said.startswith("**run\\_2 is right: 90.0 %**")
    assert said.endswith("run\\_1 is right as often: either will do.")


def test_a_run_on_other_pictures_is_not_compared() -> None:
    assert "run\\_2" not in verdict_of([result(2, 99, missing=3), result(1, 90)], "validation")


def test_without_pictures_nothing_is_said() -> None:
    assert verdict_of([], "validation") == ""
