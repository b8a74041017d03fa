"""Rectified units beside torch, and what they can and cannot do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.lesson import Trace
from core.playground.relu import BOWL, DRAWN, MANY, ONE, RELU, SINE, TWO, X_N, run, target


def fitted(seed: int = 0, **others: object) -> Trace:
    return run({**RELU.defaults, **others}, seed)


def test_one_unit_is_max_of_its_line_and_zero() -> None:
    arrays = fitted(m1=2.0, b1=-0.5).arrays
    np.testing.assert_allclose(arrays["fit_tn"][0], np.maximum(2 * X_N - 0.5, 0))
    assert arrays["bends_t"][0] == 1


def test_two_units_are_added() -> None:
    arrays = fitted(units=TWO, m1=1.0, b1=0.0, m2=-1.0, b2=0.0).arrays
    np.testing.assert_allclose(arrays["fit_tn"][0], np.abs(X_N))
    np.testing.assert_allclose(arrays["pieces_tkm"].sum(axis=1), arrays["fit_tn"][:, ::2])


@pytest.mark.parametrize("units", [ONE, TWO])
def test_the_arrows_are_the_slopes_of_autograd(units: str) -> None:
    values = {**RELU.defaults, "units": units, "m1": 0.7, "b1": 0.3, "m2": -1.3, "b2": 0.1}
    count = 1 if units == ONE else 2
    m = torch.tensor([0.7, -1.3][:count], dtype=torch.double, requires_grad=True)
    b = torch.tensor([0.3, 0.1][:count], dtype=torch.double, requires_grad=True)
    sums = (torch.tensor(X_N)[:, None] * m + b).relu().sum(dim=1)
    torch.nn.functional.mse_loss(sums, torch.tensor(target(values))).backward()
    arrays = run(values, 0).arrays
    for k in range(count):
        assert arrays[f"slope_m{k + 1}_t"][0] == pytest.approx(m.grad[k].item(), abs=1e-9)
        assert arrays[f"slope_b{k + 1}_t"][0] == pytest.approx(b.grad[k].item(), abs=1e-9)


def test_a_unit_asleep_is_never_woken() -> None:
    trace = fitted(m1=-1.0, b1=-1.5)
    assert np.ptp(trace.arrays["loss_t"]) == 0 and not trace.arrays["fit_tn"].any()
    assert "No unit is awake" in trace.sentences[-1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_more_units_and_more_layers_follow_better(seed: int) -> None:
    def loss(**others: object) -> float:
        values = {"units": MANY, "curve": SINE, "steps": 200, **others}
        return float(fitted(seed, **values).arrays["loss_t"][-1])

    assert loss(width=48) < loss(width=2)
    wave = {"curve": "sound wave", "width": 64, "rate": 0.02}
    assert loss(**wave, layers=3) < loss(**wave, layers=1)


@pytest.mark.parametrize(("layers", "numbers"), [(1, 193), (2, 1153), (3, 988)])
def test_units_are_shared_out_over_the_layers(layers: int, numbers: int) -> None:
    arrays = fitted(units=MANY, width=64, layers=layers, steps=20).arrays
    assert arrays["numbers_t"][0] == numbers and arrays["pieces_tkm"].shape[1] <= 16


def test_a_drawn_curve_is_fitted() -> None:
    numbers = tuple(np.linspace(-1, 1, 33).tolist())
    arrays = fitted(units=MANY, curve=DRAWN, drawn=numbers).arrays
    np.testing.assert_allclose(arrays["y_n"], X_N)
    assert arrays["loss_t"][-1] < 1e-3


def test_the_steps_done_are_counted_whatever_their_number() -> None:
    assert fitted(steps=57).arrays["done_t"].tolist() == list(range(0, 57, 2))
    assert fitted(curve=BOWL, steps=200).arrays["done_t"][-1] == 200
