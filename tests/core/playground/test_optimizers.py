"""The race beside torch.optim, its schedules and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from core.playground.optimizers import OPTIMIZERS, run
from core.playground.racers import CONSTANT, COSINE, ONE_CYCLE, RULES, race, schedule
from core.playground.surfaces import RAVINE, ROSENBROCK, SADDLE, SURFACES

STEPS = 60


def settings(**others: object) -> dict:
    return {**OPTIMIZERS.defaults, "steps": STEPS, **others}


def theirs(name: str, values: dict, at: torch.Tensor) -> Optimizer:
    rate, scaled, beta = values["rate"], values["rate_scaled"], values["beta"]
    makers = {
        "sgd": lambda: SGD([at], rate),
        "momentum": lambda: SGD([at], rate, momentum=beta),
        "nesterov": lambda: SGD([at], rate, momentum=beta, nesterov=True),
        "rmsprop": lambda: RMSprop([at], scaled, alpha=0.9),
        "adam": lambda: Adam([at], scaled, betas=(beta, 0.999)),
        "adamw": lambda: AdamW([at], scaled, betas=(beta, 0.999), weight_decay=values["decay"]),
    }
    return makers[name]()


@pytest.mark.parametrize("kind", [CONSTANT, ONE_CYCLE, COSINE])
@pytest.mark.parametrize("surface", [RAVINE, ROSENBROCK, SADDLE])
@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_each_path_is_that_of_torch(name: str, surface: str, kind: str) -> None:
    values = settings(surface=surface, schedule=kind, noise=0.2, start=(-1.2, 1.7), decay=0.2)
    at = torch.tensor(values["start"], dtype=torch.double, requires_grad=True)
    optimizer = theirs(name, values, at)
    scheduler = {
        ONE_CYCLE: lambda: OneCycleLR(
            optimizer,
            optimizer.defaults["lr"],
            STEPS,
            pct_start=0.25,
            final_div_factor=4000,
            cycle_momentum=False,
        ),
        COSINE: lambda: CosineAnnealingLR(optimizer, STEPS),
    }.get(kind, lambda: None)()
    path, noise_t2 = [at.tolist()], 0.2 * np.random.default_rng(6).normal(size=(STEPS, 2))
    for jolt in noise_t2:
        optimizer.zero_grad()
        SURFACES[surface][0](at[0], at[1]).backward()
        at.grad += torch.tensor(jolt)
        optimizer.step()
        if scheduler:
            scheduler.step()
        path.append(at.tolist())
    row = [rule.name for rule in RULES].index(name)
    np.testing.assert_allclose(race(values, 6)[:, row], path, atol=1e-5)


@pytest.mark.parametrize("surface", SURFACES)
def test_slopes_are_those_of_autograd_and_nothing_is_below_0(surface: str) -> None:
    height, slopes, height_code = SURFACES[surface]
    x, y = torch.tensor(np.random.default_rng(0).uniform(-4.5, 4.5, (2, 50)), requires_grad=True)
    x.retain_grad(), y.retain_grad()
    heights = eval(height_code, {"torch": torch, "np": np, "x": x, "y": y})
    heights.sum().backward()
    x_n, y_n = x.detach().numpy(), y.detach().numpy()
    np.testing.assert_allclose(height(x_n, y_n), heights.detach().numpy(), atol=1e-9)
    np.testing.assert_allclose(slopes(x_n, y_n), [x.grad.numpy(), y.grad.numpy()], atol=1e-9)
    assert heights.min() >= 0


def test_one_cycle_rises_from_a_25th_and_ends_at_nearly_nothing() -> None:
    share_t = schedule(ONE_CYCLE, 80)
    assert share_t[0] == pytest.approx(1 / 25) and share_t.max() == pytest.approx(1.0)
    assert share_t.argmax() == 19 and share_t[-1] == pytest.approx(1e-5)


def test_one_that_flies_off_is_named_and_stands_still() -> None:
    trace = run(settings(rate=0.6, start=(-4.0, 2.0), steps=100), 0)
    assert trace.diverged is not None and "SGD" in trace.diverged and "Adam" not in trace.diverged
    assert (trace.arrays["sgd_t2"][-1] == trace.arrays["sgd_t2"][-2]).all()
    assert np.isfinite(trace.arrays["loss_to"]).all()


def test_the_start_is_where_the_person_clicked() -> None:
    arrays = run(settings(start=(1.5, -3.25)), 0).arrays
    for rule in RULES:
        assert arrays[f"{rule.name}_t2"][0].tolist() == [1.5, -3.25]
