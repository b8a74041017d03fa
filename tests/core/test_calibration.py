"""The temperature: SciPy and scikit-learn are the oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from core.calibration import TEMPERATURES, fit_temperature, tempered, with_temperature
from tests.core.interpretation.test_reliability import answers


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_is_the_best_one(sharpness):
    probs, labels = answers(sharpness=sharpness)

    def loss(log_t: float) -> float:
        return log_loss(labels, with_temperature(probs, np.exp(log_t)), labels=range(4))

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded").x
    assert fit_temperature(probs, labels) == pytest.approx(np.exp(best), rel=0.01)
    assert fit_temperature(probs, labels) == pytest.approx(sharpness, rel=0.15)


def test_labels_outside_the_classes_are_left_out():
    assert fit_temperature(np.array([[0.5, 0.5]]), np.array([-1])) == 1.0


@pytest.mark.parametrize("wrong", [0.5, 1.0, 4.0])
def test_wrong_answers_are_added_as_if_they_had_been_given(wrong):
    probs, labels = answers(n=300, sharpness=2.0)
    others = [np.delete(np.arange(4), label) for label in labels]
    rows = np.concatenate([probs, np.repeat(probs, 3, axis=0)])
    all_labels = np.concatenate([labels, np.concatenate(others)])
    weights = np.concatenate([np.ones(300), np.full(900, wrong / 900)])

    def loss(log_t: float) -> float:
        scaled = with_temperature(rows, np.exp(log_t))
        return log_loss(all_labels, scaled, labels=range(4), sample_weight=weights)

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded").x
    assert fit_temperature(probs, labels, wrong) == pytest.approx(np.exp(best), rel=0.01)


def test_a_model_that_made_no_mistake_is_not_sure_for_ever():
    probs = np.tile([0.97, 0.01, 0.01, 0.01], (12, 1))
    labels = np.zeros(12, np.int64)
    assert with_temperature(probs, fit_temperature(probs, labels))[0, 0] > 0.9999
    scaled = with_temperature(probs, fit_temperature(probs, labels, wrong=1.0))
    assert scaled[0, 0] == pytest.approx(12 / 13, abs=0.01)


@given(
    st.lists(st.floats(-500, 500), min_size=2, max_size=8),
    st.floats(*TEMPERATURES),
)
def test_logits_get_the_answer_that_their_stored_probabilities_get(logits, temperature):
    """However sure a model is: a bundle has logits, the catalog has probabilities of 32 bits."""
    logits_nc = np.array([logits])
    exponents = np.exp(logits_nc - logits_nc.max())
    stored_nc = (exponents / exponents.sum()).astype(np.float32)
    expected_nc = with_temperature(stored_nc, temperature)
    assert tempered(logits_nc, temperature) == pytest.approx(expected_nc, abs=1e-4)


def test_logits_that_are_not_extreme_are_divided_by_the_temperature():
    logits_nc = np.array([[2.0, -1.0, 0.5]])
    exponents = np.exp(logits_nc / 3)
    assert tempered(logits_nc, 3.0) == pytest.approx(exponents / exponents.sum())
