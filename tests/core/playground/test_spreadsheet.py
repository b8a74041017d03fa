"""The net beside torch's autograd, and the table beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

from core.playground.spreadsheet import (
    ALL,
    COUNT,
    FLOWERS,
    ONE,
    SPREADSHEET,
    forward,
    run,
    table,
)

IRIS_ROWS = [50, 100, 57, 106, 61, 112, 70, 116, 77, 126, 79, 149]


def settings(**others: object) -> dict:
    return {**SPREADSHEET.defaults, **others}


def torch_net() -> torch.nn.Sequential:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    start = torch.tensor(SPREADSHEET.defaults["start"], dtype=torch.double).reshape(3, 3)
    net.double()
    with torch.no_grad():
        net[0].weight[:], net[0].bias[:] = start[:2, :2], start[:2, 2]
        net[2].weight[:], net[2].bias[:] = start[2, :2], start[2, 2]
    return net


def numbers(net: torch.nn.Sequential, slopes: bool = False) -> np.ndarray:
    """Its nine numbers or their gradients, laid out as in the lesson."""
    parts = [p.grad if slopes else p for p in net.parameters()]
    first, bias, second, last = (part.detach().numpy().copy() for part in parts)
    return np.vstack([np.c_[first, bias], np.r_[second[0], last]])


@pytest.mark.parametrize("batch", [ALL, ONE])
def test_twenty_steps_equal_torch(batch: str) -> None:
    values = settings(batch=batch, steps=20, rate=0.4)
    cm_n2, right_n = (torch.tensor(array) for array in table(values))
    x = (cm_n2 - torch.tensor([4.9, 1.7]).double()) / torch.tensor([0.8, 0.4]).double()
    net = torch_net()
    sgd = torch.optim.SGD(net.parameters(), lr=0.4)
    arrays = run(values, 0).arrays
    for step in range(21):
        rows = slice(None) if batch == ALL else slice(step % COUNT, step % COUNT + 1)
        np.testing.assert_allclose(arrays["weights_trc"][step], numbers(net), atol=1e-5)
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        assert arrays["loss_t"][step] == pytest.approx(loss(net(x)[:, 0], right_n).item(), abs=1e-5)
        sgd.zero_grad()
        loss(net(x[rows])[:, 0], right_n[rows]).backward()
        slopes = numbers(net, slopes=True)
        np.testing.assert_allclose(arrays["gradient_trc"][step], slopes, atol=1e-5)
        sgd.step()


def test_the_flowers_are_those_of_scikit_learn() -> None:
    iris = load_iris()
    rows = np.c_[iris.data[IRIS_ROWS, 2:], iris.target[IRIS_ROWS] - 1]
    np.testing.assert_array_equal(np.array(FLOWERS).reshape(-1, 3), rows)


def test_a_row_of_the_spreadsheet_can_be_followed_by_hand() -> None:
    arrays = run(settings(), 0).arrays
    w, row = arrays["weights_trc"][0], arrays["forward_trc"][0, 1]
    assert row[0] == pytest.approx((6.0 - 4.9) / 0.8) and row[1] == pytest.approx(0.8 / 0.4)
    assert row[2] == pytest.approx(max(row[:2] @ w[0, :2] + w[0, 2], 0))
    assert row[4] == pytest.approx(row[2:4] @ w[2, :2] + w[2, 2])
    assert row[5] == pytest.approx(1 / (1 + np.exp(-row[4])))
    assert row[6] == 1 and row[7] == pytest.approx(-np.log(row[5]))
    assert arrays["loss_t"][0] == pytest.approx(arrays["forward_trc"][0, :, 7].mean())


def test_a_cell_of_the_table_changes_its_row_and_the_gradient() -> None:
    changed = (*map(float, FLOWERS[:3]), 3.0, *map(float, FLOWERS[4:]))
    before, after = run(settings(), 0).arrays, run(settings(table=changed), 0).arrays
    differs = (before["forward_trc"][0] != after["forward_trc"][0]).any(axis=1)
    assert np.flatnonzero(differs).tolist() == [1]
    assert (before["gradient_trc"][0] != after["gradient_trc"][0]).any()


def test_one_row_after_the_other_is_lit() -> None:
    arrays = run(settings(batch=ONE, steps=13), 0).arrays
    assert arrays["row_t"].tolist() == [*range(12), 0, 1]
    assert (run(settings(), 0).arrays["row_t"] == -1).all()


def test_huge_scores_have_a_probability_and_a_loss() -> None:
    w_33 = np.array([[5.0, 0, 0], [0, 5.0, 0], [1e5, 1e5, 0]])
    forward_pass = forward(w_33, np.array([[10.0, 10.0]]))
    assert (
        forward_pass.probability_n.tolist() == [1.0]
        and forward_pass.loss_n(np.array([0.0]))[0] > 1e6
    )


def test_steps_too_long_diverge_and_this_is_said() -> None:
    assert "Lower the rate" in (run(settings(batch=ONE, rate=10.0, steps=60), 0).diverged or "")
    assert run(settings(), 0).diverged is None
