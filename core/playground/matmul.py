"""Matrix multiplication, one cell at a time, and what it means in a net: a layer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.playground.lesson import Lesson, Recipe, Trace
from core.playground.parameters import Numbers, Slider, Switch, Values

SIDE = 4
"""Matrices have up to 4 rows and columns; smaller ones are the corner of the numbers set."""
INPUTS = (1, 2, 0, 1, 3, -1, 2, 0, 0, 1, 1, 2, 2, 0, -2, 1)
WEIGHTS = (1, -1, 2, 0, 2, 1, 0, 1, -1, 3, 1, 0, 0, 1, 1, 2)


def matrices(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """inputs_ri (examples, inputs) and weights_iu (inputs, units)."""
    inputs = np.array(values["inputs"]).reshape(SIDE, SIDE)
    weights = np.array(values["weights"]).reshape(SIDE, SIDE)
    inner = values["inner"]
    return inputs[: values["rows"], :inner], weights[:inner, : values["columns"]]


def run(values: Values, seed: int) -> Trace:
    """Step 0 is before the first cell; then each step fills one, row by row. `seed` is unused."""
    inputs_ri, weights_iu = matrices(values)
    sums_ru = inputs_ri @ weights_iu
    product_ru = np.maximum(sums_ru, 0) if values["relu"] else sums_ru
    cells = [(row, column) for row in range(len(sums_ru)) for column in range(sums_ru.shape[1])]
    terms_tki = np.array([_terms(inputs_ri[r], weights_iu[:, c]) for r, c in [(0, 0), *cells]])
    shown_tu = np.array([_so_far(product_ru, k) for k in range(len(cells) + 1)])
    arrays = {
        "inputs_ri": inputs_ri,
        "weights_iu": weights_iu,
        "weights_ui": weights_iu.T,
        "product_ru": product_ru,
        "row_t": np.array([-1, *(row for row, _ in cells)]),
        "column_t": np.array([-1, *(column for _, column in cells)]),
        "known_t": np.arange(len(cells) + 1),
        "filled_t": np.array([0, *[terms_tki[0].size] * len(cells)]),
        "terms_tki": terms_tki,
        "sum_t": np.array([0.0, *(sums_ru[cell] for cell in cells)]),
        "example_ti": np.array([inputs_ri[row] for row, _ in [(0, 0), *cells]]),
        "units_tu": shown_tu,
    }
    pairs = zip(terms_tki[1:], cells, strict=True)
    sentences = [_cell(terms, cell, values["relu"]) for terms, cell in pairs]
    return Trace(arrays, (_start(inputs_ri, weights_iu), *sentences))


def _terms(row_i: np.ndarray, column_i: np.ndarray) -> np.ndarray:
    return np.stack([row_i, column_i, row_i * column_i])


def _so_far(product_ru: np.ndarray, cell_count: int) -> np.ndarray:
    """The activations of the example at work, after so many cells; those to come are 0."""
    units = product_ru.shape[1]
    row = max(cell_count - 1, 0) // units
    return np.where(np.arange(units) < cell_count - row * units, product_ru[row], 0.0)


def _start(inputs_ri: np.ndarray, weights_iu: np.ndarray) -> str:
    (rows, inner), columns = inputs_ri.shape, weights_iu.shape[1]
    return (
        f"({rows} × {inner}) times ({inner} × {columns}) gives ({rows} × {columns}): the inner "
        f"numbers, {inner} and {inner}, have to be the same, because a row meets a column."
    )


def _cell(terms_ki: np.ndarray, cell: tuple[int, int], relu: bool) -> str:
    pairs = " + ".join(f"{_signed(a)}×{_signed(b)}" for a, b in terms_ki[:2].T)
    products = " + ".join(_signed(product) for product in terms_ki[2])
    total = terms_ki[2].sum()
    total_words = _signed(total).strip("()")
    after = f" ReLU lets {'it through' if total > 0 else 'nothing through: 0'}." if relu else ""
    sums = f"{pairs} = {products} = {total_words}"
    return f"Row {cell[0] + 1} meets column {cell[1] + 1}: {sums}.{after}"


def _signed(number: float) -> str:
    text = f"{abs(number):.4g}"
    return f"(−{text})" if number < 0 else text


def code(values: Values, seed: int) -> str:
    inputs_ri, weights_iu = matrices(values)
    last = "torch.relu(product_ru)" if values["relu"] else "product_ru"
    return f"""import torch
inputs = torch.tensor({_list(inputs_ri)}).double()
weights = torch.tensor({_list(weights_iu)}).double()
product_ru = torch.zeros({len(inputs_ri)}, {weights_iu.shape[1]}).double()
for row in range(len(inputs)):
    for column in range(weights.shape[1]):
        product_ru[row, column] = (inputs[row] * weights[:, column]).sum()
assert torch.allclose(product_ru, inputs @ weights)  # the same in one word
# torch.nn.Linear keeps its weights lying: inputs @ weights.T, plus a number for each unit
product_ru = {last}
print(product_ru)
"""


def _list(matrix: np.ndarray) -> str:
    return "[" + ", ".join(f"[{', '.join(f'{n:.8g}' for n in row)}]" for row in matrix) + "]"


def _corner(rows: Iterable[Iterable[float]]) -> tuple[float, ...]:
    """A small matrix as numbers of the whole one, with zeros around it."""
    whole = np.zeros((SIDE, SIDE))
    small = np.array(list(rows), dtype=float)
    whole[: small.shape[0], : small.shape[1]] = small
    return tuple(whole.ravel().tolist())


def _size(name: str, label: str, default: int, help: str) -> Slider:
    return Slider(name, label, 1, SIDE, default, 1, help=help)


def _matrix(name: str, label: str, default: tuple[float, ...]) -> Numbers:
    return Numbers(name, label, -99.0, 99.0, default, SIDE**2, SIDE**2, SIDE)


def _twins(trace: Trace) -> bool:
    return bool((trace.arrays["product_ru"][:, 0] == trace.arrays["product_ru"][:, 1]).all())


MATMUL = Lesson(
    id="matmul",
    title="Matrix multiplication",
    question="What does a layer of a net do with its inputs?",
    parameters=(
        _size("rows", "Examples (rows)", 2, "Rows of the inputs: a mini-batch of examples."),
        _size("inner", "Inputs of each", 3, "Columns of the inputs, and rows of the weights."),
        _size("columns", "Units (columns)", 2, "Columns of the weights: units of the layer."),
        Switch("relu", "ReLU after it", help="Negative sums become 0, as in a hidden layer."),
        _matrix("inputs", "Inputs", tuple(map(float, INPUTS))),
        _matrix("weights", "Weights", tuple(map(float, WEIGHTS))),
    ),
    run=run,
    recipes=(
        Recipe(
            "A layer with ReLU",
            {"rows": 3, "columns": 4, "relu": True},
            True,
            "Each unit looks at the same inputs with weights of its own, so each answers "
            "differently; negative sums become 0.",
            lambda trace: trace.arrays["product_ru"].min() == 0 and not _twins(trace),
        ),
        Recipe(
            "Weights that change nothing",
            {"columns": 3, "weights": _corner(np.eye(3))},
            True,
            "Ones on the diagonal, zeros elsewhere: each unit passes one input on. It is the "
            "identity matrix, the 1 of matrices.",
            lambda trace: np.array_equal(trace.arrays["product_ru"], trace.arrays["inputs_ri"]),
        ),
        Recipe(
            "Weights that mix",
            {"columns": 1, "weights": _corner([[1 / 4], [1 / 2], [1 / 4]])},
            True,
            "Weights that add up to 1 take a weighted mean: one unit tells of all three inputs.",
            lambda trace: np.allclose(trace.arrays["product_ru"].ravel(), [1.25, 0.75]),
        ),
        Recipe(
            "Two units alike",
            {"weights": _corner([[1, 1], [2, 2], [-1, -1]])},
            False,
            "Columns that are the same give answers that are the same: the second unit is wasted. "
            "This is why weights start at random.",
            _twins,
        ),
        Recipe(
            "All weights zero",
            {"weights": _corner([[0]]), "relu": True},
            False,
            "Whatever comes in, zeros come out: no input makes a difference any more.",
            lambda trace: not trace.arrays["product_ru"].any(),
        ),
    ),
    code=code,
    answer="product_ru",
    seeded=False,
)
