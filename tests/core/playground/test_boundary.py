"""The boundary's net beside torch, its points, and what its recipes claim."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.boundary import BOUNDARY, L2, NONE, loss_of, net_of, run
from core.playground.lesson import Trace
from core.playground.nets import ACTIVATIONS, RELU
from core.playground.plane import (
    CIRCLE,
    CLOUDS,
    OWN,
    PLAIN,
    SINES,
    SPIRALS,
    SQUARES,
    XOR,
    code_of_points,
    inputs,
    points,
)


def settings(**others: object) -> dict:
    return {**BOUNDARY.defaults, **others}


def trained(seed: int = 0, **others: object) -> Trace:
    return run(settings(**others), seed)


def test_the_loss_is_the_cross_entropy_of_torch_even_for_huge_scores() -> None:
    scores, sides = np.array([[-800.0], [-1.5], [0.0], [2.0], [900.0]]), np.array([1, 0, 1, 0, 1])
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(scores[:, 0]), torch.tensor(sides * 1.0)
    )
    assert loss_of(scores, sides) == pytest.approx(theirs.item())


@pytest.mark.parametrize("data", [CIRCLE, XOR, SPIRALS, CLOUDS, OWN])
def test_the_code_makes_the_same_points(data: str) -> None:
    values, namespace = settings(data=data, noise=0.4), {"np": np, "torch": torch}
    exec(code_of_points(values, 9), namespace)
    (x_n2, side_n), _ = points(values, 9)
    np.testing.assert_allclose(np.stack([namespace["x"], namespace["y"]], axis=1), x_n2, atol=1e-12)
    np.testing.assert_allclose(namespace["green"].numpy(), side_n)
    assert 0.3 < side_n.mean() < 0.7 and np.abs(x_n2).max() <= 1


@pytest.mark.parametrize(("kind", "count"), [(PLAIN, 2), (SQUARES, 5), (SINES, 4)])
def test_the_net_has_a_unit_for_each_input(kind: str, count: int) -> None:
    values = settings(inputs=kind)
    assert inputs(np.zeros((3, 2)), kind).shape == (3, count) == (3, net_of(values).sizes[0])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("regularise", [NONE, "L1", L2])
def test_losses_equal_torch(activation: str, regularise: str) -> None:
    values = settings(activation=activation, regularise=regularise, steps=60, data=XOR)
    namespace: dict[str, object] = {}
    exec(BOUNDARY.code(values, 3), namespace)
    np.testing.assert_allclose(run(values, 3).arrays["train_t"], namespace["train_t"], atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_regularisation_holds_weights_and_test_loss_down_on_noise(seed: int) -> None:
    noisy = {"noise": 0.8, "neurons": 8, "rate": 0.1}
    free, penalised = trained(seed, **noisy), trained(seed, **noisy, regularise=L2, strength=0.01)
    assert penalised.arrays["test_t"][-1] < free.arrays["test_t"][-1]
    assert (penalised.arrays["w1_toi"][-1] ** 2).sum() < (free.arrays["w1_toi"][-1] ** 2).sum()


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_weights_that_the_net_has_not_are_one_zero(layers: int) -> None:
    arrays = trained(layers=layers, neurons=5).arrays
    shapes = [arrays[f"w{k}_toi"].shape[1:] for k in range(1, 5)]
    first_shapes = [(5, 2), *[(5, 5)] * (layers - 1), (1, 5)]
    assert shapes == first_shapes + [(1, 1)] * (3 - layers)
    assert not any(arrays[f"w{k}_toi"].any() for k in range(layers + 2, 5))


def test_own_points_are_learnt() -> None:
    corners = (-0.8, -0.8, 1, 0.8, 0.8, 1, -0.8, 0.8, 0, 0.8, -0.8, 0)
    trace = trained(data=OWN, own=corners, neurons=8)
    assert trace.arrays["x_n"].shape == (4,) and trace.arrays["right_t"][-1] == 100
    sure_rc = trace.arrays["sure_trc"][-1]
    assert sure_rc[2, 2] > 0.5 and sure_rc[2, -3] < -0.5


def test_the_surface_is_the_answer_of_the_net_at_its_corners() -> None:
    arrays = trained(layers=1, neurons=3, activation=RELU).arrays
    assert arrays["sure_trc"].shape == (31, 23, 23)
    assert np.abs(arrays["sure_trc"]).max() <= 1
