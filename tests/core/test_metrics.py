"""Shares, paired tests and losses, against scipy and torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from torch.nn.functional import cross_entropy

from core.metrics import Share, losses, paired_p_value


def right(only_a: int, only_b: int, both: int = 3, neither: int = 2) -> tuple[np.ndarray, ...]:
    """Who is right on which image, for so many images of each kind."""
    a = [True] * only_a + [False] * only_b + [True] * both + [False] * neither
    b = [False] * only_a + [True] * only_b + [True] * both + [False] * neither
    return np.array(a), np.array(b)


@pytest.mark.parametrize(
    ("hits", "total"),
    [(0, 1), (1, 1), (0, 10), (10, 10), (5, 10), (1, 3), (238, 280), (1, 100_000)],
)
def test_the_interval_is_wilsons(hits, total):
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    share = Share(hits, total)
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert share.value == hits / total


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(counted):
    share = Share(*counted)
    assert 0 <= share.low <= share.value + 1e-12
    assert share.value - 1e-12 <= share.high <= 1


def test_nothing_counted_says_nothing():
    assert (Share(0, 0).low, Share(0, 0).high) == (0.0, 1.0)
    assert math.isnan(Share(0, 0).value)


@pytest.mark.parametrize(
    ("only_a", "only_b"),
    [(0, 0), (0, 1), (1, 1), (0, 5), (0, 6), (5, 6), (3, 12), (12, 3), (40, 80), (1000, 1100)],
)
def test_the_paired_test_is_the_exact_binomial_one(only_a, only_b):
    n = only_a + only_b
    expected = binomtest(only_a, n).pvalue if n else 1.0
    a, b = right(only_a, only_b)
    assert paired_p_value(a, b) == pytest.approx(expected, rel=1e-9)
    assert paired_p_value(b, a) == paired_p_value(a, b)


def test_images_on_which_both_agree_do_not_count():
    assert paired_p_value(*right(2, 9)) == paired_p_value(*right(2, 9, both=500, neither=70))


def test_losses_are_cross_entropy():
    logits_nc = torch.randn(20, 5, generator=torch.manual_seed(1))
    labels_n = torch.arange(20) % 5
    expected = cross_entropy(logits_nc, labels_n, reduction="none").numpy()
    values = losses(logits_nc.softmax(1).numpy(), labels_n.numpy())
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_an_impossible_label_has_a_large_loss_that_is_a_number():
    probs_nc = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    floor = -math.log(1e-12)
    assert losses(probs_nc, np.array([1, -1])) == pytest.approx([floor, floor])
    assert losses(probs_nc, np.array([0, 1])) == pytest.approx([0, 0])
