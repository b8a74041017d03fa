"""The line's descent beside torch's autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.linear_regression import (
    BATCHES,
    LINEAR_REGRESSION,
    START,
    Walk,
    batches,
    points,
    run,
)


def settings(**others: object) -> dict:
    return {**LINEAR_REGRESSION.defaults, **others}


@pytest.mark.parametrize("forgot", [False, True])
@pytest.mark.parametrize("batch", BATCHES)
def test_twenty_steps_equal_torch(batch: str, forgot: bool) -> None:
    values = settings(batch=batch, forgot=forgot, steps=20, rate=0.2)
    x_n2, y_n = (torch.tensor(array) for array in points(values, 3))
    a = torch.tensor(START, requires_grad=True)
    path, gradients = [a.detach().numpy().copy()], []
    for rows in batches(Walk(0.2, batch, 20, forgot), len(y_n), 3):
        torch.nn.functional.mse_loss(x_n2[rows] @ a, y_n[rows]).backward()
        with torch.no_grad():
            a -= 0.2 * a.grad
        gradients.append(a.grad.numpy().copy())
        if not forgot:
            a.grad.zero_()
        path.append(a.detach().numpy().copy())
    trace = run(values, 3)
    np.testing.assert_allclose(trace.arrays["a_t2"], path, atol=1e-5)
    np.testing.assert_allclose(trace.arrays["gradient_t2"][:-1], gradients, atol=1e-5)


def test_an_epoch_sees_each_point_once() -> None:
    rows = batches(Walk(0.1, "16", 14), 100, 0)
    assert sorted(np.concatenate(rows[:7])) == list(range(100))
    assert sorted(np.concatenate(rows[7:])) == list(range(100))
    epoch_t = run(settings(batch="16", steps=15), 0).arrays["epoch_t"]
    assert epoch_t[7] == 1 and epoch_t[14] == 2


def test_the_three_rates_are_too_low_right_and_too_high() -> None:
    arrays = run(settings(), 0).arrays
    off = {name: np.abs(arrays[f"{name}_t2"][-1] - [3, 2]).max() for name in ("low", "right")}
    assert off["right"] < 0.2 and off["low"] > 1
    assert np.abs(arrays["high_t2"][-1]).max() > 1e3


def test_the_surface_is_the_loss_of_its_corners() -> None:
    values = settings(noise=1.0)
    x_n2, y_n = points(values, 0)
    arrays = run(values, 0).arrays
    a = np.array([arrays["a1_c"][4], arrays["a2_r"][9]])
    assert arrays["hills_rc"][9, 4] == pytest.approx(np.mean((x_n2 @ a - y_n) ** 2))
