"""Descent by formula beside torch's own steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.fit import (
    CHECKED,
    DENSE,
    EPOCHS_AND_END,
    FIT,
    MOST,
    NET,
    POLYNOMIAL,
    RATE,
    points,
    run,
    shapes,
    weights,
)


def settings(**others: object) -> dict:
    return {**FIT.defaults, **others}


@pytest.mark.parametrize("decay", [1e-6, 0.02, 1.0])
@pytest.mark.parametrize("model", [POLYNOMIAL, NET])
def test_epochs_equal_steps_of_torch(model: str, decay: float) -> None:
    train, _ = points(settings(points=12), 3)
    phi, y = torch.tensor(shapes(model, 9, train.x_n)), torch.tensor(train.y_n)
    w = torch.zeros(10, dtype=torch.double, requires_grad=True)
    sgd = torch.optim.SGD([w], lr=RATE, weight_decay=decay)
    path = []
    for _ in range(97):
        path.append(w.detach().numpy().copy())
        sgd.zero_grad()
        torch.nn.functional.mse_loss(phi @ w, y).backward()
        sgd.step()
    epochs = EPOCHS_AND_END[EPOCHS_AND_END < 97]
    ours = weights(phi.numpy(), train.y_n, decay, epochs)
    np.testing.assert_allclose(ours, np.array(path)[epochs.astype(int)], atol=1e-5)


@pytest.mark.parametrize("model", [POLYNOMIAL, NET])
def test_at_the_end_the_gradient_is_zero(model: str) -> None:
    train, _ = points(settings(points=30), 1)
    phi, y = torch.tensor(shapes(model, 15, train.x_n)), torch.tensor(train.y_n)
    w = torch.tensor(weights(phi.numpy(), train.y_n, 0.01, np.array([np.inf]))[0])
    w.requires_grad_()
    loss = torch.nn.functional.mse_loss(phi @ w, y) + 0.005 * (w**2).sum()
    loss.backward()
    assert w.grad is not None
    np.testing.assert_allclose(w.grad.numpy(), 0, atol=1e-8)


@pytest.mark.parametrize("model", [POLYNOMIAL, NET])
def test_the_rate_is_too_low_to_diverge_whatever_the_points(model: str) -> None:
    steepest = 2 * (shapes(model, MOST, np.linspace(-1, 1, 201)) ** 2).sum(axis=1).max()
    assert RATE * (steepest + 1.0) < 2


def test_no_weight_is_fitted_to_a_validation_point() -> None:
    train, check = points(settings(points=50), 0)
    assert len(train.x_n) == 50 and len(check.x_n) == CHECKED
    assert not set(train.x_n) & set(check.x_n)


def test_the_capacity_that_is_set_is_the_one_that_is_marked() -> None:
    arrays = run(settings(capacity=5), 2).arrays
    both = [arrays["train_t"][-1], arrays["validation_t"][-1]]
    np.testing.assert_allclose(arrays["both_d"], both)
    np.testing.assert_allclose(both, [arrays["seen_c"][5], arrays["unseen_c"][5]])


def test_the_training_error_falls_with_epochs_and_with_capacity() -> None:
    arrays = run(settings(capacity=15), 0).arrays
    assert (np.diff(arrays["train_t"]) <= 1e-9).all()
    assert (np.diff(arrays["seen_c"]) <= 1e-4).all()
    assert arrays["fit_tk"].shape == (len(EPOCHS_AND_END), len(DENSE))


def test_decay_beats_every_capacity_without_it() -> None:
    without, decayed = run(settings(), 0).arrays, run(settings(capacity=15, decay=0.1), 0).arrays
    assert decayed["validation_t"][-1] < without["unseen_c"].min()


def test_a_rise_of_the_validation_error_is_called_overfitting() -> None:
    trace = run(settings(capacity=15), 0)
    rises = trace.arrays["validation_t"][1:] > 1.02 * trace.arrays["validation_t"][:-1]
    assert rises.any() and not rises.all()
    assert [("overfits" in sentence) for sentence in trace.sentences[1:]] == rises.tolist()
