"""The loss of a head along its gradient: torch's, and the same for one's own features."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.convolution import OWN, lesson_on
from core.playground.my_classifier import (
    MY_CLASSIFIER,
    TRAINED,
    artificial_points,
    descend,
    gradient,
    loss,
)
from core.playground.own_points import as_points, own_grey, own_points
from tests.builders import blobs


@pytest.mark.parametrize("rate", [0.05, 2.0, 20.0])
@pytest.mark.parametrize("start", ["nothing", TRAINED])
def test_the_path_is_torchs(rate, start):
    points = artificial_points()
    values = {**MY_CLASSIFIER.defaults, "rate": rate, "start": start, "steps": 20}
    begin = points.head_dc if start == TRAINED else np.zeros_like(points.head_dc)
    head = torch.tensor(begin, requires_grad=True)
    x, y = torch.tensor(points.x_nd), torch.tensor(points.y_n)
    expected = []
    for _ in range(21):
        value = torch.nn.functional.cross_entropy(x @ head, y)
        expected.append(value.item())
        (slope,) = torch.autograd.grad(value, head)
        np.testing.assert_allclose(gradient(head.detach().numpy(), points), slope, atol=1e-9)
        head = (head - rate * slope).detach().requires_grad_()
    path = descend(values, points)
    np.testing.assert_allclose([loss(w, points) for w in path], expected, atol=1e-5)


def test_the_loss_along_the_gradient_tells_the_next_step():
    trace = MY_CLASSIFIER.run({**MY_CLASSIFIER.defaults, "rate": 1.0, "steps": 5}, 0)
    at_one = trace.arrays["along_tk"][:, 15]  # 10 to the power 0
    assert trace.arrays["size_k"][15] == pytest.approx(0)
    np.testing.assert_allclose(at_one[:-1], trace.arrays["loss_t"][1:], atol=1e-9)


def test_the_slice_agrees_with_the_path():
    trace = MY_CLASSIFIER.run(MY_CLASSIFIER.defaults, 0)
    way = trace.arrays["path_t2"]
    assert np.ptp(way[:, 0]) >= np.ptp(way[:, 1])
    assert np.abs(way).max() <= trace.arrays["x_c"].max()
    assert trace.arrays["surface_rc"].min() < trace.arrays["loss_t"][0]


def test_fewer_numbers_give_the_same_scores():
    features, y = blobs([20, 15, 10], dims=80)
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(3, 80)), rng.normal(size=3)
    points = as_points(features[:, 0], y, weight, bias)
    assert points.x_nd.shape == (45, 46)
    np.testing.assert_allclose(
        points.x_nd @ points.head_dc, features[:, 0] @ weight.T + bias, atol=1e-2
    )


def test_a_trained_workspace_brings_its_own_points(trained):
    points = own_points(trained.workspace, trained.catalog)
    assert points.own and len(points.y_n) == 30 and points.head_dc.shape[1] == 6
    assert loss(points.head_dc, points) < 0.5


def test_without_a_model_there_are_none(workspace, catalog):
    assert own_points(workspace, catalog) is None


def test_a_picture_of_ones_own_slides_under_the_kernel(trained, workspace, catalog):
    grey = own_grey(trained.workspace, trained.catalog)
    assert grey.shape == (16, 16) and 0 <= grey.min() < grey.max() <= 1
    lesson = lesson_on(grey)
    trace = lesson.run({**lesson.defaults, "picture": OWN, "padding": 0}, 0)
    np.testing.assert_allclose(trace.arrays["padded_hw"], grey)
    assert own_grey(workspace, catalog) is None
