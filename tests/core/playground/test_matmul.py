"""The product cell by cell beside torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.playground.matmul import MATMUL, SIDE, run

rng = np.random.default_rng(3)


def settings(**others: object) -> dict:
    return {**MATMUL.defaults, **others}


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 1, 1), (2, 3, 2), (4, 4, 4), (3, 1, 4)])
def test_it_equals_torch(rows: int, inner: int, columns: int, relu: bool) -> None:
    inputs, weights = rng.normal(size=(2, SIDE, SIDE))
    numbers = {"inputs": tuple(inputs.ravel()), "weights": tuple(weights.ravel())}
    sizes = {"rows": rows, "inner": inner, "columns": columns, "relu": relu}
    product = torch.tensor(inputs[:rows, :inner]) @ torch.tensor(weights[:inner, :columns])
    trace = run(settings(**numbers, **sizes), 0)
    expected = torch.relu(product) if relu else product
    np.testing.assert_allclose(trace.arrays["product_ru"], expected, atol=1e-5)
    np.testing.assert_allclose(trace.arrays["sum_t"][1:], product.ravel(), atol=1e-5)
    assert trace.steps == 1 + rows * columns


def test_each_step_fills_one_cell_and_marks_its_row_and_column() -> None:
    arrays = run(settings(rows=2, columns=3), 0).arrays
    assert arrays["known_t"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert arrays["row_t"].tolist() == [-1, 0, 0, 0, 1, 1, 1]
    assert arrays["column_t"].tolist() == [-1, 0, 1, 2, 0, 1, 2]


def test_the_products_of_a_step_are_those_of_its_row_and_column() -> None:
    arrays = run(settings(), 0).arrays
    row, column, products = arrays["terms_tki"][3]
    assert row.tolist() == arrays["inputs_ri"][1].tolist()
    assert column.tolist() == arrays["weights_iu"][:, 0].tolist()
    assert products.sum() == arrays["product_ru"][1, 0] == arrays["sum_t"][3]


def test_the_net_shows_the_example_at_work_and_the_units_that_are_done() -> None:
    arrays = run(settings(), 0).arrays
    product_ru = arrays["product_ru"]
    assert arrays["units_tu"][0].tolist() == [0, 0]
    assert arrays["units_tu"][1].tolist() == [product_ru[0, 0], 0]
    assert arrays["units_tu"][2].tolist() == product_ru[0].tolist()
    assert arrays["units_tu"][3].tolist() == [product_ru[1, 0], 0]
    assert arrays["example_ti"][3].tolist() == arrays["inputs_ri"][1].tolist()


def test_the_sentences_say_the_sum() -> None:
    inputs = (1, -2, *[0.0] * 14)
    weights = (3, 0, 0, 0, 0.5, *[0.0] * 11)
    sizes = {"rows": 1, "inner": 2, "columns": 1, "relu": True}
    trace = run(settings(inputs=inputs, weights=weights, **sizes), 0)
    assert "(1 × 2) times (2 × 1) gives (1 × 1)" in trace.sentences[0]
    assert trace.sentences[1] == (
        "Row 1 meets column 1: 1×3 + (−2)×0.5 = 3 + (−1) = 2. ReLU lets it through."
    )
