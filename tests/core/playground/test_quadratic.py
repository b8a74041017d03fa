"""The curve's descent beside torch's autograd and the course notes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.quadratic import (
    ABSOLUTE,
    LECTURE,
    NOTEBOOK,
    QUADRATIC,
    SQUARED,
    points,
    run,
)


def settings(**others: object) -> dict:
    return {**QUADRATIC.defaults, **others}


def notes_points(mult: float, times: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The points as the notes write it; the cell that makes them is run that many times."""

    def f(x: torch.Tensor) -> torch.Tensor:
        return 3 * x**2 + 2 * x + 1

    def noise(x: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.tensor(np.random.normal(scale=scale, size=tuple(x.shape)))

    np.random.seed(42)
    x = torch.linspace(-2, 2, steps=20)[:, None]
    for _ in range(times):
        y = f(x) * (1 + noise(x, mult)) + noise(x, 1.5)
    return x[:, 0], y[:, 0]


@pytest.mark.parametrize(("data", "mult", "times"), [(LECTURE, 0.3, 2), (NOTEBOOK, 0.15, 1)])
def test_the_points_are_those_of_the_notes(data: str, mult: float, times: int) -> None:
    for ours, theirs in zip(points({"data": data}, 0), notes_points(mult, times), strict=True):
        np.testing.assert_allclose(ours, theirs.double().numpy(), atol=1e-5)


def test_the_losses_of_the_lecture_where_the_gradient_is_never_zeroed() -> None:
    arrays = run(settings(forgot=True, steps=5), 0).arrays
    assert np.round(arrays["loss_t"], 2).tolist() == [11.46, 10.11, 7.88, 5.53, 3.86, 3.42]
    np.testing.assert_allclose(arrays["table_trc"][0, :, 1], [-10.99, -2.12, -4.00], atol=5e-3)


def test_zeroed_it_falls_at_every_step_and_less_at_first() -> None:
    loss_t = run(settings(steps=5), 0).arrays["loss_t"]
    assert np.round(loss_t[:2], 2).tolist() == [11.46, 10.11]
    assert (np.diff(loss_t) < 0).all() and loss_t[5] > 3.42


def test_the_notebooks_mean_absolute_error() -> None:
    values = settings(a=1.1, b=1.1, c=1.1, loss=ABSOLUTE, data=NOTEBOOK)
    arrays = run(values, 0).arrays
    assert arrays["loss_t"][0] == pytest.approx(2.4219, abs=1e-4)
    np.testing.assert_allclose(arrays["table_trc"][0, :, 1], [-1.3529, -0.0316, -0.5], atol=1e-4)


@pytest.mark.parametrize("forgot", [False, True])
@pytest.mark.parametrize("kind", [SQUARED, ABSOLUTE])
def test_twenty_steps_equal_torch(kind: str, forgot: bool) -> None:
    values = settings(loss=kind, forgot=forgot, steps=20, rate=0.03, b=-0.7)
    x, y = (torch.tensor(array) for array in points(values, 8))
    loss_of = torch.nn.MSELoss() if kind == SQUARED else torch.nn.L1Loss()
    abc = torch.tensor([1.5, -0.7, 1.5], dtype=torch.double, requires_grad=True)
    path, losses, pushes = [], [], []
    for _ in range(21):
        loss = loss_of(abc[0] * x**2 + abc[1] * x + abc[2], y)
        loss.backward()
        path.append(abc.detach().numpy().copy())
        losses.append(loss.item())
        pushes.append(abc.grad.numpy().copy())
        with torch.no_grad():
            abc -= 0.03 * abc.grad
        if not forgot:
            abc.grad.zero_()
    arrays = run(values, 8).arrays
    np.testing.assert_allclose(arrays["table_trc"][:, :, 0], path, atol=1e-5)
    np.testing.assert_allclose(arrays["table_trc"][:, :, 3], pushes, atol=1e-5)
    np.testing.assert_allclose(arrays["loss_t"], losses, atol=1e-5)


def test_nudging_gives_the_gradient() -> None:
    table_trc = run(settings(), 0).arrays["table_trc"]
    np.testing.assert_allclose(table_trc[:, :, 2], table_trc[:, :, 1], atol=1e-6)
