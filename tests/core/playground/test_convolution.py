"""The sliding kernel beside torch's conv2d."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from core.playground.convolution import CONVOLUTION, KERNELS, PICTURES, clean_picture, picture, run


def settings(**others: object) -> dict:
    return {**CONVOLUTION.defaults, **others}


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_it_equals_torch(stride: int, padding: int) -> None:
    kernel = np.random.default_rng(stride).normal(size=(3, 3))
    values = settings(
        stride=stride, padding=padding, noise=0.3, kernel=tuple(kernel.ravel().tolist())
    )
    pixels = torch.tensor(picture(values, 5))[None, None]
    expected = conv2d(pixels, torch.tensor(kernel)[None, None], stride=stride, padding=padding)
    trace = run(values, 5)
    np.testing.assert_allclose(trace.arrays["output_hw"], expected[0, 0], atol=1e-5)
    assert trace.steps == 1 + expected.numel()
    assert f"fits {expected.shape[2]} × {expected.shape[3]} times" in trace.sentences[0]


@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (2, 0), (3, 2)])
def test_a_step_shows_what_is_in_its_window(stride: int, padding: int) -> None:
    arrays = run(settings(stride=stride, padding=padding, noise=0.3), 1).arrays
    for step in (1, 7, len(arrays["known_t"]) - 1):
        row, column, height, width = arrays["window_t4"][step].astype(int)
        window = arrays["padded_hw"][row : row + height, column : column + width]
        np.testing.assert_array_equal(arrays["window_trc"][step], window)
        value = arrays["products_trc"][step].sum()
        assert arrays["value_t"][step] == pytest.approx(value)
        row, column, _, _ = arrays["pixel_t4"][step].astype(int)
        assert arrays["output_hw"][row, column] == pytest.approx(value)
        assert arrays["known_t"][step] == row * arrays["output_hw"].shape[1] + column + 1


def test_the_padding_under_the_window_is_said() -> None:
    sentences = run(settings(padding=1), 0).sentences
    assert "5 of them lie in the padding" in sentences[1]
    assert "3 of them lie in the padding" in sentences[2]
    assert "padding" not in sentences[16 + 2]
    assert "padding" not in "".join(run(settings(padding=0), 0).sentences[1:])


@pytest.mark.parametrize("name", PICTURES)
def test_the_identity_gives_the_picture_back(name: str) -> None:
    kernel = tuple(map(float, KERNELS["identity"]))
    output_hw = run(settings(kernel=kernel, picture=name), 0).arrays["output_hw"]
    np.testing.assert_array_equal(output_hw, clean_picture(name))
    assert output_hw.min() == 0 and output_hw.max() == 1


def test_edges_are_silent_where_nothing_changes_and_blur_keeps_the_light() -> None:
    for name, total in (("outline", 0), ("vertical edges", 0), ("blur", 1), ("sharpen", 1)):
        assert sum(KERNELS[name]) == total
