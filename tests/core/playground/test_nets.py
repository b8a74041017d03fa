"""The small net beside torch: its answers, its gradient, and Adam."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.nets import ACTIVATIONS, LINEAR, RELU, SIGMOID, TANH, Net, Training, train

MODULES = {RELU: torch.nn.ReLU, TANH: torch.nn.Tanh, SIGMOID: torch.nn.Sigmoid}
SIZES = (3, 5, 4, 1)


def torch_net(activation: str, start: np.ndarray) -> torch.nn.Sequential:
    modules: list[torch.nn.Module] = []
    for (weights, biases), last in zip(Net(SIZES).layers(start), (False, False, True), strict=True):
        layer = torch.nn.Linear(weights.shape[1], weights.shape[0]).double()
        layer.weight.data, layer.bias.data = torch.tensor(weights), torch.tensor(biases)
        modules += [layer] if last else [layer, MODULES.get(activation, torch.nn.Identity)()]
    return torch.nn.Sequential(*modules)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.02, 0.0), (0.0, 0.05)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_thirty_steps_equal_torch(activation: str, l1: float, l2: float) -> None:
    rng = np.random.default_rng(4)
    x_ni, y_n1 = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    net = Net(SIZES, activation)
    start = net.start(rng)
    theirs = torch_net(activation, start)
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.05)
    frames = [start]
    for _ in range(30):
        loss = torch.nn.functional.mse_loss(theirs(torch.tensor(x_ni)), torch.tensor(y_n1))
        for weights in list(theirs.parameters())[::2]:
            loss = loss + l1 * weights.abs().sum() + l2 / 2 * (weights**2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        frames.append(torch.cat([p.detach().flatten() for p in theirs.parameters()]).numpy())
    training = Training(0.05, 30, every=10, l1=l1, l2=l2)
    ours = train(net, start, x_ni, lambda out: 2 * (out - y_n1) / 20, training)
    np.testing.assert_allclose(ours, np.array(frames)[::10], atol=1e-5)


def test_numbers_that_are_not_trained_stay() -> None:
    net, rng = Net((1, 2, 1), LINEAR), np.random.default_rng(0)
    start, x_ni = net.start(rng), rng.normal(size=(9, 1))
    frames = train(net, start, x_ni, lambda out: out - 1.0, Training(0.1, 5, only=4))
    assert net.count == 7 and len(frames) == 6
    assert (frames[-1][:4] != start[:4]).all() and (frames[-1][4:] == start[4:]).all()
