"""Probabilities, loss and slopes beside torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.softmax import LABELS, SOFTMAX, run, softmax


def settings(**others: object) -> dict:
    return {**SOFTMAX.defaults, **others}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.7])
@pytest.mark.parametrize("count", [3, 6])
def test_probabilities_loss_and_slopes_equal_torch(count: int, temperature: float) -> None:
    scores = (5.0, -5.0, 0.3, 1.0, 4.9, -2.2)
    values = settings(scores=scores, count=str(count), right="dog", temperature=temperature)
    arrays = run(values, 0).arrays
    x = torch.tensor(scores[:count], dtype=torch.double, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(x / temperature, torch.tensor(1))
    loss.backward()
    assert x.grad is not None
    shares = (x / temperature).softmax(dim=0).detach().numpy()
    np.testing.assert_allclose(arrays["p_k"], shares, atol=1e-9)
    np.testing.assert_allclose(arrays["loss_t"], loss.item(), atol=1e-9)
    np.testing.assert_allclose(arrays["slope_k"], x.grad.numpy(), atol=1e-9)


def test_the_table_goes_from_left_to_right() -> None:
    values = settings(temperature=2.0)
    score, scaled, exponential, p, _ = run(values, 0).arrays["table_kc"].T
    np.testing.assert_allclose(scaled, score / 2)
    np.testing.assert_allclose(exponential, np.exp(scaled))
    np.testing.assert_allclose(p, exponential / exponential.sum())


def test_huge_scores_are_no_trouble() -> None:
    np.testing.assert_allclose(softmax(np.array([1000.0, 0.0])), [1, 0])


def test_the_answer_does_not_depend_on_the_temperature() -> None:
    cold, hot = (run(settings(temperature=t), 0).arrays["p_k"] for t in (0.5, 5.0))
    assert cold.argmax() == hot.argmax() and cold.max() > hot.max()


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_as_many_answers_as_were_asked_for(count: int) -> None:
    arrays = run(settings(count=str(count)), 0).arrays
    assert len(arrays["p_k"]) == len(arrays["score_k1"]) == count
    assert arrays["p_k"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("scores", "right", "phrase"),
    [
        ((5, 0, 0), "cat", "costs little"),
        ((0.1, 0, 0), "cat", "not sure"),
        ((5, 0, 0), "dog", "nothing costs more"),
        ((1, 0, 0), "dog", "moderate"),
    ],
)
def test_the_loss_is_explained(scores: tuple[float, ...], right: str, phrase: str) -> None:
    trace = run(settings(scores=(*scores, 0, 0, 0), right=right), 0)
    assert phrase in trace.sentences[6]


def test_each_step_says_which_cells_it_is_about() -> None:
    trace = run(settings(scores=(0.0, 3.0, 1.0, 0.0, 0.0, 0.0), right="rabbit"), 0)
    assert trace.arrays["column_t"].tolist() == [0, 1, 2, 2, 3, -1, 3, 4]
    assert trace.arrays["row_t"].tolist() == [-1, -1, 1, -1, 1, 1, 2, 2]
    assert f"“{LABELS[1]}”" in trace.sentences[5]
