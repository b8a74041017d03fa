"""Who is best, who is beaten, and whether the difference is real."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from core.training.architecture_results import Candidate, candidates_of, ranked


def a_candidate(name: str, hits: int, one_ms: float, total: int = 40) -> Candidate:
    right = "1" * hits + "0" * (total - hits)
    return Candidate(name, "frozen features", 1000, right, one_ms, one_ms / 2)


def test_the_most_accurate_comes_first_and_the_faster_of_equals():
    three = [a_candidate("a", 30, 5), a_candidate("b", 35, 9), a_candidate("c", 35, 7)]
    assert [s.candidate.architecture for s in ranked(three)] == ["c", "b", "a"]


def test_none_on_the_line_is_beaten_in_both():
    names = {"small": (20, 1.0), "slow": (20, 3.0), "middle": (30, 2.0), "large": (31, 9.0)}
    listed = ranked([a_candidate(n, hits, ms) for n, (hits, ms) in names.items()])
    on_the_line = {s.candidate.architecture for s in listed if s.pareto}
    assert on_the_line == {"small", "middle", "large"}


def test_the_difference_from_the_best_is_tested_on_the_same_images():
    best, other = a_candidate("a", 38, 1), a_candidate("b", 30, 1)
    found = ranked([other, best])
    assert found[0].p_value == 1.0
    assert found[1].p_value == pytest.approx(binomtest(0, 8).pvalue)


def test_the_failed_stand_nowhere_but_are_kept():
    rows = [
        {"architecture": "a", "how": "frozen features", "parameters": 1, "right": "10"},
        {"architecture": "b", "how": "frozen features", "parameters": 1, "error": "No network."},
    ]
    candidates = candidates_of(rows)
    assert [s.candidate.architecture for s in ranked(candidates)] == ["a"]
    assert candidates[1].error == "No network."
    assert ranked([]) == []
